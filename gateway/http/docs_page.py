"""The documentation page: Swagger UI from this package, and nothing from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script, no eval, nothing from elsewhere."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of `static/`."""

    name: str
    content_type: str

    def body(self) -> bytes:
        """Its bytes, read once."""
        return _read(self.name)


@cache
def _read(name: str) -> bytes:
    return files("gateway.http").joinpath("static", name).read_bytes()


ASSETS = {
    "/docs": Asset("docs.html", "text/html; charset=utf-8"),
    "/docs/docs.js": Asset("docs.js", "text/javascript; charset=utf-8"),
    "/docs/docs.css": Asset("docs.css", "text/css; charset=utf-8"),
    "/docs/swagger-ui-bundle.js": Asset("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/docs/swagger-ui.css": Asset("swagger-ui.css", "text/css; charset=utf-8"),
    "/docs/icon.svg": Asset("icon.svg", "image/svg+xml"),
}
"""The page's files by path."""
