"""A definition for data that a copybook describes, drafted by trying how samples can be read with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mappings.copybook import CopybookFormat
from mappings.infer.copybook_doubts import machine_keys, variants_finding
from mappings.infer.copybook_framings import framings
from mappings.infer.draft import Draft, Key
from mappings.infer.encodings import is_ebcdic
from mappings.infer.sample import InferenceError, Sample
from mappings.infer.verifying import Reading, built, reading_of, verdict
from mappings.xml_definition import ReadFile

_LOOK_BYTES = 256 * 1024
_CUT = frozenset(("truncated", "separator", "long-record", "short-record", "record-length", "segment"))
"""The rules of errors that say that records are not cut as the copybook describes them."""

_OF_AREAS: tuple[tuple[Key, ...], ...] = (
    (Key("redefines", "first", "the first reading of each area; `variants` says which and when"),),
    (Key("redefines", "all", "all readings that the bytes allow; `variants` says which and when"),),
)
"""Without one of these a copybook with REDEFINES is not sound."""

_TRIED: tuple[tuple[Key, ...], ...] = (
    *_OF_AREAS,
    (Key("short_lines", "fill", "some records end before the copybook does"),),
    (Key("record_end", "variant", "records end with the reading of their last area"),),
    (Key("null", ["spaces"], "some numbers are spaces"),),
    (Key("null", ["low-values"], "some numbers are low-values"),),
    (Key("null", ["spaces", "low-values"], "some numbers are spaces or low-values"),),
    (Key("edited", "lenient", "some edited numbers are not edited as the picture says"),),
    (Key("edited", "text", "some edited numbers are none"),),
    (Key("binary", "full", "some COMP numbers have more digits than their pictures"),),
    (Key("overpunch", "minus-letters", "digits with a plus are plain digits"),),
    (Key("overpunch", "micro-focus", "digits with a minus are p to y"),),
    (Key("invalid", "null", "some fields are not what their pictures say: they are read as null"),),
)
"""The keys that may read more, in the order in which they are tried; those that lose something come last."""


class _Try(NamedTuple):
    """A draft and how the samples are read by it."""

    draft: Draft
    reading: Reading

    @property
    def wrong(self) -> tuple[bool, int]:
        """The less the better. Where reading stopped, all that would have followed is wrong too."""
        return self.reading.is_lost, len(self.reading.errors)

    @property
    def miscut(self) -> tuple[bool, int]:
        """Bytes of records that are not cut as the copybook says."""
        cut = sum(len(error.raw) for error in self.reading.errors if error.rule in _CUT)
        return self.reading.is_lost, cut

    @property
    def reached(self) -> int:
        """The more the better where there are as many errors: how far into the data they are."""
        return sum(error.place.byte_offset or 0 for error in self.reading.errors)


def infer_copybook(
    samples: Sequence[Sample], copybook: str, read: ReadFile, encoding: str | None = None
) -> Draft:
    """Draft a definition; `read` reads the copybook, which is named as the definition shall name it.

    Raises: InferenceError.
    """
    filled = [sample for sample in samples if sample.data]
    if not filled:
        raise InferenceError("is empty")
    looked = [sample.beginning(_LOOK_BYTES) for sample in filled]
    base = (Key("format", "copybook"), Key("copybook", copybook), _encoding(looked, encoding))
    best = _first(base, looked, read)
    machine = machine_keys(_format(best.draft, read))
    if machine:
        best = _tried(best.draft.replaced((*best.draft.keys, *machine)), looked, read)
    for keys in _TRIED:
        if not best.reading.errors:
            break
        draft = Draft((*(key for key in best.draft.keys if key.name != keys[0].name), *keys))
        tried = _tried_if_sound(draft, looked, read)
        if tried is not None and (*tried.wrong, -tried.reached) < (*best.wrong, -best.reached):
            best = tried
    findings = [verdict(reading_of(_format(best.draft, read), filled))]
    if any(key.name == "redefines" for key in best.draft.keys):
        findings.insert(0, variants_finding(_format(best.draft, read)))
    return best.draft.replaced(best.draft.keys, *findings)


def _encoding(samples: Sequence[Sample], known: str | None) -> Key:
    if known is not None:
        return Key("encoding", known)
    if is_ebcdic(b"".join(sample.data for sample in samples)):
        return Key("encoding", "cp037", "EBCDIC by its bytes; cp273, cp500, cp1047 have other letters")
    return Key("encoding", "iso-8859-1", "not EBCDIC by its bytes")


def _first(base: Sequence[Key], samples: Sequence[Sample], read: ReadFile) -> _Try:
    """The best way to cut the samples into records. Raises: InferenceError where the copybook is at fault."""
    reason: InferenceError | None = None
    for more in ((), *_OF_AREAS):
        tries = []
        for framing in framings(samples):
            try:
                tries.append(_tried(Draft((*base, *framing, *more)), samples, read))
            except InferenceError as error:
                reason = reason or error
        if tries:
            return min(tries, key=lambda each: (each.miscut, each.wrong, -each.reading.read))
    raise reason or InferenceError("cannot be read with this copybook")


def _tried_if_sound(draft: Draft, samples: Sequence[Sample], read: ReadFile) -> _Try | None:
    """None where the draft contradicts itself or the copybook."""
    try:
        return _tried(draft, samples, read)
    except InferenceError:
        return None


def _tried(draft: Draft, samples: Sequence[Sample], read: ReadFile) -> _Try:
    return _Try(draft, reading_of(_format(draft, read), samples))


def _format(draft: Draft, read: ReadFile) -> CopybookFormat:
    format_ = built(draft, read)
    assert isinstance(format_, CopybookFormat), "the draft is of a copybook"
    return format_
