"""Interchanges that callers send through the facade: no number twice, and the same one for a repetition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.facade.running import Gateway, until, write
from tests.facade.test_admin import run
from tests.peers.sshd import Sshd, sshd
from tests.unit.gateway.flows.interchanges import X12, numbers, order


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    peer = sshd(tmp_path / "sshd")
    (peer.files / "in").mkdir(parents=True)
    peer.server.start()
    yield peer
    peer.server.stop()


@pytest.fixture
async def partner(gateway: Gateway, server: Sshd) -> Gateway:
    outbox = {"path": str(server.files / "in"), "name": "{uuid}.edi", "format": "orders"}
    write(gateway.directory / "mappings" / "m.yaml", {"orders": X12})
    await gateway.start(
        systems={
            "partner": {
                **server.access(),
                "outboxes": {"orders": outbox},
                "timeout_s": 10,
            }
        }
    )
    return gateway


def files(server: Sshd) -> list[bytes]:
    found = sorted((server.files / "in").glob("*.edi"), key=lambda path: path.stat().st_mtime_ns)
    return [path.read_bytes() for path in found]


async def post(partner: Gateway, *keys: str, body: Any = None) -> int:
    headers = {"Idempotency-Key": keys[0]} if keys else {}
    answer = await partner.request("POST", "/api/partner/orders", json=body or order("PO-1"), headers=headers)
    return answer.status


async def test_each_call_has_the_next_number_also_after_a_restart(partner: Gateway, server: Sshd) -> None:
    for _ in range(2):
        assert await post(partner) == 201
    await partner.restart()
    assert await post(partner) == 201
    assert sorted(map(numbers, files(server))) == [
        ("000000001", "1"),
        ("000000002", "2"),
        ("000000003", "3"),
    ]


async def test_a_repetition_under_its_key_has_the_same_number(partner: Gateway, server: Sshd) -> None:
    """The first attempt could not be sent: what it was written by is told to the next one."""
    server.server.stop()
    assert await post(partner, "order-1") == 503
    server.server.start()
    await partner.catalogue.systems["partner"].wait_ready()
    assert await post(partner) == 201
    await partner.restart()
    assert await post(partner, "order-1") == 201
    assert await post(partner, "order-1") == 201
    assert await post(partner) == 201
    found = [int(numbers(each)[0]) for each in files(server)]
    assert found[:2] == [2, 1]
    assert found[2] > 2, "what was given to a repetition that was not sent may be left out"


async def test_what_is_stored_for_later_has_its_number_then(partner: Gateway, server: Sshd) -> None:
    answer = await partner.request(
        "POST", "/api/partner/orders", json=order("PO-1"), headers={"Prefer": "respond-async"}
    )
    assert answer.status == 202
    assert await post(partner) == 201
    await until(lambda: len(files(server)) == 2)
    assert {numbers(each)[0] for each in files(server)} == {"000000001", "000000002"}


async def test_the_api_shows_an_interchange(partner: Gateway) -> None:
    answer = await partner.request("GET", "/openapi.json")
    content = answer.json["paths"]["/api/partner/orders"]["post"]["requestBody"]["content"]
    assert content["application/edi-x12"]["example"].startswith("ISA*00*")


async def test_numbers_are_shown_and_set(partner: Gateway, server: Sshd) -> None:
    interchange, group = "x12/interchange/ZZ:ACME/ZZ:GLOBEX", "x12/group/ACME/GLOBEX"
    assert (await run(partner, "numbers", "list")).err == "No control number has been used.\n"
    shown = await run(partner, "numbers", "set", interchange, "48213")
    assert (shown.code, shown.out) == (0, f"The next number of {interchange} is 48214.\n")
    assert "This counter is new" in shown.err
    assert await post(partner) == 201
    assert numbers(files(server)[0]) == ("000048214", "1")
    shown = await run(partner, "numbers", "list")
    assert shown.out.splitlines() == [f"    1  {group}", f"48214  {interchange}"]
    found = json.loads((await run(partner, "numbers", "list", "--json")).out)
    assert found["numbers"][1] == {"counter": interchange, "last": 48214}
    refused = await run(partner, "numbers", "set", interchange, "5")
    assert refused.code != 0
    assert "has used 48214" in refused.err
    shown = await run(partner, "numbers", "set", interchange, "5", "--back")
    assert (shown.code, shown.err) == (0, "")
    assert await post(partner) == 201
    assert ("000000006", "2") in map(numbers, files(server))


async def test_behind_the_largest_number_comes_1(partner: Gateway, server: Sshd) -> None:
    interchange = "x12/interchange/ZZ:ACME/ZZ:GLOBEX"
    shown = await run(partner, "numbers", "set", interchange, "999999999")
    assert shown.out == f"The next number of {interchange} is 1.\n"
    assert await post(partner) == 201
    assert numbers(files(server)[0]) == ("000000001", "1")


async def test_each_standard_has_its_own_largest(partner: Gateway) -> None:
    for counter, last, following in (
        ("x12/group/ACME/GLOBEX", "999999998", "999999999"),
        ("edifact/interchange/14:ACME/:GLOBEX", "99999999999999", "1"),
        ("edifact/group/:ACME/:GLOBEX", "1000000000", "1000000001"),
        ("hl7", "99999999999999", "100000000000000"),
    ):
        shown = await run(partner, "numbers", "set", counter, last)
        assert shown.out == f"The next number of {counter} is {following}.\n"


WRONG = {
    "no such counter": (["orders", "1"], "such as x12/interchange"),
    "no qualifier": (["x12/interchange/ACME/GLOBEX", "5"], "such as x12/interchange/ZZ:ACME/ZZ:GLOBEX"),
    "no qualifier of the receiver": (["x12/interchange/ZZ:ACME/GLOBEX", "5"], "such as x12/interchange"),
    "no colon": (["edifact/interchange/ACME/GLOBEX", "5"], "such as x12/interchange"),
    "no such number": (["x12/group/A/B", "-1"], "-1"),
    "too large": (["x12/interchange/ZZ:ACME/ZZ:GLOBEX", "9999999999"], "at most 999999999: 1 follows"),
    "too large for a group": (["x12/group/ACME/GLOBEX", "1000000000"], "at most 999999999: 1 follows"),
    "too large for any": (["edifact/group/:A/:B", "100000000000000"], "99999999999999"),
    "nothing": ([], "Missing argument"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
async def test_what_is_no_counter_or_number(arguments: list[str], said: str, partner: Gateway) -> None:
    refused = await run(partner, "numbers", "set", *arguments)
    assert refused.code != 0
    assert said in refused.err
