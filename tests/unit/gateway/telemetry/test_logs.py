from __future__ import annotations

import io
import json
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.telemetry import configure, correlation, get_logger, shut_down
from gateway.telemetry.sink import LineSink
from gateway.telemetry.throttle import RepeatLimit


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    written = io.BytesIO()
    configure("info", "json", written)
    yield written
    configure()


def _lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    shut_down()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _is_ours(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("gateway.")


@pytest.mark.parametrize(
    "hostile",
    [
        "a\nlevel=error",
        "\x1b[31mred",
        "\u202egnp.exe",
        "${jndi:ldap://x}",
        "a\x00b",
        "x" * 1_000_000,
        "\ud800",
    ],
    ids=["line", "terminal", "bidi", "jndi", "nul", "megabyte", "surrogate"],
)
def test_hostile_values_stay_in_their_place(
    stream: io.BytesIO, hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_logger("test").warning("event", value=hostile, nested={"a": [hostile]})
    with monkeypatch.context() as patch:
        # pytest's own handlers would put the text into the report, which cannot carry half a surrogate pair.
        patch.setattr(
            logging.getLogger(), "handlers", [ours for ours in logging.root.handlers if _is_ours(ours)]
        )
        logging.getLogger("library").warning("said %s", hostile)
    raw = stream
    lines = _lines(raw)
    assert len(lines) == 2
    assert len(raw.getvalue()) < 8000
    for byte in (b"\x1b", b"\x00", "\u202e".encode()):
        assert byte not in raw.getvalue()
    assert lines[0]["component"] == "test"
    assert lines[1]["component"] == "library"


def test_console_lines_stay_one_line() -> None:
    stream = io.BytesIO()
    configure("info", "console", stream)
    get_logger("test").info("event\nforged", value="a\nb \x1b[0m")
    shut_down()
    configure()
    assert stream.getvalue().count(b"\n") == 1
    assert b"\x1b" not in stream.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
def test_people_get_lines_and_programs_get_json(is_terminal: bool) -> None:
    reading, writing = os.openpty() if is_terminal else os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as reader, os.fdopen(writing, "wb", buffering=0) as writer:
        configure("info", "auto", writer)
        get_logger("test").info("event", value=1)
        shut_down()
        configure()
        line = reader.read(1000)
    assert line.startswith(b"{") is not is_terminal, line
    assert (b"test: event value=1" in line) is is_terminal, line


def test_correlation_and_exceptions(stream: io.BytesIO) -> None:
    token = correlation.current.set("id-1")
    try:
        raise ValueError("inner")
    except ValueError:
        get_logger("test").exception("failed")
    finally:
        correlation.current.reset(token)
    (line,) = _lines(stream)
    assert (line["correlation_id"], line["level"]) == ("id-1", "error")
    assert "ValueError: inner" in line["traceback"]


def test_repeated_errors_are_limited(stream: io.BytesIO) -> None:
    for _ in range(1000):
        get_logger("test").error("down", system="erp")
    get_logger("test").error("down", system="crm")
    assert len(_lines(stream)) == 11


def test_the_limit_says_what_it_dropped() -> None:
    now = [0.0]
    limit = RepeatLimit(lines=2, window_s=10, clock=lambda: now[0])
    assert [limit.admit("a") for _ in range(5)] == [0, 0, None, None, None]
    now[0] = 11
    assert [limit.admit("a"), limit.admit("a"), limit.admit("b")] == [3, 0, 0]


def test_a_stuck_stream_blocks_nobody() -> None:
    release = threading.Event()

    class Stuck(io.BytesIO):
        def write(self, data: Any) -> int:
            release.wait(10)
            return super().write(data)

    stream = Stuck()
    sink = LineSink(stream, max_waiting=100)
    for number in range(1000):
        sink.write(b"%d\n" % number)
    assert sink.dropped >= 800
    release.set()
    sink.close()
    assert stream.getvalue().startswith(b"0\n1\n")


def test_a_closed_stream_stops_nothing() -> None:
    stream = io.BytesIO()
    stream.close()
    sink = LineSink(stream)
    sink.write(b"a\n")
    sink.close()


def test_ids() -> None:
    made = {correlation.new_id() for _ in range(1000)}
    assert len(made) == 1000
    for identifier in made:
        assert correlation.as_urn(identifier) == f"urn:uuid:{identifier}"
    assert correlation.accept("order-7") == "order-7"
    assert correlation.as_urn("order-7").startswith("urn:uuid:")
