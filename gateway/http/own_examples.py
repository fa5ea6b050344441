"""What the answers of the gateway's own paths look like, for the API document."""

from __future__ import annotations

import mappings.formats
from adapters.contract import JsonValue
from gateway.config import Configuration
from gateway.http.examples import as_text, example
from gateway.http.negotiate import JSON

_ID = "00000000-001f-8a4e-a2f6-3d1c5b7e9f02"

ACCEPTED_EXAMPLE: JsonValue = {"id": _ID, "state": "pending", "location": f"/api/messages/{_ID}"}
DONE_EXAMPLE: dict[str, JsonValue] = {
    "id": _ID,
    "state": "done",
    "flow": "call:erp.CreateOrder",
    "source": "http",
    "received_at": "2026-11-23T12:35:33.120Z",
    "updated_at": "2026-11-23T12:35:33.347Z",
    "attempts": 1,
    "size": 134,
    "content_type": "application/json",
    "correlation_id": "5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b",
    "redelivered": False,
    "progress": {"records": 0, "counts": {}},
    "answer": {"status": 201, "headers": {}, "body": {"orderId": 1042}},
}
DEAD_EXAMPLE: dict[str, JsonValue] = {
    "id": _ID,
    "state": "dead",
    "flow": "statements-to-ledger",
    "source": "bank.statements",
    "received_at": "2026-11-23T12:35:33.120Z",
    "updated_at": "2026-11-23T12:35:34.016Z",
    "attempts": 1,
    "size": 48211,
    "content_type": "application/octet-stream",
    "correlation_id": "5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b",
    "redelivered": False,
    "progress": {"records": 0, "counts": {}},
    "failure": {
        "error": "MappingError",
        "step": "ledger",
        "record": 17,
        "byte_offset": 1360,
        "path": "/line/amount",
        "rule": "number",
    },
}
REPLAYED_EXAMPLE: JsonValue = {
    **{name: value for name, value in DEAD_EXAMPLE.items() if name != "failure"},
    "state": "pending",
    "updated_at": "2026-11-23T14:02:10.400Z",
}
DISCARDED_EXAMPLE: JsonValue = {
    **DEAD_EXAMPLE,
    "state": "discarded",
    "updated_at": "2026-11-23T14:02:10.400Z",
}
FLOWS_EXAMPLE: JsonValue = {
    "flows": [
        {
            "name": "receipts-to-stock",
            "path": "/api/flows/receipts-to-stock",
            "content_type": "application/json",
            "description": "Books goods that were received.",
        }
    ]
}
MESSAGES_EXAMPLE: JsonValue = {"messages": [DEAD_EXAMPLE, DONE_EXAMPLE]}
REPLAY_EXAMPLE: JsonValue = {"unknown_as": "repeat"}
DISCARD_EXAMPLE: JsonValue = {"reason": "the partner has sent a corrected file"}


def posted_example(format_name: str, media_type: str, configuration: Configuration) -> JsonValue:
    """A body that a flow takes: one record as its format writes it. None where none was found."""
    format_ = configuration.formats.get(format_name) or mappings.formats.built_in(format_name)
    if format_ is None:
        return None
    sample = example(format_.schema())
    return sample if media_type == JSON else as_text(sample, media_type, format_)
