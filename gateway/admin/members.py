"""Messages as JSON, for the API and for whoever runs the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.contract import JsonValue
from gateway.messages import Failure, HistoryEntry, Message


def message_members(message: Message) -> dict[str, JsonValue]:
    """What is known of a message without its payload and without the words of its failure."""
    members: dict[str, JsonValue] = {
        "id": message.id,
        "state": message.state.value,
        "flow": message.flow,
        "source": message.source,
        "received_at": _time(message.received_at),
        "updated_at": _time(message.updated_at),
        "attempts": message.attempts,
        "size": message.size,
        "content_type": message.content_type,
        "correlation_id": message.correlation_id,
        "redelivered": message.redelivered,
        "progress": {"records": message.progress.records, "counts": dict(message.progress.counts)},
    }
    if message.due_at is not None:
        members["due_at"] = _time(message.due_at)
    if message.parent is not None:
        members["parent"] = message.parent
    if message.failure is not None:
        members["failure"] = failure_members(message.failure)
    return members


def failure_members(failure: Failure, *, text: bool = False) -> dict[str, JsonValue]:
    """Where and by which class of error; with `text` also its words, which are for who runs the gateway:
    they may name addresses and what a driver said."""
    members: dict[str, JsonValue] = {"error": failure.error}
    places: dict[str, JsonValue] = {
        "step": failure.step or None,
        "record": failure.record,
        "byte_offset": failure.byte_offset,
        "path": failure.path,
        "rule": failure.rule if failure.code is None else None,
        "code": failure.code,
        "fault": failure.fault,
        "text": failure.text if text else None,
        "detail": failure.detail if text else None,
    }
    return members | {name: place for name, place in places.items() if place is not None}


def operator_members(message: Message) -> dict[str, JsonValue]:
    """The same for whoever runs the gateway: with the words of the failure, and where it came from."""
    members = message_members(message)
    members |= {
        "version": message.version,
        "sha256": message.sha256,
        "headers": dict(message.headers),
        "owner": message.owner,
        "lane": message.lane,
    }
    if message.failure is not None:
        members["failure"] = failure_members(message.failure, text=True)
    return members


def history_members(history: Sequence[HistoryEntry]) -> list[JsonValue]:
    """What happened to a message, the oldest first."""
    return [{"at": _time(entry.at), "kind": entry.kind, "text": entry.text} for entry in history]


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
