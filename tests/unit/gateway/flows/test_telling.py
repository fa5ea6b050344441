"""What whoever runs the gateway is told: in the log, by metrics, and with each message."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.errors import Blame, PeerRejected, PermissionDenied
from gateway.messages import Progress, State
from gateway.telemetry import configure, metrics, shut_down
from tests.unit.gateway.flows.bench import Bench, until
from tests.unit.gateway.flows.scripted import Arriving

REJECTED = PeerRejected("no", code="23505", blame=Blame.CONFLICT)
FLOW = {"from": "s.messages", "steps": [{"call": "s.do"}]}


@pytest.fixture
def log() -> Iterator[io.BytesIO]:
    """What is logged; whole after `shut_down`."""
    written = io.BytesIO()
    configure("info", "json", written)
    yield written
    configure()


def lines(log: io.BytesIO, event: str) -> list[dict[str, Any]]:
    """What was logged of an event."""
    shut_down()
    found = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in found if line["event"] == event]


def metric(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


async def test_dead_records_are_logged_counted_and_shown_at_their_file(bench: Bench, log: io.BytesIO) -> None:
    before = metric("gateway_flow_messages_total", flow="f", event="dead")
    steps = [{"filter": "id != '2' || nothing > 0"}, {"call": "s.do"}]
    await bench.start({"from": "s.files", "steps": steps, "on_record_error": "dead_letter_record"})
    bench.arrive("files", "id\n1\n2\n3\n")
    (parent,) = await bench.settled()
    assert parent.progress.counts["failed"] == 1
    assert metric("gateway_flow_messages_total", flow="f", event="dead") == before + 1
    await bench.stop()
    (line,) = lines(log, "a record is a dead letter")
    assert (line["level"], line["parent"], line["record"], line["step"]) == (
        "warning",
        parent.id,
        2,
        "1:filter",
    )


async def test_of_a_file_that_stops_it_is_known_how_many_records_were_sent(bench: Bench) -> None:
    bench.script.answer = lambda operation, request: REJECTED if request.body == {"id": "2"} else {}
    await bench.start({"from": "s.files", "steps": [{"call": "s.do"}]})
    bench.arrive("files", "id\n1\n2\n3\n")
    (message,) = await bench.settled(State.DEAD)
    assert message.progress == Progress(0, {"checked": 3, "under_way": 1})
    assert message.failure is not None
    assert message.failure.record == 2
    bench.script.answer = lambda operation, request: {}
    await bench.store.replay(message.id, by="x")
    (message,) = await bench.settled()
    assert message.progress.records == 3
    assert "under_way" not in message.progress.counts
    assert bench.script.sent("do") == [{"id": each} for each in "1223"]


async def test_a_flow_that_is_blocked_says_what_its_messages_wait_for(bench: Bench) -> None:
    bench.write({"from": "s.messages", "steps": [{"call": "s.dp"}]})
    bench.prepare()
    await bench.store.open()
    await bench.catalogue.start()
    await bench.engine.start()
    bench.arrive("messages", "{}")
    await bench.settled(State.PENDING)
    assert bench.engine.waits_for("f").startswith("blocked: s has no operation 'dp'")
    assert metric("gateway_flow_up", flow="f") == 0
    assert metric("gateway_channel_up", channel="s.messages") == 1
    await bench.reload(FLOW)
    await until(lambda: metric("gateway_flow_up", flow="f") == 1)
    assert bench.engine.waits_for("f") == ""
    assert bench.engine.waits_for("no flow of the configuration") == ""


async def test_a_channel_that_cannot_acknowledge_is_blocked_until_it_can(bench: Bench) -> None:
    """What comes again and again and cannot be acknowledged is no sign that all is well."""
    await bench.start(FLOW)
    bad = Arriving(b"{}", key="1", ack_error=PermissionDenied("the archive cannot be written"))
    bench.arrive("messages", bad)
    await until(lambda: bench.engine.channels()["s.messages"])
    assert bench.engine.channels() == {"s.messages": "the archive cannot be written"}
    assert bench.engine.status()["f"].reason == "the archive cannot be written"
    for times in (2, 3):
        bench.arrive("messages", Arriving(b"{}", key="1", ack_error=PermissionDenied("the archive is away")))
        await until(lambda times=times: len(bench.script.resumed) > times)  # type: ignore[misc]
        assert bench.engine.channels()["s.messages"]
    (good,) = bench.arrive("messages", Arriving(b"{}", key="1"))
    await until(lambda: good.acked)
    assert bench.engine.channels() == {"s.messages": ""}


async def test_a_delivery_that_was_stored_before_is_told_of(bench: Bench, log: io.BytesIO) -> None:
    await bench.start(FLOW)
    headers = {"odbc.table": "orders", "odbc.key": "17"}
    first, again = (Arriving(b"{}", key="17@1", headers=headers) for _ in range(2))
    bench.arrive("messages", first, again)
    await until(lambda: again.acked)
    (message,) = await bench.settled()
    await bench.stop()
    (line,) = lines(log, "a delivery is stored already; it is acknowledged and not run again")
    assert (line["level"], line["channel"], line["source_key"]) == ("warning", "s.messages", "17")
    assert line["messages"] == [message.id]
    assert "replay" in line["remedy"]
