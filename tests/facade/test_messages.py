"""`/api/messages`: who sees what, listings, and what a person decides."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.errors import Blame, ConnectFailed, OutcomeUnknown, PeerRejected
from tests.facade.running import Gateway
from tests.facade.test_async import KEYS, deferred, message

ROW = {"id": 1}
REFUSED = PeerRejected("no", code="22001", blame=Blame.CALLER)
NOT_THERE = "00000000000000000000000000"


@pytest.fixture
async def tenants(gateway: Gateway) -> Gateway:
    await gateway.start(keys=KEYS)
    return gateway


async def dead(gateway: Gateway, **options: Any) -> str:
    """The id of a message that failed for good."""
    gateway.script.error = REFUSED
    identifier = await deferred(gateway, "POST", "/api/erp/rows", json=ROW, **options)
    await message(gateway, identifier, "dead")
    gateway.script.error = None
    return identifier


def _without_request(problem: Any) -> Any:
    return {name: value for name, value in problem.items() if name not in ("instance", "correlation_id")}


# --- who sees what -------------------------------------------------------------------------------------


async def test_owners_and_operators_see_a_message(tenants: Gateway) -> None:
    identifier = await dead(tenants, key=tenants.other_keys["owner"])
    path = f"/api/messages/{identifier}"
    own = (await tenants.request("GET", path, key=tenants.other_keys["owner"])).json
    seen = (await tenants.request("GET", path, key=tenants.other_keys["reader"])).json
    assert own["id"] == seen["id"] == identifier
    assert own["failure"]["error"] == "PeerRejected"
    for inner in ("history", "owner", "headers", "sha256"):
        assert inner not in own
        assert inner in seen
    assert "text" not in own["failure"]
    assert seen["failure"]["text"]
    assert own["answer"] == seen["answer"]


@pytest.mark.parametrize("suffix", ["", "/replay", "/discard"], ids=["show", "replay", "discard"])
@pytest.mark.parametrize("who", ["other", "crm"])
@pytest.mark.parametrize(
    "body", [None, {}, {"unknown_as": "done"}, {"reason": "x"}, {"state": "done"}, []], ids=str
)
async def test_the_message_of_another_is_not_there(
    suffix: str, who: str, body: Any, tenants: Gateway
) -> None:
    identifier = await dead(tenants, key=tenants.other_keys["owner"])
    method = "POST" if suffix else "GET"
    options: dict[str, Any] = {"key": tenants.other_keys[who]}
    if body is not None and suffix:
        options["json"] = body
    theirs = await tenants.request(method, f"/api/messages/{identifier}{suffix}", **options)
    nobodys = await tenants.request(method, f"/api/messages/{NOT_THERE}{suffix}", **options)
    assert theirs.status in (404, 422)
    assert (theirs.status, _without_request(theirs.json)) == (nobodys.status, _without_request(nobodys.json))
    names = [name for name in theirs.headers if name not in ("Date", "X-Correlation-Id")]
    assert names == [name for name in nobodys.headers if name not in ("Date", "X-Correlation-Id")]
    assert (await message(tenants, identifier, "dead"))["attempts"] == 1


@pytest.mark.parametrize("suffix", ["replay", "discard"])
async def test_an_owner_without_the_right_may_only_look(suffix: str, tenants: Gateway) -> None:
    key = tenants.other_keys["owner"]
    identifier = await dead(tenants, key=key)
    answer = await tenants.request("POST", f"/api/messages/{identifier}/{suffix}", key=key)
    assert answer.problem(403, "forbidden")["missing_scope"] == "messages:write"
    reader = tenants.other_keys["reader"]
    answer = await tenants.request("POST", f"/api/messages/{identifier}/{suffix}", key=reader)
    answer.problem(403, "forbidden")


@pytest.mark.parametrize("who", ["owner", "other", "crm"])
async def test_listing_needs_its_scope(who: str, tenants: Gateway) -> None:
    answer = await tenants.request("GET", "/api/messages", key=tenants.other_keys[who])
    assert answer.problem(403, "forbidden")["missing_scope"] == "messages:read"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/messages"),
        ("GET", f"/api/messages/{NOT_THERE}"),
        ("POST", f"/api/messages/{NOT_THERE}/replay"),
        ("DELETE", "/api/messages"),
        ("POST", "/api/flows/x"),
    ],
)
async def test_without_a_key_nothing_is_told(method: str, path: str, tenants: Gateway) -> None:
    (await tenants.request(method, path, key=None)).problem(401, "unauthenticated")


@pytest.mark.parametrize(
    "identifier",
    [
        NOT_THERE,
        "0",
        "..",
        "%2e%2e",
        "%00",
        "a%0d%0aX-A:b",
        "%27%20OR%201=1--",
        "*",
        "%25",
        "x" * 3000,
        "%E2%80%AE",
        "-1",
        "null",
    ],
)
async def test_ids_that_are_none(identifier: str, erp: Gateway) -> None:
    await dead(erp)
    answer = await erp.request("GET", f"/api/messages/{identifier}")
    assert answer.status in (400, 404), answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    for suffix in ("replay", "discard"):
        assert (await erp.request("POST", f"/api/messages/{identifier}/{suffix}")).status in (400, 404)


# --- listings ----------------------------------------------------------------------------------------


async def test_pages_lead_through_all_messages_once(erp: Gateway) -> None:
    identifiers = [await deferred(erp, "POST", "/api/erp/rows", json={"id": n}) for n in range(7)]
    path: str | None = "/api/messages?limit=3"
    seen: list[str] = []
    while path:
        answer = await erp.request("GET", path)
        assert answer.status == 200, answer.body
        seen += [found["id"] for found in answer.json["messages"]]
        link = answer.headers.get("Link")
        path = link.partition(">")[0][1:] if link else None
        assert link is None or link.endswith('>; rel="next"')
    assert seen == identifiers[::-1]


async def test_filters(erp: Gateway) -> None:
    gone = await dead(erp)
    good = await deferred(erp, "POST", "/api/erp/Echo", json={"id": 1, "lines": [{"sku": "a"}]})
    await message(erp, good, "done")

    async def listed(query: str) -> list[str]:
        answer = await erp.request("GET", f"/api/messages?{query}")
        return [found["id"] for found in answer.json["messages"]]

    assert await listed("state=dead") == [gone]
    assert await listed("state=done") == [good]
    assert await listed("state=dead&state=done") == [good, gone]
    assert await listed("state=running") == []
    assert await listed("flow=call:erp.rows.insert") == [gone]
    assert await listed("flow=none") == []
    assert await listed(f"before={good}") == [gone]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("state=gone", "state"),
        ("state=", "state"),
        ("state=DEAD", "state"),
        ("state=dead,done", "state"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e2", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("flow=", "flow"),
        ("flow=a&flow=b", "flow"),
        (f"flow={'x' * 201}", "flow"),
        ("before=", "before"),
        (f"before={'x' * 201}", "before"),
        ("offset=3", "offset"),
        ("State=dead", "State"),
        ("order=id", "order"),
    ],
)
async def test_bad_queries(query: str, parameter: str, erp: Gateway) -> None:
    problem = (await erp.request("GET", f"/api/messages?{query}")).problem(400, "invalid-parameters")
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


@pytest.mark.parametrize("query", ["state=%ff", "state=%", "flow=%zz"])
async def test_garbled_queries(query: str, erp: Gateway) -> None:
    (await erp.request("GET", f"/api/messages?{query}")).problem(400, "invalid-parameters")


@pytest.mark.parametrize("before", [NOT_THERE, "zzz", "%27%3B", "0"])
async def test_an_unknown_place_in_the_listing(before: str, erp: Gateway) -> None:
    answer = await erp.request("GET", f"/api/messages?before={before}")
    assert answer.status in (200, 404)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/api/messages", "GET, HEAD, OPTIONS"),
        ("POST", "/api/messages", "GET, HEAD, OPTIONS"),
        ("PUT", f"/api/messages/{NOT_THERE}", "GET, HEAD, OPTIONS"),
        ("GET", f"/api/messages/{NOT_THERE}/replay", "OPTIONS, POST"),
    ],
)
async def test_methods(method: str, path: str, allow: str, erp: Gateway) -> None:
    answer = await erp.request(method, path)
    answer.problem(405, "method-not-allowed")
    assert answer.headers["Allow"] == allow
    assert (await erp.request("OPTIONS", path)).headers["Allow"] == allow


async def test_a_body_where_none_is_taken(erp: Gateway) -> None:
    (await erp.request("GET", "/api/messages", json={"limit": 3})).problem(415, "unsupported-media-type")


@pytest.mark.parametrize(
    "path", ["/api/messages/", "/api/messages//", "/api//messages", "/api/messages/x/payload"]
)
async def test_there_is_nothing_else(path: str, erp: Gateway) -> None:
    (await erp.request("GET", path)).problem(404, "not-found")


# --- decisions -----------------------------------------------------------------------------------------


async def test_a_dead_message_is_tried_again(erp: Gateway) -> None:
    identifier = await dead(erp)
    answer = await erp.request("POST", f"/api/messages/{identifier}/replay")
    assert (answer.status, answer.json["id"]) == (200, identifier)
    found = await message(erp, identifier, "done")
    assert found["attempts"] == 2
    assert "replayed" in [entry["kind"] for entry in found["history"]]
    assert "test" in str(found["history"])


async def test_a_message_in_doubt_is_sent_again(erp: Gateway) -> None:
    erp.script.error = OutcomeUnknown("no answer")
    identifier = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
    await message(erp, identifier, "in_doubt")
    erp.script.error = None
    answer = await erp.request("POST", f"/api/messages/{identifier}/replay", json={"unknown_as": "repeat"})
    assert answer.status == 200
    await message(erp, identifier, "done")
    assert len(erp.script.requests) == 2


async def test_a_message_is_given_up(erp: Gateway) -> None:
    identifier = await dead(erp)
    answer = await erp.request("POST", f"/api/messages/{identifier}/discard", json={"reason": "a test"})
    assert (answer.status, answer.json["state"]) == (200, "discarded")
    assert "a test" in str((await message(erp, identifier, "discarded"))["history"])


async def test_one_that_waits_may_be_given_up(erp: Gateway) -> None:
    erp.script.error = ConnectFailed("down")
    identifier = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
    await message(erp, identifier, "pending")
    answer = await erp.request("POST", f"/api/messages/{identifier}/discard")
    assert answer.status in (200, 409)


@pytest.mark.parametrize("suffix", ["replay", "discard"])
@pytest.mark.parametrize("final", ["done", "discarded"])
async def test_what_is_finished_stays_so(suffix: str, final: str, erp: Gateway) -> None:
    if final == "done":
        identifier = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
        await message(erp, identifier, "done")
    else:
        identifier = await dead(erp)
        await erp.request("POST", f"/api/messages/{identifier}/discard")
    answer = await erp.request("POST", f"/api/messages/{identifier}/{suffix}")
    assert answer.problem(409, "message-state")["detail"]


@pytest.mark.parametrize(
    ("suffix", "options", "status", "problem"),
    [
        ("replay", {"json": {"unknown_as": "maybe"}}, 422, "invalid-body"),
        ("replay", {"json": {"unknown_as": None}}, 422, "invalid-body"),
        ("replay", {"json": {"unknown_as": ["done"]}}, 422, "invalid-body"),
        ("replay", {"json": {"attempts": 0}}, 422, "invalid-body"),
        ("replay", {"json": {"owner": "me", "state": "pending"}}, 422, "invalid-body"),
        ("replay", {"json": []}, 422, "invalid-body"),
        ("replay", {"json": "done"}, 422, "invalid-body"),
        ("discard", {"json": {"reason": 3}}, 422, "invalid-body"),
        ("discard", {"json": {"reason": "x" * 501}}, 422, "invalid-body"),
        ("discard", {"json": {"unknown_as": "done"}}, 422, "invalid-body"),
        ("discard", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "malformed-body"),
        ("discard", {"data": b"reason=x"}, 415, "unsupported-media-type"),
        (
            "discard",
            {"data": b" " * 20_000, "headers": {"Content-Type": "application/json"}},
            413,
            "body-too-large",
        ),
    ],
)
async def test_bad_decisions(
    suffix: str, options: dict[str, Any], status: int, problem: str, erp: Gateway
) -> None:
    identifier = await dead(erp)
    answer = await erp.request("POST", f"/api/messages/{identifier}/{suffix}", **options)
    answer.problem(status, problem)
    assert (await message(erp, identifier, "dead"))["attempts"] == 1
    query = await erp.request("POST", f"/api/messages/{identifier}/{suffix}?force=true")
    query.problem(400, "invalid-parameters")
