"""A definition of fixed-width data, drafted from samples: lines, or records with nothing between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mappings.fixed_width.code_pages import CodePage, Encoding, code_page
from mappings.infer.binary import Kind, Stretch, stretches
from mappings.infer.columns import Column, text_columns
from mappings.infer.draft import Draft, Key, Plain, doubts
from mappings.infer.encodings import Guess, is_ebcdic, text_encoding
from mappings.infer.fixed_fields import field_type
from mappings.infer.framing import Framed, framed
from mappings.infer.record_types import RecordType, Types, record_types
from mappings.infer.sample import InferenceError, Sample

_NO_POINT = (
    "Where a decimal point is not written, nothing shows it: a number that has one is `type: decimal` with "
    "`scale`. Two fields that are always filled look like one."
)
_FEW = 20


def draft_fixed_width(samples: Sequence[Sample], encoding: str | None = None) -> Draft:
    """The definition. `encoding` is what the samples are known to be in. Raises: InferenceError."""
    data = b"".join(sample.data for sample in samples)
    known = None if encoding is None else code_page(Encoding(encoding))
    ebcdic = is_ebcdic(data) if known is None else known.is_ebcdic
    cut = framed(samples, ebcdic=ebcdic)
    if not any(cut.records):
        raise InferenceError("has no record")
    guess = Guess(encoding, "as given") if encoding is not None else _encoding(samples, cut, ebcdic=ebcdic)
    try:
        return _draft(cut, guess)
    except UnicodeError:
        # Fields are bytes, and an edge may stand inside a character of several bytes.
        return _draft(cut, Guess("iso-8859-1", f"not {guess.name}: fields end inside its characters"))


def _draft(cut: Framed, guess: Guess) -> Draft:
    page = code_page(Encoding(guess.name))
    records = [record for record in cut.records if record]
    keys = [Key("format", "fixed_width"), Key("encoding", guess.name, guess.doubt), *cut.keys]
    if len(records) < len(cut.records):
        keys.append(Key("blank_lines", "skip", "some lines are empty"))
    types = record_types(records, _as_text(page))
    body, fills = _body(types, page, cut)
    if fills:
        keys.append(
            Key("short_lines", "fill", "some lines end early, as if spaces at their end were cut off")
        )
    lengths = sorted({len(record) for record in records})
    findings = [_finding(cut, lengths), _NO_POINT]
    if len(records) < _FEW:
        findings.append(
            f"Only {len(records)} records were seen: more of them would show more edges of fields."
        )
    return Draft((*keys, *body), tuple(findings))


def _finding(cut: Framed, lengths: Sequence[int]) -> str:
    shown = f"{lengths[0]} bytes" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]} bytes"
    how = "in lines" if cut.is_lines else "without line ends"
    return f"Fixed width {how}: {len(cut.records)} records of {shown}."


def _encoding(samples: Sequence[Sample], cut: Framed, *, ebcdic: bool) -> Guess:
    if ebcdic:
        doubt = "EBCDIC by its bytes; cp273, cp500, cp1047 and others have other letters and brackets"
        return Guess("cp037", doubt)
    if cut.is_lines:
        found = text_encoding(list(samples))
        if found.name == "utf-8-sig":
            raise InferenceError("begins with a byte order mark, which fixed width does not have; remove it")
        return found
    if all(map(bytes.isascii, cut.records)):
        return Guess("us-ascii", "only ASCII was seen")
    return Guess("iso-8859-1", "a guess: not EBCDIC by its bytes")


def _as_text(page: CodePage) -> Callable[[bytes], str]:
    def decode(data: bytes) -> str:
        """One character for each byte, whatever they are."""
        return data.decode("cp037" if page.is_ebcdic else "latin-1")

    return decode


def _body(types: Types, page: CodePage, cut: Framed) -> tuple[list[Key], bool]:
    """The keys with the fields, and whether short lines are to be filled."""
    drafts = [_fields(each, page, cut) for each in types.types]
    fills = any(filled for _, filled, _ in drafts)
    if len(types.types) == 1 and not types.types[0].prefix:
        fields, _, length = drafts[0]
        has_length = any(key.name in ("record_length", "record_format") for key in cut.keys)
        lines = [Key("record_length", length)] if length is not None and not has_length else []
        return [*lines, Key("fields", tuple(fields))], fills
    records = []
    for each, (fields, _, length) in zip(types.types, drafts, strict=True):
        match: dict[str, Plain] = {"at": 1, "value": each.prefix}
        inner = [Key("match", match, f"{len(each.records)} records")]
        if types.is_ordered and len(each.records) == 1:
            inner.append(Key("max", 1, "only one was seen"))
        if length is not None:
            inner.append(Key("length", length))
        records.append(Key(f"record_{each.prefix}", (*inner, Key("fields", tuple(fields)))))
    order = (
        [] if types.is_ordered else [Key("order", "any", "types come in turns; `groups` can say in which")]
    )
    return [*order, Key("records", tuple(records), types.doubt)], fills


def _fields(each: RecordType, page: CodePage, cut: Framed) -> tuple[list[Key], bool, int | None]:
    """The fields of one type; whether its short lines are to be filled; its length where its fields do not
    reach it."""
    decode = _as_text(page)
    space = page.encode(" ")
    start, shortest, longest = len(each.prefix), each.shortest, each.longest
    found = _stretches(each.records, start, shortest, page)
    fills = False
    if longest > shortest:
        padded = [record.ljust(longest, space) for record in each.records]
        beyond = text_columns(list(map(decode, padded)), shortest, longest)
        fills = cut.is_lines and len(beyond) > 1
        if fills:
            found = _stretches(padded, start, longest, page)
            each = RecordType(each.prefix, padded)
    keys = [_key(number, one, each.records, page) for number, one in enumerate(found, 1)]
    if longest > shortest and not fills:
        begins = shortest
        if found and found[-1][0] is Kind.TEXT:
            begins = found[-1][1].start
            keys.pop()
        text: dict[str, Plain] = {"at": begins + 1, "length": longest - begins, "variable": True}
        if not all(decode(record[begins:]).isprintable() for record in each.records):
            text["allow_controls"] = True
        keys.append(Key(f"field_{len(keys) + 1}", text, "as long as the record is"))
        return keys, False, None
    end = max((one.end for _, one in found), default=start)
    return keys, fills, longest if end < longest else None


def _stretches(records: Sequence[bytes], start: int, end: int, page: CodePage) -> list[tuple[Kind, Column]]:
    """The fields between two places."""
    decode = _as_text(page)
    cut = [record[start:end] for record in records]
    texts = [decode(one) for one in cut]
    found: list[tuple[Kind, Column]] = []
    for each in stretches(cut, end - start, ebcdic=page.is_ebcdic) if end > start else ():
        if each.kind is Kind.TEXT:
            columns = text_columns(texts, each.start, each.end)
            found += [(Kind.TEXT, column) for column in columns]
        else:
            found.append((each.kind, Column(each.start, each.end, _why(each))))
    return [(kind, Column(one.start + start, one.end + start, one.doubt)) for kind, one in found]


def _why(each: Stretch) -> str:
    return (
        "half bytes are digits, the last is a sign" if each.kind is Kind.PACKED else "bytes that are no text"
    )


def _key(number: int, found: tuple[Kind, Column], records: Sequence[bytes], page: CodePage) -> Key:
    kind, column = found
    values = [record[column.start : column.end] for record in records]
    chosen = field_type(kind, values, page)
    place: dict[str, Plain] = {"at": column.start + 1, "length": column.end - column.start}
    doubt = doubts(column.doubt, chosen.doubt, _constant(values, page))
    return Key(f"field_{number}", {**place, **chosen.keys}, doubt)


def _constant(values: Sequence[bytes], page: CodePage) -> str:
    if len(values) < 2 or len(set(values)) > 1 or len(values[0]) > 30:
        return ""
    return f"always {page.show(values[0])!r}"
