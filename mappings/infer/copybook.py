"""A definition for data that a copybook describes, drafted by trying how samples can be read with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mappings.contract import MappingError
from mappings.copybook import CopybookFormat
from mappings.fixed_width.code_pages import Encoding, code_page
from mappings.infer.draft import Draft, Key
from mappings.infer.encodings import is_ebcdic
from mappings.infer.framing import by_words
from mappings.infer.sample import InferenceError, Sample
from mappings.infer.verifying import built, errors_of, verdict
from mappings.xml_definition import ReadFile

_LOOK_BYTES = 256 * 1024
_LOST = 1 << 40
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D, 0x0C, 0x1A})
_NATIVE = re.compile(r"\b(?:COMP(?:UTATIONAL)?-5|BINARY-(?:CHAR|SHORT|LONG|DOUBLE)|INDEX)\b")
_FLOATS = re.compile(r"\b(?:COMP(?:UTATIONAL)?-[12]|FLOAT-(?:SHORT|LONG))\b")
_CUT = frozenset(("truncated", "separator", "long-record", "short-record", "record-length", "segment"))
_TRIED: tuple[tuple[Key, ...], ...] = (
    (
        Key(
            "redefines",
            "first",
            "the first reading of each area; `variants` says which and when",
        ),
    ),
    (
        Key(
            "redefines",
            "all",
            "all readings that the bytes allow; `variants` says which and when",
        ),
    ),
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


@dataclass(slots=True)
class _Try:
    """A draft and how well the samples are read by it."""

    draft: Draft
    read: int
    errors: list[MappingError]
    is_lost: bool

    @property
    def badness(self) -> tuple[int, int]:
        """The less the better: errors first; of two with as many, the one that reads more. Where reading
        stopped, all that would have followed is wrong too."""
        return len(self.errors) + (_LOST if self.is_lost else 0), -self.read

    @property
    def miscut(self) -> int:
        """Bytes of records that are not cut as the copybook says."""
        cut = sum(len(error.raw) for error in self.errors if error.rule in _CUT)
        return cut + (_LOST if self.is_lost else 0)

    @property
    def reached(self) -> int:
        """The more the better where there are as many errors: how far into the data they are."""
        return sum(error.place.byte_offset or 0 for error in self.errors)


def infer_copybook(
    samples: Sequence[Sample], copybook: str, read: ReadFile, encoding: str | None = None
) -> Draft:
    """Draft a definition; `read` reads the copybook, which is named as the definition shall name it.

    Raises: InferenceError.
    """
    filled = [sample for sample in samples if sample.data]
    if not filled:
        raise InferenceError("is empty")
    looked = [_beginning(sample) for sample in filled]
    base = [Key("format", "copybook"), Key("copybook", copybook), _encoding(looked, encoding)]
    best = _first(base, looked, read)
    page = code_page(Encoding(str(base[2].value)))
    orders = _orders(best.draft, read, is_ebcdic_data=page.is_ebcdic)
    if orders:
        best = _tried(Draft((*best.draft.keys, *orders)), looked, read)
    for keys in _TRIED:
        if not best.errors:
            break
        draft = Draft((*(key for key in best.draft.keys if key.name != keys[0].name), *keys))
        tried = _try(draft, looked, read)
        if tried is not None and (tried.badness[0], -tried.reached) < (best.badness[0], -best.reached):
            best = tried
    whole = _tried(best.draft, filled, read)
    return best.draft.replaced(best.draft.keys, *verdict(whole.read, whole.errors))


def _beginning(sample: Sample) -> Sample:
    if len(sample.data) <= _LOOK_BYTES:
        return sample
    return Sample(sample.name, sample.data[:_LOOK_BYTES], is_whole=False)


def _encoding(samples: Sequence[Sample], known: str | None) -> Key:
    if known is not None:
        return Key("encoding", known)
    data = b"".join(sample.data for sample in samples)
    if is_ebcdic(data):
        return Key("encoding", "cp037", "EBCDIC by its bytes; cp273, cp500, cp1047 have other letters")
    return Key("encoding", "iso-8859-1", "not EBCDIC by its bytes")


def _first(base: Sequence[Key], samples: Sequence[Sample], read: ReadFile) -> _Try:
    """The best way to cut the samples into records. Raises: InferenceError where the copybook is at fault."""
    reason: InferenceError | None = None
    for more in ((), *_TRIED[:2]):
        tries = []
        for framing in _framings(samples):
            try:
                draft = Draft((*base, *framing, *more))
                tries.append(_tried(draft, samples, read))
            except InferenceError as error:
                reason = reason or error
        if tries:
            return min(tries, key=lambda each: (each.miscut, each.badness))
    raise reason or InferenceError("cannot be read with this copybook")


def _try(draft: Draft, samples: Sequence[Sample], read: ReadFile) -> _Try | None:
    try:
        return _tried(draft, samples, read)
    except InferenceError:
        return None


def _tried(draft: Draft, samples: Sequence[Sample], read: ReadFile) -> _Try:
    format_ = built(draft, read)
    is_lost, count = False, 0
    errors: list[MappingError] = []
    for sample in samples:
        result = errors_of(format_, sample)
        count += result.read
        errors += result.errors
        is_lost = is_lost or result.is_lost
    return _Try(draft, count, errors, is_lost)


def _framings(samples: Sequence[Sample]) -> Iterator[tuple[Key, ...]]:
    """The ways to cut data into records: descriptor words where they lead from its beginning to its end;
    otherwise one length for all, or lines."""
    words = by_words(samples)
    if words is not None:
        yield words.keys
        return
    if _are_lines(samples):
        yield from _line_framings(samples)
        return
    yield ()
    for separator in ("lf", "crlf", "nl"):
        yield (Key("separator", separator),)
    for name in ("VS", "VBS"):
        yield (Key("record_format", name, "found by trying"),)


def _are_lines(samples: Sequence[Sample]) -> bool:
    """Text whose every sample ends with a line end, or is cut."""
    data = b"".join(sample.data for sample in samples)
    return (
        not is_ebcdic(data)
        and data.translate(None, _CONTROLS) == data
        and all(sample.data.rstrip(b"\x1a").endswith(b"\n") or not sample.is_whole for sample in samples)
    )


def _line_framings(samples: Sequence[Sample]) -> Iterator[tuple[Key, ...]]:
    """Lines, and those whose spaces at the end were cut off."""
    lines = [line for sample in samples for line in sample.lines]
    returns = sum(line.endswith(b"\r") for line in lines)
    separator = "lf" if not returns else "crlf" if returns == len(lines) else "either"
    keys = [Key("separator", separator)]
    if any(line.strip(b"\r\x1a") == b"" for line in lines):
        keys.append(Key("blank_lines", "skip", "some lines are empty"))
    yield tuple(keys)
    yield (
        *keys,
        Key("short_lines", "fill", "some lines end before the copybook does, as if spaces were cut off"),
    )


def _orders(draft: Draft, read: ReadFile, *, is_ebcdic_data: bool) -> tuple[Key, ...]:
    """The keys of binary numbers whose bytes depend on the machine, where the copybook has such."""
    format_ = built(draft, read)
    assert isinstance(format_, CopybookFormat), "the draft is of a copybook"
    book = format_.definition.copybook
    text = "\n".join(each.content for each in (*book.texts, *book.copied)).upper()
    order, floats = ("big", "hexadecimal") if is_ebcdic_data else ("little", "ieee")
    machine = "a mainframe" if is_ebcdic_data else "x86"
    keys = []
    if _NATIVE.search(text) is not None:
        keys.append(
            Key("native_order", order, f"a guess, as on {machine}: no byte says how COMP-5 is stored")
        )
    if _FLOATS.search(text) is not None:
        keys.append(
            Key("floats", floats, f"a guess, as on {machine}: no byte says how COMP-1 and COMP-2 are stored")
        )
    return tuple(keys)
