"""Settings that together are unusable or unsafe: certificates that do not work, and relaxed defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from pydantic import BaseModel

from certs import CertificateError, expires_at, server_context
from gateway.config.expected import key_of
from gateway.config.origin import Origin
from gateway.config.problems import KeyPath, Problem
from gateway.config.settings import GatewaySettings

_EXPIRY_NOTICE = timedelta(days=30)


def relaxed(settings: GatewaySettings, origin: Origin) -> tuple[list[Problem], list[Problem]]:
    """What is unusable, and what is a warning only."""
    problems: list[Problem] = []
    warnings: list[tuple[KeyPath, str]] = []
    if settings.tls is not None:
        try:
            server_context(settings.tls.certificate, settings.tls.key)
            end = expires_at(settings.tls.certificate)
            if end - datetime.now(UTC) < _EXPIRY_NOTICE:
                warnings.append((("tls", "certificate"), f"the certificate ends on {end:%Y-%m-%d}"))
        except CertificateError as error:
            problems.append(origin.problem(("tls",), str(error)))
    if not is_loopback(settings.host):
        if settings.tls is None:
            message = "other machines can connect and API keys cross the network in clear; set tls"
            warnings.append((("listen",), message))
        public = [key for key in ("docs", "metrics") if getattr(settings, key) == "public"]
        warnings += [((key,), "shown without a key to every machine that can connect") for key in public]
    if settings.log_level == "debug":
        warnings.append((("log_level",), "debug logs are large and name internals; for a time only"))
    return problems, [origin.problem(path, message) for path, message in warnings]


def relaxed_fields(model: BaseModel, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Fields of a model, and of those inside it, that relax a safe default, and what that opens.

    A field says so by `json_schema_extra={"relaxes": "why it matters"}`; it counts when its value is not the
    default. Two names that mean the same in every adapter count without saying so.
    """
    for name, field in type(model).model_fields.items():
        value, place = getattr(model, name), (*path, key_of(name, field))
        extra = field.json_schema_extra
        reason = extra.get("relaxes") if isinstance(extra, dict) else None
        if reason is not None and value != field.get_default(call_default_factory=True):
            yield place, str(reason)
        elif (name, value) == ("verify", False):
            yield place, "whoever is on the way can read and alter everything; name its authority instead"
        elif name == "legacy_algorithms" and value:
            yield place, "these algorithms are weak; use them only with servers that have no others"
        yield from _relaxed_inside(value, place)


def _relaxed_inside(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, BaseModel):
        yield from relaxed_fields(value, path)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _relaxed_inside(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _relaxed_inside(item, (*path, index))


def is_loopback(host: str) -> bool:
    """True when only this machine can reach a listener on `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
