"""Which files are complete, by rule, with a clock of our own; and what a channel remembers."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import Deadline
from adapters.sftp.boxes import Inbox
from adapters.sftp.look import Candidate, CompletenessRule, Look, Marker, Version, look
from adapters.sftp.marker import MarkerTemplate
from adapters.sftp.memory import MOST_IN_CURSOR, Fate, Memory, Settled
from adapters.sftp.sayings import Sayings
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import opened, settings_for


class Clock:
    """Moves only when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def found(*files: tuple[str, int, int], markers: dict[str, int] | None = None) -> Look:
    """A look at files of these names, sizes and times, and markers of these times."""
    return Look(
        {name: Version(size, modified) for name, size, modified in files},
        {name: Version(0, modified) for name, modified in (markers or {}).items()},
    )


def ready(rule: CompletenessRule, look: Look) -> list[str]:
    return [one.name for one in rule.judge(look).ready]


def test_rest_is_two_looks_far_enough_apart() -> None:
    clock = Clock()
    rule = CompletenessRule(Inbox(path="/in", complete_when={"stable_s": 10}), clock)
    verdict = rule.judge(found(("a", 5, 100)))
    assert (verdict.ready, verdict.ripe_in_s) == ([], 10.0)
    clock.now += 9.9
    assert ready(rule, found(("a", 5, 100))) == []
    clock.now += 0.2
    assert ready(rule, found(("a", 5, 100), ("b", 1, 1))) == ["a"]
    assert rule.judge(found(("a", 5, 100), ("b", 1, 1))).ripe_in_s == 10.0
    for changed in (("a", 6, 100), ("a", 6, 101)):
        assert ready(rule, found(changed)) == [], "its time starts again"
        clock.now += 11
        assert ready(rule, found(changed)) == ["a"]
    rule.forget("a")
    assert ready(rule, found(("a", 6, 101))) == []
    clock.now += 11
    assert ready(rule, found()) == []
    assert ready(rule, found(("a", 6, 101))) == [], "gone and back again"


@pytest.mark.parametrize(
    ("file", "marker", "older_counts", "at_once", "later"),
    [
        pytest.param(100, None, False, False, False, id="no marker"),
        pytest.param(100, 101, False, True, True, id="newer"),
        pytest.param(100, 99, False, False, False, id="older"),
        pytest.param(100, 99, True, True, True, id="older, and that counts"),
        pytest.param(100, 100, False, False, True, id="of the same second"),
        pytest.param(100, 100, True, True, True, id="of the same second, and that counts"),
    ],
)
def test_a_marker_must_not_be_older_than_its_file(
    file: int, marker: int | None, older_counts: bool, at_once: bool, later: bool
) -> None:
    clock = Clock()
    rule = CompletenessRule(
        Inbox(path="/in", complete_when={"marker": "{name}.ok", "older_counts": older_counts}), clock
    )
    seen = found(("a", 5, file), markers={} if marker is None else {"a.ok": marker})
    assert ready(rule, seen) == (["a"] if at_once else [])
    clock.now += 2.1
    assert ready(rule, seen) == (["a"] if later else [])
    assert rule.judge(seen).stale == (["a"] if marker == 99 and not older_counts else [])


def test_times_that_a_server_does_not_tell_are_no_obstacle() -> None:
    rule = CompletenessRule(Inbox(path="/in", complete_when={"marker": "{name}.ok"}))
    unknown = Look({"a": Version(None, None)}, {"a.ok": Version(None, None)})
    assert rule.judge(unknown).ready == [
        Candidate("a", Version(None, None), Marker("a.ok", Version(None, None)))
    ]


def test_a_marker_is_a_file_only_if_it_has_a_marker() -> None:
    rule = CompletenessRule(Inbox(path="/in", complete_when={"marker": "{name}.ok"}))
    seen = found(("a", 1, 1), ("a.ok", 0, 2), ("b.ok", 0, 2), markers={"a.ok": 2, "b.ok": 2})
    assert ready(rule, seen) == ["a"]


def test_marker_names() -> None:
    assert MarkerTemplate("ok-{name}.x").of("a") == "ok-a.x"
    assert not MarkerTemplate("ok-{name}.x").fits("ok-.x")


async def test_a_folder_of_100_000_files_is_bounded(server: Sshd, folder: Path) -> None:
    for number in range(100_000):
        if number % 50_000 == 0:
            first = folder / f"f{number:05}"
            first.touch()
        else:
            # A link costs a fraction of a file, and may be made some 65,000 times.
            os.link(first, folder / f"f{number:05}")
    inbox = Inbox(path=str(folder), max_files=1000)
    deadline = Deadline.after(60)
    async with opened(settings_for(server, folder)) as adapter, adapter._pool.lease(deadline) as session:
        seen = await adapter._pool.run(
            session, deadline, lambda wire: look(wire, inbox, lambda name: True, None)
        )
        assert (len(seen.files), seen.left_out, seen.passed_over) == (1000, 99_000, 0)


# --- memory ---


def settled(version: Version, fate: Fate = Fate.KEEP, **changes: Any) -> Settled:
    return Settled(version, fate, **changes)


def test_memory_forgets_what_is_gone_or_different() -> None:
    clock = Clock()
    memory = Memory("/in", clock)
    one = Candidate("a", Version(1, 1))
    for name in "abc":
        memory.settle(name, settled(Version(1, 1)))
    memory.refresh(found(("a", 1, 1), ("b", 1, 2)))
    assert [memory.settled(name) is not None for name in "abc"] == [True, False, False]
    assert not memory.may_be_tried(one)
    memory.drop("a")
    assert memory.may_be_tried(one)
    memory.postpone("a", 5)
    assert not memory.may_be_tried(one)
    clock.now += 5
    assert memory.may_be_tried(one)
    assert not memory.deliver(one)
    assert memory.deliver(one)
    assert not memory.deliver(Candidate("a", Version(2, 1)))
    assert [memory.count_breaks("a", broke=broke) for broke in (True, True, False, True)] == [1, 2, 0, 1]


def test_a_file_that_was_moved_without_its_marker_is_not_forgotten() -> None:
    memory = Memory("/in")
    marker = Marker("a.ok", Version(0, 2))
    memory.settle("a", settled(Version(1, 1), Fate.MOVE, marker=marker))
    memory.settle("b", settled(Version(1, 1), Fate.KEEP))
    memory.refresh(found(("b", 1, 1), markers={"a.ok": 2}))
    assert [name for name, _ in memory.unfinished(10)] == ["a"]
    memory.refresh(found(("b", 1, 1), markers={"a.ok": 3}))
    assert memory.unfinished(10) == [], "it is another marker"


def test_cursors_are_bounded_and_know_the_last_files() -> None:
    memory = Memory("/in")
    names = [f"f{number}" for number in range(MOST_IN_CURSOR + 10)]
    for name in names:
        cursor = memory.cursor(Candidate(name, Version(1, 1)))
        memory.settle(name, settled(Version(1, 1)))
    assert len(cursor) == 2 + 16 * MOST_IN_CURSOR
    again = Memory("/in")
    assert again.resume(cursor)
    again.refresh(found(*((name, 1, 1) for name in names)))
    assert [name for name in names if again.settled(name) is None] == names[:10]
    elsewhere = Memory("/other")
    assert elsewhere.resume(cursor)
    elsewhere.refresh(found(("f1000", 1, 1)))
    assert elsewhere.settled("f1000") is None


@pytest.mark.parametrize(
    "cursor", ["", "1", "2:" + "a" * 16, "1:" + "a" * 17, "1:" + "*" * 16, "1:" + "a" * 16_016]
)
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    assert not Memory("/in").resume(cursor)


def test_trouble_is_said_when_it_is_new_and_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    say = Sayings(logging.getLogger("adapters.sftp.test"), "bank.in", clock)
    for text, seconds in (("x", 1), ("x", 1), ("y", 1), (None, 1), ("y", 599), ("y", 2), ("y", 0)):
        say("kind", text)
        clock.now += seconds
    assert [record.message[-1] for record in caplog.records] == ["x", "y", "y", "y"]
