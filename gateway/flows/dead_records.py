"""Records that failed for good, as messages of their own that can be tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.flows.items import Bad, Item
from gateway.flows.journal import REPEATED
from gateway.flows.program import Reading
from gateway.flows.running import Dead
from gateway.messages import DeadRecord, Message, NewMessage
from mappings import json
from mappings.contract import JsonValue

RECORD, DONE, CUT = "gateway.record", "gateway.done", "gateway.cut"
"""Headers: the record's number in its file; with `DONE` the payload is the record as JSON, and `DONE` says
which calls were made for it already, by step, with what was kept of their answers; with `CUT` it is only the
beginning of the record, and `CUT` says where the whole of it is."""
_JSON = "application/json"


def dead_record(dead: Dead, parent: Message) -> DeadRecord:
    """The dead letter of one record. What could be read is kept as JSON, what could not as its own bytes."""
    failure = dead.failure
    headers = {key: value for key, value in parent.headers.items() if key not in (RECORD, DONE, CUT)}
    headers[RECORD] = str(dead.seen.record)
    if isinstance(dead.seen, Bad):
        payload, content_type = dead.seen.error.raw, parent.content_type
        if dead.seen.is_cut:
            at = "" if failure.byte_offset is None else f", from byte {failure.byte_offset} on"
            headers[CUT] = f"the whole record is in message {parent.id}{at}"
            failure = replace(failure, text=f"{failure.text}; {len(payload)} bytes are here, {headers[CUT]}")
    else:
        payload, content_type = json.encode(dead.seen.arrived), _JSON
        headers[DONE] = json.encode(dict(dead.done)).decode()
    message = NewMessage(
        flow=parent.flow,
        version=parent.version,
        source=parent.source,
        payload=payload,
        content_type=content_type,
        headers=headers,
        correlation_id=parent.correlation_id,
        owner=parent.owner,
        parent=parent.id,
        redelivered=parent.redelivered,
    )
    return DeadRecord(message, failure)


def is_unread(message: Message) -> bool:
    """True for the dead letter of a record that could not be read. Its bytes are not run again: without what
    stood before them they mean something else, such as a row that would pass for the header row."""
    return message.parent is not None and RECORD in message.headers and DONE not in message.headers


def reading_of(message: Message, reading: Reading) -> Reading:
    """How the payload of a message is read: that of a dead record is one JSON value."""
    is_record = message.parent is not None and DONE in message.headers
    return Reading(reading.format, single=True) if is_record and reading.format else reading


def done_of(message: Message) -> Mapping[str, JsonValue]:
    """The calls that were made for the record of a dead letter, by step, with what was kept of their answers.
    None counts as made where a person had them made once more."""
    if message.parent is None or DONE not in message.headers or message.progress.counts.get(REPEATED):
        return {}
    done = json.decode(message.headers[DONE].encode())
    return done if isinstance(done, dict) else {}


def with_done(item: Item, message: Message) -> Item:
    """The record of a dead letter, with what was done for it already."""
    item.done = done_of(message)
    return item
