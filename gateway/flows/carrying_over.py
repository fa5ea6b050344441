"""What of a message stays as it is when it runs by another version of its flow.

A call that was answered is known by its step's id and the records it was made for. It is not made again where
the other version has that step and would make that call; where it would not, nobody can tell whether what the
other version calls is the same, and a person says whether it is called.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from gateway.config import FlowSettings, MapStep, walk
from gateway.flows.answering import ANSWERED
from gateway.flows.dead_records import DONE, done_of
from gateway.flows.journal import REFUSED, REPEATED, TOLD
from gateway.flows.program import CHECKED, Call, Program, calls
from gateway.messages import CUT, Anew, Mark, Message, NotAllowed, Progress, Standing


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it is stored, and what it compiles to. `reads`: the ids of its steps that change
    nothing."""

    text: Mapping[str, object]
    program: Program
    reads: Collection[str] = ()


def from_the_beginning(message: Message, version: str) -> Anew:
    """Every call is made, those that were answered too, under other idempotency keys than before."""
    before = message.progress.counts
    return Anew(version, Progress(0, {**_kept(before), REPEATED: before.get(REPEATED, 0) + 1}), frozenset())


def carried_over(standing: Standing, old: Version | None, new: Version) -> Anew:
    """How a message runs by the version `new` that came under `old`, None where that cannot be read.

    Raises: NotAllowed when calls that were answered, or may have been carried out, would be made again.
    """
    message = standing.message
    reads = old.reads if old is not None else ()
    marks = {at: mark for at, mark in standing.marks.items() if _step_of(at) not in reads}
    effects = {at for at in marks if not at.endswith((REFUSED, TOLD))}
    answered = set(done_of(message)) - set(reads)
    if not effects and not answered and not _has_gone_on(message, old):
        return Anew(new.program.version, Progress(0, _kept(message.progress.counts)), frozenset())
    if old is None:
        raise _would_repeat(message, "the version that it came under cannot be read, nor what it had called")
    if message.parent is None or DONE not in message.headers:
        _insist_on_same_records(message, old, new)
    has_place = _Places(old, new, message.progress.records).has
    lost = {_step_of(at) for at in effects if not has_place(at)}
    lost |= answered - {step.id for step in calls(new.program.steps)}
    if lost:
        steps = ", ".join(sorted(lost))
        raise _would_repeat(
            message, f"the step {steps} had been called, and the present version has no such call"
        )
    kept = frozenset(at for at in marks if has_place(at))
    counts = {name: count for name, count in message.progress.counts.items() if name != CHECKED}
    return Anew(new.program.version, Progress(message.progress.records, counts), kept)


def without_unknown(marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """The marks of calls that were answered."""
    return {at: mark for at, mark in marks.items() if mark.done}


def _has_gone_on(message: Message, old: Version | None) -> bool:
    """True when finished records of the message called something, or became dead letters."""
    counts = message.progress.counts
    calls_out = old is None or any(step.id not in old.reads for step in calls(old.program.steps))
    return bool(counts.get("failed") or (counts.get("sent") and calls_out))


def _insist_on_same_records(message: Message, old: Version, new: Version) -> None:
    """Raises: NotAllowed when the numbers of records mean others in the new version."""
    is_same = all(old.text.get(key) == new.text.get(key) for key in ("payload", "formats"))
    if not is_same or _split_of(old) != _split_of(new):
        raise _would_repeat(
            message, "some of its calls were made, and the present version reads other records from it"
        )


def _split_of(version: Version) -> object:
    """What makes of the records those that the flow sees; None where they are the same."""
    if version.program.reading.split is None:
        return None
    settings = cast(Mapping[str, list[object]], version.text["settings"])
    step = FlowSettings.model_validate(settings).steps[0]
    transforms = cast(Mapping[str, object], version.text["transforms"])
    name = step.map if isinstance(step, MapStep) else None
    return settings["steps"][0], transforms.get(name) if isinstance(name, str) else None


def _kept(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts that stay when a message begins anew."""
    return {name: counts[name] for name in (CUT, REPEATED, ANSWERED) if name in counts}


def _would_repeat(message: Message, why: str) -> NotAllowed:
    return NotAllowed(
        f"message {message.id}: {why}. Have the flow call as it did, with the `id` that the step had, or say "
        "that all its calls are made once more (--repeat-calls)"
    )


class _Places:
    """Tells which marks mean the same call in the new version. `done`: records that are finished."""

    def __init__(self, old: Version, new: Version, done: int) -> None:
        self._old = old
        self._new = new
        self._last = done + new.program.chunk
        self._steps: dict[str, Call] = {step.id: step for step in calls(new.program.steps)}

    def has(self, position: str) -> bool:
        """True when the new version would make this call, and no other under this position."""
        step = _step_of(position)
        if step not in self._steps:
            return False
        records = _bare(position).rpartition("/")[2]
        if "-" in records:
            return self._has_same_batches(step)
        return int(records) <= self._last

    def _has_same_batches(self, step: str) -> bool:
        """Which records are together in a batch depends on all that is in front of it."""
        old, new = self._old, self._new
        return old.program.chunk == new.program.chunk and _until(old, step) == _until(new, step)


def _until(version: Version, step: str) -> object:
    """All that is done up to a step, and by it."""
    steps = version.program.steps
    count = next(n for n, each in enumerate(steps, 1) if any(call.id == step for call in calls((each,))))
    # What splits records is no step of the program.
    count += version.program.reading.split is not None
    settings = cast(Mapping[str, list[object]], version.text["settings"])
    parsed = FlowSettings.model_validate(settings).steps[:count]
    named = [each.map for _, each in walk(parsed) if isinstance(each, MapStep)]
    transforms = cast(Mapping[str, object], version.text["transforms"])
    return settings["steps"][:count], [transforms.get(name) for name in named if isinstance(name, str)]


def _step_of(position: str) -> str:
    """The id of the step in a mark's position: chunk/step/records."""
    return _bare(position).partition("/")[2].rpartition("/")[0]


def _bare(position: str) -> str:
    """The position of the side effect that something is said of."""
    return position.removesuffix(REFUSED).removesuffix(TOLD)
