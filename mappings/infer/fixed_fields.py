"""What the bytes of one field of fixed-width data are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pydantic import TypeAdapter

from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.field_schema import ConstantField, FieldDefinition, GroupField
from mappings.fixed_width.fields import compile_field
from mappings.infer.binary import Kind
from mappings.infer.draft import Plain, doubts
from mappings.infer.fitting import Candidate, Codec, distinct, first_fit

_FIELD: TypeAdapter[FieldDefinition] = TypeAdapter(FieldDefinition)
_MOST_DIGITS = 18
_DATES = {8: ("%Y%m%d", "%d%m%Y", "%m%d%Y"), 10: ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")}
_MOMENTS = {14: ("%Y%m%d%H%M%S",), 19: ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d-%H.%M.%S")}
_SIGNS = ("leading", "trailing", "floating", "overpunch")
_OVERPUNCHED = "{ABCDEFGHI}JKLMNOPQR"
ANY_TEXT: dict[str, Plain] = {"trim": False, "allow_controls": True}
"""The keys of a text that any bytes are, in an encoding of single bytes."""


def field_type(kind: Kind, values: Sequence[bytes], page: CodePage) -> Candidate:
    """The keys of a field, without its place, whose bytes were these."""
    seen = distinct(values)
    codec = _codec_of(page, len(seen[0]))
    if kind is not Kind.TEXT:
        found = first_fit(_binary(kind, len(seen[0])), seen, codec)
        return found or Candidate(dict(ANY_TEXT), "bytes that are no text and no number that is known")
    blank = page.encode(" ") * len(seen[0])
    filled = [value for value in seen if value != blank]
    found = first_fit(_texts(filled, page), filled, codec) if filled else None
    if found is None:
        return Candidate(dict(ANY_TEXT), "text of no regular form")
    if len(filled) == len(seen) or found.keys.get("type", "string") == "string":
        return found
    return Candidate({**found.keys, "nullable": True}, doubts(found.doubt, "may be spaces"))


def _codec_of(page: CodePage, length: int) -> Callable[[dict[str, Plain]], Codec]:
    def codec(keys: dict[str, Plain]) -> Codec:
        field = _FIELD.validate_python({"length": length, **keys})
        assert not isinstance(field, ConstantField | GroupField), "no candidate is one"
        compiled = compile_field(field, page)
        return Codec(compiled.read, compiled.write)

    return codec


def _binary(kind: Kind, length: int) -> Iterator[Candidate]:
    if kind is Kind.PACKED:
        doubt = f"packed, {2 * length - 1} digits: where the point stands is not in the data"
        for keys in ({}, {"sign": "none"}, {"positive_sign": "F"}):
            yield Candidate({"type": "integer", "usage": "packed", **keys}, doubt)
    elif length in (2, 4, 8):
        yield Candidate({"type": "integer", "usage": "binary"}, "a guess: binary, high byte first")


def _texts(values: Sequence[bytes], page: CodePage) -> Iterator[Candidate]:
    texts = [page.decode(value) for value in values]
    length = len(values[0])
    for pattern in _DATES.get(length, ()):
        yield Candidate({"type": "date", "pattern": pattern}, "always a date")
    for pattern in _MOMENTS.get(length, ()):
        keys: dict[str, Plain] = {"type": "datetime", "pattern": pattern, "offset": "local"}
        yield Candidate(keys, "nothing says in which time zone")
    yield from _numbers(texts, length)
    if any("\0" in text for text in texts):
        yield Candidate({"pad": "\0"}, "filled with NUL, not with spaces")
    sides: list[dict[str, Plain]] = [{}, {"justify": "right"}, {"trim": False}]
    if any(text.startswith(" ") for text in texts) and not any(text.endswith(" ") for text in texts):
        sides = [sides[1], sides[0], sides[2]]
    for justify in sides:
        for controls in ({}, {"allow_controls": True}):
            yield Candidate({**justify, **controls}, "holds control characters" if controls else "")


def _numbers(texts: Sequence[str], length: int) -> Iterator[Candidate]:
    if not all(any(character.isdigit() for character in text) or _ends_punched(text) for text in texts):
        return
    pads: tuple[dict[str, Plain], ...] = ({}, {"pad": " "}, {"pad": " ", "justify": "left"})
    signs: list[dict[str, Plain]] = [{}]
    signs += [{"sign": sign} for sign in _SIGNS]
    if length > _MOST_DIGITS:
        return
    for sign in signs:
        is_punched = sign.get("sign") == "overpunch"
        if is_punched and (length < 2 or not all(text[:-1].isdigit() for text in texts)):
            continue
        for pad in pads:
            doubt = "a sign stands in the last digit" if is_punched else ""
            yield Candidate({"type": "integer", **sign, **pad}, doubt)
    for separator in (".", ","):
        scales = {len(text.strip().partition(separator)[2]) for text in texts if separator in text}
        if len(scales) == 1 and all(separator in text for text in texts):
            scale = scales.pop()
            for sign in signs[:-1]:
                for pad in pads:
                    keys: dict[str, Plain] = {"type": "decimal", "scale": scale, "separator": separator}
                    yield Candidate({**keys, **sign, **pad})


def _ends_punched(text: str) -> bool:
    return text[-1:] in _OVERPUNCHED
