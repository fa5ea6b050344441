"""Messages as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.cli.message_tables import detail_lines, listing_lines

ID = "00000000-001f-8a4e-a2f6-3d1c5b7e9f02"


def message(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": ID,
        "state": "dead",
        "flow": "statements-to-ledger",
        "source": "bank.statements",
        "received_at": "2026-11-23T12:35:33.120Z",
        "updated_at": "2026-11-23T12:35:34.016Z",
        "attempts": 3,
        "size": 48211,
        "redelivered": False,
        "progress": {"records": 16, "counts": {"read": 17, "sent": 16}},
        "lane": None,
        "headers": {},
        "failure": {"error": "MappingError", "step": "ledger", "record": 17, "text": "is no number"},
        "history": [
            {"at": "2026-11-23T12:35:33.120Z", "kind": "received", "text": "from bank.statements"},
            {"at": "2026-11-23T12:35:34.016Z", "kind": "dead", "text": "is no number"},
        ],
    }
    return {**found, **changed}


def test_a_pipe_gets_one_line_each() -> None:
    long = "f" * 200
    lines = list(listing_lines([message(), message(state="done", flow=long)], None))
    assert len(lines) == 3
    assert lines[1].split("  ")[0] == ID
    assert lines[1].split()[1:3] == ["dead", "statements-to-ledger"]
    assert "  2026-11-23 12:35:33 " in lines[1]
    assert lines[1].endswith("  3      16       ledger: is no number")
    assert lines[1].split()[3] == "bank.statements"
    assert long in lines[2]
    assert lines[2].endswith("  16")


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_narrow_terminal_gets_two(width: int) -> None:
    lines = list(listing_lines([message()], width))
    assert len(lines) == 4
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == [ID, "dead", "statements-to-ledger"]
    assert lines[3].split() == [
        "bank.statements",
        "2026-11-23",
        "12:35:33",
        "3",
        "16",
        "ledger:",
        "is",
        "no",
        "number",
    ]


def test_a_wide_terminal_gets_one() -> None:
    lines = list(listing_lines([message()], 160))
    assert len(lines) == 2


def test_a_failure_without_a_step() -> None:
    assert list(listing_lines([message(failure={"error": "damaged"})], None))[1].endswith("  damaged")


def cell(title: str, **changed: Any) -> str:
    """What stands below a title."""
    titles, row = listing_lines([message(**changed)], None)
    at = titles.index(title)
    return row[at:].split("  ")[0]


CAME_FROM: dict[str, tuple[dict[str, str], str]] = {
    "a file": ({"sftp.path": "/in/a.csv", "sftp.name": "a.csv"}, "a.csv"),
    "a record of a file": ({"sftp.name": "a.csv", "gateway.record": "3"}, "a.csv, record 3"),
    "a topic": ({"mqtt.topic": "plant/1/hot"}, "plant/1/hot"),
    "a row": ({"odbc.table": "orders", "odbc.key": "17"}, "bank.statements 17"),
    "nothing better": ({}, "bank.statements"),
    "a long name": ({"sftp.name": "x" * 300}, "x" * 39 + "…"),
}


@pytest.mark.parametrize(("headers", "shown"), CAME_FROM.values(), ids=CAME_FROM)
def test_where_it_came_from(headers: dict[str, str], shown: str) -> None:
    assert cell("FROM", headers=headers) == shown


RECORDS: dict[str, tuple[int, dict[str, int], str]] = {
    "done": (4, {"read": 4, "sent": 4}, "4"),
    "some are dead letters": (4, {"read": 4, "sent": 2, "failed": 2}, "2 of 4 failed"),
    "begun": (0, {"checked": 2, "under_way": 1}, "1 of 2 sent"),
    "begun, nobody knows of how many": (100, {"read": 100, "under_way": 7}, "107 sent"),
}


@pytest.mark.parametrize(("records", "counts", "shown"), RECORDS.values(), ids=RECORDS)
def test_how_many_records(records: int, counts: dict[str, int], shown: str) -> None:
    assert cell("RECORDS", progress={"records": records, "counts": counts}) == shown


def test_why_one_waits_that_was_not_tried() -> None:
    waits = "blocked: s has no operation 'dp'"
    assert cell("WHY", state="pending", failure=None, waits_for=waits) == waits
    assert cell("WHY", state="dead", failure=None, waits_for=waits) == ""
    assert cell("WHY", state="done") == ""


def test_a_long_reason_is_cut() -> None:
    assert len(cell("WHY", failure={"error": "PeerRejected", "text": "no " * 500})) == 100


def test_everything_about_one() -> None:
    assert list(detail_lines(message(headers={"sftp.path": "/in/a"}))) == [
        f"id           {ID}",
        "state        dead",
        "failure      MappingError@ledger",
        "             is no number",
        "             record: 17",
        "flow         statements-to-ledger",
        "source       bank.statements",
        "received at  2026-11-23 12:35:33 UTC",
        "updated at   2026-11-23 12:35:34 UTC",
        "attempts     3",
        "size         48211 bytes",
        "redelivered  False",
        "progress     16 records (read 17, sent 16)",
        "headers      sftp.path: /in/a",
        "",
        "2026-11-23 12:35:33  received  from bank.statements",
        "2026-11-23 12:35:34  dead      is no number",
    ]


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\x9b31m", "\u202e", "\r", "\x00", "\x07", "\ud800"])
def test_a_terminal_is_told_nothing(text: str) -> None:
    found = message(
        flow=text, failure={"error": text, "step": text, "text": text}, headers={text: text}, lane=text
    )
    found["history"][0]["text"] = text
    for line in [*listing_lines([found], None), *detail_lines(found)]:
        assert line.isprintable()
        line.encode()
