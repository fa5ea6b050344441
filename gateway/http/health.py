"""Is the gateway ready, and which systems are."""

from __future__ import annotations

from adapters.contract import JsonValue
from gateway.catalogue import Catalogue, System
from gateway.http.negotiate import JSON
from gateway.http.wire import Answer
from gateway.security import Principal
from mappings import json


def readiness(catalogue: Catalogue, principal: Principal | None, *, stopping: bool) -> Answer:
    """200 when requests are served, 503 while starting or stopping.

    A gateway whose systems are down is ready: it answers for the others, and says what is wrong. Holders of a
    key also see the state of the systems that their scopes name.
    """
    starting = not all(system.attempted for system in catalogue.systems.values())
    status = "stopping" if stopping else "starting" if starting else "ready"
    document: dict[str, JsonValue] = {"status": status}
    if principal is not None:
        document["systems"] = {
            name: _state(system)
            for name, system in catalogue.systems.items()
            if principal.allows(name, "read") or principal.allows(name, "write")
        }
    headers = {} if status == "ready" else {"Retry-After": "1"}
    return Answer(200 if status == "ready" else 503, json.encode(document), JSON, headers)


def _state(system: System) -> JsonValue:
    state: dict[str, JsonValue] = {"state": system.state.value, "operations": len(system.entries)}
    if system.reason:
        state["reason"] = system.reason
    if system.missing:
        state["missing"] = [{"operation": item.name, "reason": item.reason} for item in system.missing]
    return state
