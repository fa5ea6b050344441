"""The error of a call as a failure that is stored, and back.

Who asks later what became of the call hears what who had waited for it would have heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters import errors
from adapters.contract import JsonValue
from adapters.errors import AdapterError, Blame, InvalidRequest, PeerRejected, Throttled, Violation
from gateway.catalogue import UnreadableReply
from gateway.messages import MAX_DETAIL, Failure
from mappings import json
from mappings.contract import MappingError, Place

_MAX_ERRORS = 20
_PLACE = ("record", "byte_offset", "line", "column", "path")


@dataclass(frozen=True, slots=True)
class Said:
    """What of an error has members of its own in a `Failure`, by their names there."""

    code: str | None = None
    blame: str | None = None
    fault: str | None = None
    detail: str | None = None


def said(error: AdapterError) -> Said:
    """What an error says beyond its class and text. A detail that is too large is left out."""
    if isinstance(error, PeerRejected):
        parts = {"detail": error.detail, "extra": dict(error.extra)}
        return Said(error.code, error.blame.value, error.fault, _bounded(parts))
    if isinstance(error, InvalidRequest):
        found: list[JsonValue] = [
            {"message": one.message, "pointer": one.pointer, "parameter": one.parameter}
            for one in error.violations[:_MAX_ERRORS]
        ]
        return Said(detail=_bounded({"message": error.message, "violations": found}))
    if isinstance(error, UnreadableReply):
        written: list[JsonValue] = [_written(one) for one in error.errors[:_MAX_ERRORS]]
        return Said(detail=_bounded({"errors": written}))
    return Said()


def error_of(failure: Failure) -> AdapterError:
    """The error that a failure was made of, as far as it was kept."""
    parts = _parts(failure.detail)
    if failure.error == PeerRejected.__name__:
        extra = parts.get("extra")
        return PeerRejected(
            failure.text,
            code=failure.code if failure.code is not None else failure.rule or "",
            blame=Blame(failure.blame) if failure.blame in list(Blame) else Blame.PEER,
            fault=failure.fault,
            detail=parts.get("detail"),
            extra=extra if isinstance(extra, dict) else None,
        )
    if failure.error == InvalidRequest.__name__:
        violations = [_violation(one) for one in _objects(parts.get("violations"))]
        if not violations and failure.path is not None:
            violations = [Violation(failure.text, pointer=failure.path)]
        return InvalidRequest(str(parts.get("message", failure.text)), violations)
    if failure.error == Throttled.__name__:
        return Throttled(failure.text, 0.0)
    broken = [_read(one) for one in _objects(parts.get("errors"))]
    if broken:
        return UnreadableReply(failure.text, broken)
    found = getattr(errors, failure.error, None)
    if isinstance(found, type) and issubclass(found, AdapterError):
        return found(failure.text)
    return AdapterError(failure.text)


def _bounded(parts: Mapping[str, JsonValue]) -> str | None:
    """JSON of what is there; None for nothing, and for too much."""
    found: dict[str, JsonValue] = {name: part for name, part in parts.items() if part not in (None, {}, [])}
    text = json.encode(found).decode() if found else ""
    return text if 0 < len(text) <= MAX_DETAIL else None


def _parts(detail: str | None) -> Mapping[str, JsonValue]:
    found = json.decode(detail.encode()) if detail else None
    return found if isinstance(found, dict) else {}


def _objects(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _violation(written: Mapping[str, JsonValue]) -> Violation:
    pointer, parameter = written.get("pointer"), written.get("parameter")
    return Violation(
        str(written.get("message", "")),
        pointer=None if pointer is None else str(pointer),
        parameter=None if parameter is None else str(parameter),
    )


def _written(error: MappingError) -> dict[str, JsonValue]:
    place: dict[str, JsonValue] = {name: getattr(error.place, name) for name in _PLACE}
    known = {name: position for name, position in place.items() if position is not None}
    return {"reason": error.reason, "rule": error.rule, **known}


def _read(written: Mapping[str, JsonValue]) -> MappingError:
    path = written.get("path")
    place = Place(
        record=_number(written.get("record")),
        byte_offset=_number(written.get("byte_offset")),
        line=_number(written.get("line")),
        column=_number(written.get("column")),
        path=None if path is None else str(path),
    )
    return MappingError(str(written.get("reason", "")), rule=str(written.get("rule", "")), place=place)


def _number(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None
