"""`gateway.yaml`: where the gateway listens, what it keeps, what it shows, and its limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo

from adapters.settings import ExistingFile, Settings
from gateway.messages.settings import StoreSettings

_LISTEN = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253})):(?P<port>[0-9]{1,5})"
)

Exposure = Literal["public", "authenticated", "off"]


def checked_listen(value: str) -> str:
    """The same text, when it is an address and a port to listen on. Raises: ValueError saying what is one."""
    match = _LISTEN.fullmatch(value)
    if match is None:
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:8080, 0.0.0.0:443 or [::1]:8080")
    if int(match["port"]) > 65535:
        raise ValueError("the port must be from 0 to 65535")
    return value


def _public_url(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
        raise ValueError("must be an http:// or https:// address without user, query and fragment")
    return value.rstrip("/")


def _below_base(value: Path, info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("base_dir", ".")) / value


class TlsSettings(Settings):
    """The listener's certificate. `gateway certs issue` makes one."""

    certificate: ExistingFile
    """PEM file with the gateway's certificate, followed by those between it and the authority."""

    key: ExistingFile
    """PEM file with the certificate's private key, without a pass phrase."""


class GatewaySettings(Settings):
    """The gateway's own settings. Every key has a default."""

    listen: Annotated[str, Field(min_length=3, max_length=300), AfterValidator(checked_listen)] = (
        "127.0.0.1:8080"
    )
    """Address and port to accept connections on, HOST:PORT. Port 0 takes a free one."""

    # The default is text because validating it goes by the rules for what the file holds.
    state_dir: Annotated[Path, AfterValidator(_below_base), Field(default="state", validate_default=True)]
    """Folder for everything the gateway keeps on disk; made on first use."""

    tls: TlsSettings | None = None
    """Certificate and key for HTTPS; without it the gateway speaks plain HTTP."""

    public_url: Annotated[str, Field(max_length=2000), AfterValidator(_public_url)] | None = None
    """The address callers use, shown in the API document and in links; never taken from requests."""

    expose: Literal["all", "routes"] = "all"
    """Which paths there are: all operations at their automatic paths, or only those of routes/."""

    docs: Exposure = "authenticated"
    """Who may see /docs and /openapi.json: everybody, callers with a key, or nobody."""

    metrics: Exposure = "authenticated"
    """Who may see /metrics: everybody, callers with the scope gateway:read, or nobody."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important kind of event that is logged."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """Log lines for programs (json), for people (console), or for whoever is there (auto): people where
    standard error is a terminal, else programs."""

    header_timeout_s: Annotated[float, Field(gt=0, le=300)] = 15.0
    """Seconds a client may take to send a request's headers."""

    body_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Seconds a client may take to send a request's body."""

    idle_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 75.0
    """Seconds a connection may stay open between two requests."""

    write_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """Seconds a client may go without reading any of the answer sent to it."""

    max_connections: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Connections open at the same time; further ones are closed at once."""

    max_connections_per_address: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Connections open at the same time from one client address."""

    max_body_bytes: Annotated[int, Field(ge=1, le=10 * 2**30)] = 16 * 2**20
    """Bytes of a request's body; a larger one is answered 413. A system may set less."""

    max_body_records: Annotated[int, Field(ge=1, le=100_000_000)] = 1_000_000
    """Records of a request's body that is a list of them, in any format; one with more is answered 413."""

    max_held_bytes: Annotated[int, Field(ge=2**20, le=2**40)] = 256 * 2**20
    """Bytes of the bodies of all requests together, and of their values, that are in memory at the same time;
    beyond, bodies above 64 KiB are answered 503. Those that are passed on as they come in do not count."""

    max_header_bytes: Annotated[int, Field(ge=1024, le=2**20)] = 32 * 1024
    """Bytes of a request's line and headers; larger ones are answered 431."""

    shutdown_grace_s: Annotated[float, Field(ge=0, le=600)] = 25.0
    """Seconds that running requests get to finish when the gateway is stopped."""

    messages: StoreSettings = StoreSettings()
    """The message store: how much it takes in, and how long it keeps what."""

    @property
    def host(self) -> str:
        """The host of `listen`, an IPv6 address without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return int(self.listen.rpartition(":")[2])

    @property
    def keys_file(self) -> Path:
        """Where the API keys are stored."""
        return self.state_dir / "keys.json"
