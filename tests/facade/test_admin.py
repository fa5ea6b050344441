"""The admin socket of a running gateway, and the commands that speak with it."""

from __future__ import annotations

import asyncio
import json
import stat
from typing import Any

import pytest

from adapters.errors import Blame, OutcomeUnknown, PeerRejected
from gateway.admin import SOCKET_NAME, AdminClient, AdminError
from tests.facade.running import Gateway
from tests.facade.test_async import deferred, message
from tests.unit.gateway.cli.command import Result, gateway_here

ROW = {"id": 1}


async def run(gateway: Gateway, *arguments: str) -> Result:
    """A command, in a thread, while the gateway serves."""
    command = ("-C", str(gateway.directory), *arguments)
    return await asyncio.to_thread(gateway_here, *command, cwd=gateway.directory)


async def dead(gateway: Gateway, number: int = 1) -> str:
    gateway.script.error = PeerRejected("no room", code="22001", blame=Blame.CALLER)
    identifier = await deferred(gateway, "POST", "/api/erp/rows", json={"id": number})
    await message(gateway, identifier, "dead")
    gateway.script.error = None
    return identifier


async def in_doubt(gateway: Gateway) -> str:
    gateway.script.error = OutcomeUnknown("no answer")
    identifier = await deferred(gateway, "POST", "/api/erp/rows", json=ROW)
    await message(gateway, identifier, "in_doubt")
    gateway.script.error = None
    return identifier


async def test_the_socket_is_for_the_own_account(erp: Gateway) -> None:
    path = erp.directory / "state" / SOCKET_NAME
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    await erp.stop()
    assert not path.exists()


async def test_a_listing(erp: Gateway) -> None:
    assert (await run(erp, "messages", "list")).out == "No messages.\n"
    gone = await dead(erp)
    good = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
    await message(erp, good, "done")
    shown = await run(erp, "messages", "list")
    assert shown.code == 0
    lines = shown.out.splitlines()
    assert lines[0].split() == ["ID", "STATE", "FLOW", "FROM", "RECEIVED", "(UTC)", "TRIED", "RECORDS", "WHY"]
    assert lines[1].split()[:3] == [good, "done", "call:erp.rows.insert"]
    assert lines[2].split()[:2] == [gone, "dead"]
    assert lines[2].endswith("  call: no room")
    assert len(lines) == 3
    assert shown.err == "In the store: 1 dead, 1 done\n"
    found = json.loads((await run(erp, "messages", "list", "--state", "dead", "--json")).out)
    assert [one["id"] for one in found["messages"]] == [gone]
    assert found["messages"][0]["failure"]["text"]
    for arguments in (["--flow", "none"], ["--state", "running"], ["--state", "pending"]):
        assert (await run(erp, "messages", "list", *arguments)).out == "No messages.\n"
    limited = json.loads((await run(erp, "messages", "list", "--limit", "1", "--json")).out)
    assert [one["id"] for one in limited["messages"]] == [good]
    assert limited["more"] is True


async def test_a_listing_says_that_it_is_cut_and_how_to_go_on(erp: Gateway) -> None:
    first, second, third = [await dead(erp, number) for number in range(3)]
    shown = await run(erp, "messages", "list", "--limit", "2")
    assert [line.split()[0] for line in shown.out.splitlines()] == ["ID", third, second]
    assert f"There are more than these 2: --before {second} shows those behind" in shown.err
    shown = await run(erp, "messages", "list", "--limit", "2", "--before", second)
    assert [line.split()[0] for line in shown.out.splitlines()] == ["ID", first]
    assert "more than" not in shown.err
    assert "There are" not in (await run(erp, "messages", "list", "--limit", "3")).err


async def test_what_is_chosen(erp: Gateway) -> None:
    """By source, by time, and what is not over."""
    gone = await dead(erp)
    good = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
    await message(erp, good, "done")
    for arguments, expected in (
        (["--source", "http"], [good, gone]),
        (["--source", "erp.rows"], []),
        (["--since", "1h"], [good, gone]),
        (["--since", "0s"], []),
        (["--since", "2001-01-01"], [good, gone]),
        (["--since", "2999-01-01T00:00:00+02:00"], []),
        (["--open"], [gone]),
    ):
        found = json.loads((await run(erp, "messages", "list", *arguments, "--json")).out)
        assert [one["id"] for one in found["messages"]] == expected, arguments


async def test_all_that_fit_are_discarded(erp: Gateway) -> None:
    identifiers = [await dead(erp, number) for number in range(3)]
    good = await deferred(erp, "POST", "/api/erp/rows", json=ROW)
    await message(erp, good, "done")
    asked = await run(erp, "messages", "discard", "--all")
    assert asked.code == 2
    assert "3 messages (dead) would be discarded, and nobody is there to ask; say --yes" in asked.err
    assert (await run(erp, "messages", "discard", "--all", "--since", "0s")).out == "0 messages discarded.\n"
    result = await run(erp, "messages", "discard", "--all", "--yes", "--source", "http")
    assert (result.code, result.out) == (0, "3 messages discarded.\n")
    for identifier in identifiers:
        await message(erp, identifier, "discarded")


async def test_a_stored_call_has_no_other_version(erp: Gateway) -> None:
    identifier = await dead(erp)
    result = await run(erp, "messages", "replay", identifier, "--current-flow")
    assert result.code == 1
    assert "the configuration has no flow call:erp.rows.insert" in result.err


async def test_one_message(erp: Gateway) -> None:
    identifier = await dead(erp)
    shown = await run(erp, "messages", "show", identifier)
    assert shown.code == 0
    for text in (identifier, "call:erp.rows.insert", "PeerRejected", "no room", "received", "dead"):
        assert text in shown.out
    found = json.loads((await run(erp, "messages", "show", identifier, "--json")).out)
    assert found["history"][0]["kind"] == "received"
    payload = await run(erp, "messages", "show", identifier, "--payload")
    assert json.loads(payload.out)["body"] == ROW


async def test_replay_and_discard(erp: Gateway) -> None:
    first, second, third = [await dead(erp, number) for number in range(3)]
    result = await run(erp, "messages", "replay", first)
    assert (result.code, result.out) == (0, "1 message will be tried again.\n")
    await message(erp, first, "done")
    result = await run(erp, "messages", "discard", second, "--reason", "a test")
    assert (result.code, result.out) == (0, "1 message discarded.\n")
    found = await message(erp, second, "discarded")
    assert "a test" in str(found["history"])
    result = await run(erp, "messages", "replay", first, second, third, "nothing", "--json")
    answer = json.loads(result.out)
    assert result.code == 1
    assert answer["done"] == [third]
    assert set(answer["refused"]) == {first, second, "nothing"}
    assert f"{first}: " in result.err


async def test_all_dead_ones(erp: Gateway) -> None:
    identifiers = [await dead(erp, number) for number in range(4)]
    assert (await run(erp, "messages", "replay", "--all", "--flow", "none")).out.startswith("0 messages")
    result = await run(erp, "messages", "replay", "--all", "--flow", "call:erp.rows.insert")
    assert (result.code, result.out) == (0, "4 messages will be tried again.\n")
    for identifier in identifiers:
        await message(erp, identifier, "done")


@pytest.mark.parametrize(("word", "calls"), [("done", 1), ("repeat", 2)])
async def test_what_is_in_doubt_is_decided(word: str, calls: int, erp: Gateway) -> None:
    identifier = await in_doubt(erp)
    undecided = await run(erp, "messages", "replay", identifier)
    assert undecided.code == 1
    assert "--unknown-as repeat" in undecided.err
    decided = await run(erp, "messages", "replay", identifier, "--unknown-as", word)
    said = {
        "done": "taken as done where no answer came, and goes on behind it",
        "repeat": "will be tried again",
    }
    assert (decided.code, decided.out) == (0, f"1 message {said[word]}.\n")
    await message(erp, identifier, "done")
    assert len(erp.script.requests) == calls


async def test_a_reload_with_problems(erp: Gateway) -> None:
    result = await run(erp, "reload")
    assert (result.code, erp.reloads) == (1, 1)
    assert "flows/f.yaml:1:1: wrong" in result.err
    assert json.loads((await run(erp, "reload", "--json")).out)["ok"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--state", "gone"],
        ["list", "--limit", "0"],
        ["replay"],
        ["replay", "1", "--all"],
        ["replay", "1", "--state", "dead"],
        ["replay", "1", "--flow", "x"],
        ["replay", "1", "--unknown-as", "maybe"],
        ["replay", "1", "--repeat-calls"],
        ["replay", "1", "--current-flow", "--repeat-calls", "--unknown-as", "done"],
        ["list", "--since", "yesterday"],
        ["list", "--since", "7w"],
        ["list", "--open", "--state", "dead"],
        ["discard", "1", "--all"],
        ["discard", "1", "--since", "1h"],
        ["replay", "--all", "--state", "Dead"],
        ["discard"],
        ["discard", "1", "--reason", "x" * 501],
        ["show"],
    ],
    ids=" ".join,
)
async def test_wrong_usage(arguments: list[str], erp: Gateway) -> None:
    assert (await run(erp, "messages", *arguments)).code == 2


@pytest.mark.parametrize("identifier", ["nothing", "../reload", "a/b", "%2e%2e", "é", "x" * 2000, "-1 or 1"])
async def test_ids_that_are_none(identifier: str, erp: Gateway) -> None:
    for command in ("show", "replay", "discard"):
        result = await run(erp, "messages", command, "--", identifier)
        assert result.code == 1
        assert "there is no message" in result.err
    payload = await run(erp, "messages", "show", "--payload", "--", identifier)
    assert (payload.code, payload.out) == (1, "")
    assert erp.reloads == 0


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/messages?state=gone", {}, 422),
        ("GET", "/messages?limit=0", {}, 422),
        ("GET", "/messages?limit=1001", {}, 422),
        ("GET", "/messages?limit=ten", {}, 422),
        ("GET", "/nothing", {}, 404),
        ("POST", "/messages", {}, 405),
        ("GET", "/reload", {}, 405),
        ("POST", "/messages/1/replay", {"data": b"{"}, 400),
        ("POST", "/messages/1/replay", {"json": []}, 422),
        ("POST", "/messages/1/replay", {"json": {"unknown_as": 1}}, 422),
        ("POST", "/messages/1/replay", {"json": {"by": "root"}}, 422),
        ("POST", "/messages/1/discard", {"json": {"reason": "x" * 501}}, 422),
        ("POST", "/messages/1/discard", {"data": b" " * 70_000}, 413),
    ],
)
async def test_bad_requests(
    method: str, path: str, options: dict[str, Any], status: int, erp: Gateway
) -> None:
    async with AdminClient(erp.directory / "state") as client:
        with pytest.raises(AdminError) as refused:
            await client._json(method, path, **options)
    assert refused.value.status == status


async def test_counts(erp: Gateway) -> None:
    await dead(erp)
    async with AdminClient(erp.directory / "state") as client:
        counts = (await client.get("/counts"))["counts"]
    assert {"flow": "call:erp.rows.insert", "state": "dead", "messages": 1} in counts
