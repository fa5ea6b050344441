"""Problem details in the API document: their schema, and one shared response for each status."""

from __future__ import annotations

from itertools import groupby

from adapters.contract import JsonSchema, JsonValue
from gateway.http.problems import CONTENT_TYPE, TYPES, ProblemType

PROBLEM: JsonSchema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "enum": [found.uri for found in TYPES.values()]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri", "description": "`urn:uuid:` of the correlation id."},
        "correlation_id": {"type": "string"},
        "outcome": {"type": "string", "enum": ["not_sent", "rejected", "unknown"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string"},
                },
            },
        },
        "peer": {
            "type": "object",
            "description": "What the system behind the gateway said, verbatim.",
            "properties": {
                "system": {"type": "string"},
                "operation": {"type": "string"},
                "code": {"type": "string"},
            },
        },
    },
}
CORRELATION: dict[str, JsonValue] = {"X-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}


def problem_responses() -> dict[str, JsonValue]:
    """One shared response for each status."""
    ordered = sorted(TYPES.values(), key=lambda found: found.status)
    return {
        f"Problem{status}": _problem_response(list(kinds))
        for status, kinds in groupby(ordered, key=lambda found: found.status)
    }


def _problem_response(kinds: list[ProblemType]) -> JsonValue:
    examples: dict[str, JsonValue] = {
        found.name: {
            "value": {
                "type": found.uri,
                "title": found.title,
                "status": found.status,
                "detail": found.meaning.partition(". ")[0],
                "instance": "urn:uuid:5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b",
                "correlation_id": "5e0f5a34-6c1e-4f0e-9d52-0d5b3f7c1a2b",
            }
        }
        for found in kinds
    }
    response: dict[str, JsonValue] = {
        "description": "; or ".join(found.title for found in kinds),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }
    waits: dict[str, JsonValue] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    may_wait = any(found.status in (503, 507) for found in kinds)
    response["headers"] = {**CORRELATION, **(waits if may_wait else {})}
    return response
