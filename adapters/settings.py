"""What the configuration of every system has in common, and the field types that adapters share.

Every field has a description and, where it is a number or a text that costs memory, a bound; a test walks
all models. The same word means the same thing in every adapter.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

_URL = re.compile(r"(?i)(?:https?|ftp)://")


class SettingsError(ValueError):
    """Settings that are well formed and cannot be used, found when the adapter is made.

    `key`: the path of the key at fault inside the system's settings, such as `("safe", 0)`; empty where it is
    none in particular. `others`: what is wrong beside it.
    """

    def __init__(
        self, message: str, key: tuple[str | int, ...] = (), others: Sequence[SettingsError] = ()
    ) -> None:
        super().__init__(message)
        self.key = key
        self.others = tuple(others)


class Settings(BaseModel):
    """Base of all configuration models: unknown keys are errors, values do not change, nothing is coerced
    from one type to another except a whole number to a fraction, and no input appears in errors.

    A field that relaxes a safe default carries `json_schema_extra={"relaxes": "why it matters"}`; where it is
    set, `gateway check` warns.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    interpolation: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    """How a secret put into the middle of a field's text is quoted, by field name."""


class SystemSettings(Settings):
    """The keys that every system has."""

    adapter: Annotated[str, Field(min_length=1, max_length=100)]
    """The protocol: soap, odbc, sftp, mqtt, or one added by a plug-in."""

    description: Annotated[str, Field(max_length=2000)] = ""
    """What this system is, shown in the API documentation."""

    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Seconds a call may take, connecting included."""

    connect_timeout_s: Annotated[float, Field(gt=0, le=300)] = 10.0
    """Seconds that connecting may take."""

    max_in_flight: Annotated[int, Field(ge=1, le=1000)] = 16
    """Calls carried out at the same time; more wait."""

    max_waiting: Annotated[int, Field(ge=0, le=10_000)] = 64
    """Calls that may wait for their turn; further ones are answered 503 with Retry-After."""

    max_request_bytes: Annotated[int, Field(ge=1, le=10 * 2**30)] = 16 * 2**20
    """Bytes of a request's body; a larger one is answered 413."""

    max_reply_bytes: Annotated[int, Field(ge=1, le=2**30)] = 64 * 2**20
    """Bytes of one reply that has to be held whole; streamed replies are not bounded by it."""


def _existing_file(value: Path, info: ValidationInfo) -> Path:
    """Resolve below the configuration folder and insist that the file is there."""
    base = Path((info.context or {}).get("base_dir", "."))
    path = value if value.is_absolute() else base / value
    if not path.is_file():
        reason = "is not a file" if path.exists() else "does not exist"
        raise ValueError(f"{json.dumps(str(value))} {reason} (looked for {path})")
    return path


def _no_url(value: object) -> object:
    """Paths swallow one of the slashes, so that this looks at the text."""
    if isinstance(value, str) and _URL.match(value):
        url = urlsplit(value)
        address = urlunsplit(url._replace(netloc=url.netloc.rpartition("@")[2]))
        name = url.path.rstrip("/").rpartition("/")[2] or "copy"
        if "wsdl" in url.query.lower() and "." not in name:
            name += ".wsdl"
        raise ValueError(
            "URLs are not fetched; save a copy beside the configuration, for example: "
            f"curl -o {shlex.quote(name)} {shlex.quote(address)}"
        )
    return value


ExistingFile = Annotated[Path, BeforeValidator(_no_url), AfterValidator(_existing_file)]
"""A file that must be there; relative paths lie below the configuration folder (validation context
`base_dir`)."""
