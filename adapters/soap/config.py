"""What a SOAP system's configuration may say."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from adapters.settings import ExistingFile, Settings, SystemSettings

OperationName = Annotated[str, Field(min_length=1, max_length=500)]


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not a URL that begins with http:// or https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds credentials; put them under auth")
    if parts.fragment:
        raise ValueError("has a fragment (#…), which is never sent")
    if parts.port == 0 or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("is not a valid URL")
    return value


HttpUrl = Annotated[str, Field(max_length=2000), AfterValidator(_http_url)]


class BasicCredentials(Settings):
    """User name and password as HTTP basic authentication sends them."""

    username: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^:\x00-\x1f\x7f]+$")]
    """The user name; it may hold no colon (RFC 7617 §2)."""

    password: Annotated[SecretStr, Field(max_length=1000)]
    """The password."""


class Auth(Settings):
    """How to authenticate: exactly one of the kinds."""

    basic: BasicCredentials
    """HTTP basic authentication (RFC 7617), sent with every request."""


class Tls(Settings):
    """How the server's certificate is checked, for https endpoints."""

    ca: ExistingFile | None = None
    """PEM file with the certificate authorities to trust instead of the system's."""

    verify: bool = True
    """Whether the server's certificate and name are verified. Without it anyone on the way can read and alter
    all calls."""


class SoapSettings(SystemSettings):
    """A SOAP 1.1 service over HTTP, described by a WSDL 1.1 file."""

    adapter: Literal["soap"]
    """The protocol."""

    wsdl: ExistingFile
    """The WSDL file, a pinned copy; what it imports lies beside or below it. Nothing is ever fetched."""

    endpoint: HttpUrl | None = None
    """Where the service is called, e.g. https://erp.example/orders; without it the address in the WSDL."""

    service: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The WSDL's service to use, where it has several."""

    port: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The WSDL's port to use, where it has several for SOAP 1.1."""

    auth: Auth | None = None
    """Credentials, e.g. {basic: {username: gateway, password: "${env:ERP_PASSWORD}"}}."""

    safe: Annotated[tuple[OperationName, ...], Field(max_length=10_000)] = ()
    """Operations that only read. They also answer GET, and a time-out of theirs is no unknown outcome."""

    idempotent: Annotated[tuple[OperationName, ...], Field(max_length=10_000)] = ()
    """Operations that write and may be repeated without harm."""

    contract: Annotated[
        Literal["strict", "tolerant"],
        Field(
            json_schema_extra={
                "relaxes": "messages that break the contract pass unnoticed: members may be missing or null, "
                "values beyond their limits; for servers that break their own contract"
            }
        ),
    ] = "strict"
    """How far messages must be as the WSDL says. `tolerant` is for servers that break their own contract: in
    requests and replies anything may be absent or null and facets (lengths, patterns, enumerations) are not
    checked, and in replies wrong namespaces are mended. Undeclared elements and wrong types stay errors."""

    tls: Tls = Tls()
    """TLS, for https endpoints."""

    max_reply_depth: Annotated[int, Field(ge=4, le=250)] = 64
    """Levels of nested elements in a reply; a deeper one is refused."""

    max_reply_elements: Annotated[int, Field(ge=1, le=100_000_000)] = 1_000_000
    """Elements in one reply; one with more is refused."""
