"""The story that `gateway demo play` tells: each scene is checked at the systems themselves."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.demo.bank.bookings import Booking, drop, statement
from tests.demo.running import GATEWAY, Demo, wait_until

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("story") / "demo")
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


def command(demo: Demo, *arguments: str) -> str:
    done = subprocess.run(
        [*GATEWAY, "demo", *arguments, "--state-dir", os.fspath(demo.folder)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def payments(demo: Demo, reference: str) -> list[tuple[str, Any]]:
    with closing(sqlite3.connect(demo.folder / "warehouse" / "warehouse.sqlite", timeout=10)) as warehouse:
        query = "SELECT invoice_no, amount FROM payments WHERE reference = ?"
        return warehouse.execute(query, [reference]).fetchall()


def invoice(demo: Demo, number: str) -> Any:
    return demo.call("GET", f"/api/erp/GetInvoice?invoiceNo={number}").json["invoice"]


def messages(demo: Demo) -> list[Any]:
    return demo.call("GET", "/api/messages?flow=bookings-to-ledger").json["messages"]


def bookings_folder(demo: Demo) -> Path:
    return demo.folder / "bank" / "files" / "bookings"


def test_the_story(demo: Demo) -> None:
    told = command(demo, "play")
    booked = re.findall(r"(INV-\d+) +([\d.]+) EUR  ERP: PAID  warehouse: 1 row", told)
    assert len(booked) == 3 + 3 + 2, "the first three are shown again after the bank has sent them again"
    assert len(set(booked)) == 5
    assert re.search("dead .*: a row with this key exists already: payments.reference", told), told
    for number, amount in booked:
        assert invoice(demo, number)["status"] == "PAID"
        assert payments(demo, f"PAY-{number[4:]}") == [(number, float(amount))]
    (order,) = re.findall(r"new order: (SO-\d+), Sensor of line1/press", told)
    placed = demo.call("GET", f"/api/orders/{order}").json["order"]
    assert [line["sku"] for line in placed["line"]] == ["SE-0005"]
    states = [(message["state"], message["progress"]["records"]) for message in messages(demo)]
    assert states == [("done", 2), ("dead", 0), ("done", 3)]
    assert sorted(path.suffix for path in bookings_folder(demo).glob("*.*")) == []
    assert len(list((bookings_folder(demo) / "taken").iterdir())) == 3, "the one that was refused, too"


def test_a_statement_with_a_wrong_total_changes_nothing(demo: Demo) -> None:
    good = Booking("INV-3029", "Nordwind", Decimal("10.00"), "EUR", "WRONG-TOTAL")
    content = bytearray(statement(date(2026, 11, 23), [good]))
    content[80 + 44] ^= 0x10  # one digit of the packed amount; the trailer still has the old sum
    before = messages(demo)
    drop(bookings_folder(demo), "wrong-total.stm", bytes(content))
    wait_until(lambda: len(messages(demo)) > len(before) and messages(demo)[0]["state"] == "dead", 30)
    assert payments(demo, "WRONG-TOTAL") == []
    assert invoice(demo, "INV-3029")["status"] == "OPEN"
    script = f'. "$0/environment" && exec {shlex.join(GATEWAY)} messages show "$1"'
    listed = subprocess.run(
        ["/bin/sh", "-c", script, os.fspath(demo.folder), messages(demo)[0]["id"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert "trailer" in listed.stdout
    assert "total" in listed.stdout


def test_the_story_can_be_told_for_ever(demo: Demo) -> None:
    """All invoices in EUR of the first day are paid; the ERP has sent new ones meanwhile."""
    for number in range(3001, 3061):
        if (found := invoice(demo, f"INV-{number}"))["amount"]["@currency"] == "EUR":
            payment = {
                "invoiceNo": f"INV-{number}",
                "amount": found["amount"]["#text"],
                "paidOn": "2026-11-23",
                "reference": f"TEST-{number}",
            }
            assert demo.call("POST", "/api/erp/MarkInvoicePaid", payment).status == 200
    told = command(demo, "play")
    booked = re.findall(r"INV-(\d+) .* ERP: PAID", told)
    assert min(map(int, booked)) > 3060


def test_status_says_what_runs(demo: Demo) -> None:
    assert command(demo, "stop", "machines") == "machines: stopped\n"
    lines = dict(line.split(None, 1) for line in command(demo, "status").splitlines())
    assert lines == {
        "gateway": f"http://127.0.0.1:{demo.port}",
        "erp": "running",
        "bank": "running",
        "plant": "running",
        "machines": "stopped",
        "warehouse": "a file",
    }
    assert command(demo, "start", "machines") == "machines: started\n"


def test_a_system_that_was_killed_is_started_again(demo: Demo) -> None:
    pid = demo.folder / "pid" / "erp"
    os.kill(int(pid.read_text()), signal.SIGKILL)
    wait_until(lambda: not pid.exists(), 20)
    assert "erp: ended by itself" in demo.output
    assert command(demo, "start", "erp") == "erp: started\n"
    wait_until(lambda: demo.call("GET", "/api/erp/Ping").status == 200, 20)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["play"], 1, "no demo is running"),
        (["stop", "erp"], 1, "no demo is running"),
        (["stop", "moon"], 2, "no 'moon'; there are: erp, bank, plant, machines"),
        (["stop", "warehouse"], 2, "the warehouse is a file"),
        (["status"], 1, "no demo is running"),
        (["stop"], 2, "stop and start name a system"),
        (["play", "erp"], 2, "the others name none"),
    ],
    ids=["play", "stop", "no-such-system", "a-file", "status", "no-system", "system-too-many"],
)
def test_without_a_demo(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    done = subprocess.run(
        [*GATEWAY, "demo", *arguments, "--state-dir", os.fspath(tmp_path / "none")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == code
    assert told in done.stderr
