"""The answer to a call that was stored for later, as the same call would have had it at once."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.contract import JsonValue
from gateway.catalogue import Catalogue, Endpoint, Entry
from gateway.flows.peer_errors import error_of
from gateway.http.failures import of_adapter_error
from gateway.http.reply import protocol_headers, status_of
from gateway.messages import Failure, Message, MessageStore, State
from mappings import json

CALL_PREFIX = "call:"
"""What the names of the flows that hold a stored call begin with; `system.operation` follows."""

ROUTE = "http.route"
"""The header of such a message that names the route by which the call came."""


def route_name(endpoint: Endpoint) -> str:
    """What a route is known again by."""
    return f"{endpoint.method} {endpoint.path}"


class Deferred:
    """Knows what is stored of calls."""

    def __init__(self, catalogue: Catalogue, store: MessageStore, below: str) -> None:
        """`below`: what locations in replies are relative to, with `{}` for the system; empty: nothing."""
        self._catalogue = catalogue
        self._store = store
        self._below = below

    async def answer(self, message: Message) -> JsonValue:
        """Status, headers and body; None while there is no answer, and for what is no call."""
        entry = self._entry(message)
        if entry is None:
            return None
        if message.state is State.DONE and message.has_result:
            return self._done(entry, await self._store.result(message.id) or b"null")
        if message.state in (State.DEAD, State.IN_DOUBT) and message.failure is not None:
            return self._failed(entry, message, message.failure)
        return None

    def _entry(self, message: Message) -> Entry | None:
        if not message.flow.startswith(CALL_PREFIX):
            return None
        name, _, operation = message.flow.removeprefix(CALL_PREFIX).partition(".")
        system = self._catalogue.systems.get(name)
        return system.entries.get(operation) if system is not None else None

    def _done(self, entry: Entry, result: bytes) -> JsonValue:
        stored = json.decode(result)
        if not isinstance(stored, dict):
            return None
        found = stored.get("headers")
        facts = {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
        headers: dict[str, JsonValue] = {**protocol_headers(facts)}
        if "location" in facts and self._below:
            headers["Location"] = self._below.format(entry.system) + facts["location"]
        return {"status": status_of(entry.operation), "headers": headers, "body": stored.get("value")}

    def _failed(self, entry: Entry, message: Message, failure: Failure) -> JsonValue:
        problem = of_adapter_error(
            error_of(failure),
            system=entry.system,
            operation=entry.operation.name,
            faults=self._faults(entry, message),
            safe=entry.operation.safe,
        )
        return {
            "status": problem.status,
            "headers": dict[str, JsonValue](problem.headers),
            "body": problem.document(message.correlation_id),
        }

    def _faults(self, entry: Entry, message: Message) -> Mapping[str, int]:
        """The statuses that the route by which the call came gives to faults, if it is still there."""
        route = message.headers.get(ROUTE)
        for endpoint in self._catalogue.endpoints:
            if endpoint.entry.name == entry.name and route_name(endpoint) == route:
                return endpoint.faults
        return {}
