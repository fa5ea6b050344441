"""The example of the page about flows, with a real server: orders of a partner, who is told of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from gateway.messages import State
from tests.peers.sshd import Sshd, sshd
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.interchanges import EDIFACT, edifact, x12

PAGE = (Path(__file__).parents[4] / "docs" / "flows.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## Interchanges\n")[2].partition("\n### ")[0]
HL7 = {"format": "hl7", "acknowledge": {"when": "always"}}


def files() -> dict[str, Any]:
    """The configuration of the page, by its files."""
    found = re.findall(r"```yaml\n# (\S+)\n(.*?)```", SECTION, re.DOTALL)
    return {name: YAML(typ="safe").load(text) for name, text in found}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    """The partner and the shop, on one machine."""
    peer = sshd(tmp_path / "sshd")
    for folder in ("out/done", "in", "orders"):
        (peer.files / folder).mkdir(parents=True)
    peer.server.start()
    yield peer
    peer.server.stop()


class Exchange:
    """The partner, the shop, and the gateway between, by the page or with another definition."""

    def __init__(self, server: Sshd, bench: Bench, definition: Any = None) -> None:
        self.server, self.bench = server, bench
        configuration = files()
        for system in configuration["systems/all.yaml"].values():
            system |= server.access()
            for box in [*system.get("inboxes", {}).values(), *system["outboxes"].values()]:
                box["path"] = f"{server.files}{box['path']}"
            for box in system.get("inboxes", {}).values():
                box |= {"then": {"archive": f"{server.files}/out/done"}, "poll_interval_s": 0.1}
        mappings = configuration["mappings/orders.yaml"]
        bench.write(
            flows=configuration["flows/orders.yaml"],
            mappings={"purchase-order": definition} if definition is not None else mappings,
            systems=configuration["systems/all.yaml"],
        )

    def drop(self, name: str, data: bytes) -> None:
        beside = self.server.files / "out" / f"{name}.part"
        beside.write_bytes(data)
        beside.rename(self.server.files / "out" / name)

    def answers(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.server.files / "in").glob("*.997"))]

    def orders(self) -> list[Any]:
        return sorted(
            json.loads(path.read_bytes())["number"] for path in (self.server.files / "orders").glob("*.json")
        )


async def test_the_page_is_true(server: Sshd, bench: Bench) -> None:
    exchange = Exchange(server, bench)
    await bench.start()
    exchange.drop("a.edi", x12(17, "PO-1", "bad", "PO-3"))
    (message,) = await bench.settled(State.DONE)
    await until(exchange.answers)
    assert exchange.orders() == ["PO-1", "PO-3"]
    (answer,) = exchange.answers()
    (shown,) = re.findall(r"```edi\n(.*?)\n```", SECTION, re.DOTALL)
    assert shown.encode() in answer
    assert answer.startswith(b"ISA*00*          *00*          *ZZ*ACME           *ZZ*GLOBEX         *")
    assert [path.name.partition(".")[0] for path in (server.files / "in").iterdir()] == ["a"]
    dead = [each for each in await bench.dead_records(message) if each.state is State.DEAD]
    assert [each.failure.rule for each in dead if each.failure] == ["code"]


async def test_under_another_name_it_is_refused_and_nothing_is_ordered_twice(
    server: Sshd, bench: Bench
) -> None:
    exchange = Exchange(server, bench)
    await bench.start()
    exchange.drop("a.edi", x12(17, "PO-1"))
    await until(exchange.answers)
    await bench.kill()
    await bench.start()
    exchange.drop("b.edi", x12(17, "PO-1"))
    await until(lambda: len(exchange.answers()) == 2)
    assert exchange.orders() == ["PO-1"]
    again = next(each for each in exchange.answers() if b"TA1" in each)
    assert b"TA1*000000017*261123*1015*R*025~" in again
    assert b"AK1" not in again


async def test_killed_before_the_answer_is_sent_it_is_sent_by_the_next(server: Sshd, bench: Bench) -> None:
    """And once: the server that was away has the bytes that were made then."""
    exchange = Exchange(server, bench)
    (server.files / "in").rename(server.files / "away")
    await bench.start()
    exchange.drop("a.edi", x12(17, "PO-1", "bad"))

    async def is_there() -> bool:
        return bool(await bench.store.find(flow="call:partner.acknowledgements.put"))

    await until(is_there)
    await bench.kill()
    (server.files / "away").rename(server.files / "in")
    await bench.start()
    found = await bench.store.find(flow="call:partner.acknowledgements.put")
    if found[0].state is State.DEAD:  # refused before the kill: there was no such folder
        await bench.store.replay(found[0].id, by="ada")
    await until(exchange.answers)
    await bench.settled(State.DONE)
    (answer,) = exchange.answers()
    assert b"AK9*P*2*2*1~" in answer
    assert exchange.orders() == ["PO-1"]


@pytest.mark.parametrize(
    ("definition", "data", "told"),
    [
        (EDIFACT, edifact("R1", "1", "bad"), b"UCI+R1+GLOBEX+ACME+7'"),
        (
            HL7,
            b"MSH|^~\\&|LAB|GLOBEX|SHOP|ACME|20261123101500||ORU^R01|41|P|2.5.1\rPID|1\r",
            b"\rMSA|AA|41\r",
        ),
    ],
    ids=["CONTRL", "ACK"],
)
async def test_others_are_answered_in_their_standard(
    definition: Any, data: bytes, told: bytes, server: Sshd, bench: Bench
) -> None:
    exchange = Exchange(server, bench, definition)
    flow = files()["flows/orders.yaml"]
    flow["orders-in"]["steps"] = []
    bench.write(flows=flow, mappings={"purchase-order": definition}, systems=_systems(bench))
    await bench.start()
    exchange.drop("a.edi", data)
    await until(exchange.answers)
    assert told in exchange.answers()[0]


def _systems(bench: Bench) -> Any:
    return json.loads((bench.folder / "systems" / "s.yaml").read_text())
