"""Is the gateway ready, which systems are, and what waits in its store."""

from __future__ import annotations

from adapters.contract import JsonValue
from gateway.catalogue import Catalogue, System
from gateway.flows import FlowState
from gateway.http.acceptor import Acceptor
from gateway.http.negotiate import JSON
from gateway.http.store_state import StoreState
from gateway.http.wire import Answer
from gateway.messages import FINISHED, MessageStore, StoreError
from gateway.security import Principal
from mappings import json


async def readiness(
    catalogue: Catalogue,
    store: MessageStore,
    engine: Acceptor,
    principal: Principal | None,
    *,
    stopping: bool,
) -> Answer:
    """200 when requests are served, 503 while starting or stopping, or when the store has failed.

    A gateway whose systems are down is ready: it answers for the others, and says what is wrong. Holders of a
    key also see the state of the systems that their scopes name, and of the flows and the channels that they
    read with `messages:read`.
    """
    starting = not all(system.attempted for system in catalogue.systems.values())
    status = "stopping" if stopping else "starting" if starting else "ready"
    if store.failed:
        status = "failed"
    document: dict[str, JsonValue] = {"status": status}
    if principal is not None:
        document["systems"] = {
            name: _state(system)
            for name, system in catalogue.systems.items()
            if principal.allows(name, "read") or principal.allows(name, "write")
        }
        document["store"] = {"state": await StoreState(store).shown()}
        if principal.allows("messages", "read"):
            document["flows"] = await _flows(engine, store)
            document["channels"] = {
                name: {"blocked": reason} if reason else {} for name, reason in engine.channels().items()
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


async def _flows(engine: Acceptor, store: MessageStore) -> JsonValue:
    """Of each flow how many messages are not finished, by state, and why they wait: `blocked`, `waiting` or
    `paused` with the reason."""
    found: dict[str, dict[str, JsonValue]] = {
        name: {} if how.state is FlowState.RUNNING else {how.state.value: how.reason}
        for name, how in engine.status().items()
    }
    try:
        counts = await store.counts()
    except StoreError:
        return None
    for (flow, state), count in counts.items():
        if state not in FINISHED and count:
            found.setdefault(flow, {})[state.value] = count
    return dict(found)
