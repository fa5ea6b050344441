"""Fields that hold text: DISPLAY and national, trimmed as the definition says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mappings.contract import JsonSchema, JsonValue
from mappings.copybook.entries import Usage
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import TextField
from mappings.fixed_width.fields import CONTROLS, FieldCodec, refuse_controls


@dataclass(frozen=True, slots=True)
class TextRules:
    """What becomes of spaces and control characters. `strips_left` and `strips_right` take spaces off when
    reading; `stands_right` is where a shorter text stands when writing."""

    strips_left: bool
    strips_right: bool
    stands_right: bool
    controls: str


def text_rules(trim: str, controls: str, *, justified: bool) -> TextRules:
    """The rules that the words of a definition mean for a field."""
    if trim == "padding":
        return TextRules(justified, not justified, justified, controls)
    if trim == "left":
        return TextRules(True, False, True, controls)
    return TextRules(trim == "both", trim in ("both", "right"), justified and trim != "right", controls)


@dataclass(frozen=True, slots=True)
class Characters:
    """How the characters of a field are bytes: `encode` raises UnicodeError, `space` are the bytes of one."""

    encode: Callable[[str], bytes]
    space: bytes


def utf_16(order: str) -> str:
    """Python's name of UTF-16 without a mark, whose bytes are in `big` or `little` order."""
    return "utf-16-be" if order == "big" else "utf-16-le"


def characters_of(usage: Usage, page: CodePage, national_order: str) -> Characters:
    """The characters of a usage that has been checked with the page."""
    if usage is Usage.NATIONAL:
        codec = utf_16(national_order)
        return Characters(lambda text: text.encode(codec), " ".encode(codec))
    if usage is Usage.DBCS:
        double, space = page.double, 2 * page.encode(" ")
        assert double is not None, "checked with the definition"
        wide = double.decode(space)
        return Characters(lambda text: double.encode(text.replace(" ", wide)), space)
    return Characters(page.encode, page.encode(" "))


def text_codec(length: int, page: CodePage, rules: TextRules) -> FieldCodec:
    """A text of `length` bytes in the definition's encoding."""
    return FieldCodec(
        _reader(page.decode, page.name, rules),
        _writer(page.encode, page.name, length, page.encode(" "), rules),
        {"type": "string", "maxLength": length},
        like=_like(length, rules),
        is_like=length > 0 and not (rules.strips_left and rules.strips_right),
    )


def _like(length: int, rules: TextRules) -> TextField:
    """The text of fixed width with these rules; spaces are taken off one of its sides, or none."""
    return TextField(
        at=1,
        length=max(1, length),
        justify="right" if rules.strips_left else "left",
        trim=rules.strips_left or rules.strips_right,
        allow_controls=rules.controls == "keep",
    )


def national_codec(length: int, characters: Characters, order: str, rules: TextRules) -> FieldCodec:
    """A text of `length` bytes in UTF-16, whose bytes are in `big` or `little` order."""
    codec = utf_16(order)

    def decode(data: bytes) -> str:
        return data.decode(codec)

    schema: JsonSchema = {"type": "string", "maxLength": length // 2}
    return FieldCodec(
        _reader(decode, "UTF-16", rules),
        _writer(characters.encode, "UTF-16", length, characters.space, rules),
        schema,
        is_text=False,
    )


def double_byte_codec(length: int, page: CodePage, rules: TextRules) -> FieldCodec:
    """A text of `length` bytes in the double-byte characters of the encoding, without shifts."""
    double = page.double
    assert double is not None, "checked with the definition"
    pad = 2 * page.encode(" ")
    space = double.decode(pad)
    schema: JsonSchema = {"type": "string", "maxLength": length // 2 * double.most_characters}
    return FieldCodec(
        _reader(double.decode, page.name, rules, space),
        _writer(double.encode, page.name, length, pad, rules, space),
        schema,
        is_text=False,
    )


def hex_codec(length: int) -> FieldCodec:
    """Bytes of no meaning outside the program that wrote them, such as addresses, in hexadecimal."""

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, str) or not re.fullmatch(f"([0-9a-f][0-9a-f]){{{length}}}", value):
            raise FieldError("hex", f"is not {length} bytes in hexadecimal, in small letters")
        return bytes.fromhex(value)

    schema: JsonSchema = {"type": "string", "pattern": f"^[0-9a-f]{{{2 * length}}}$"}
    return FieldCodec(lambda data: data.hex(), write, schema, is_text=False)


def _reader(
    decode: Callable[[bytes], str], name: str, rules: TextRules, space: str = " "
) -> Callable[[bytes], JsonValue]:
    left, right, controls = rules.strips_left, rules.strips_right, rules.controls

    def read(data: bytes) -> JsonValue:
        try:
            text = decode(data)
        except UnicodeError:
            raise FieldError("encoding", f"is not {name}") from None
        if controls != "keep" and not text.isprintable():
            if controls == "refuse":
                refuse_controls(text)
            else:
                text = CONTROLS.sub(space, text)
        if left:
            text = text.lstrip(space)
        return text.rstrip(space) if right else text

    def read_plain(data: bytes) -> JsonValue:
        """The usual case."""
        try:
            return decode(data).rstrip(space)
        except UnicodeError:
            raise FieldError("encoding", f"is not {name}") from None

    return read_plain if controls == "keep" and right and not left else read


def _writer(
    encode: Callable[[str], bytes], name: str, length: int, pad: bytes, rules: TextRules, space: str = " "
) -> Callable[[JsonValue], bytes]:
    keeps_all = not rules.strips_left and not rules.strips_right

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, str):
            raise FieldError("type", "is not text")
        if rules.controls != "keep" and not value.isprintable():
            refuse_controls(value)
        if rules.strips_left and value.startswith(space):
            raise FieldError("padding", "begins with a space, which would be lost")
        if rules.strips_right and value.endswith(space):
            raise FieldError("padding", "ends with a space, which would be lost")
        try:
            data = encode(value)
        except UnicodeError:
            raise FieldError("encoding", f"has a character that {name} does not") from None
        missing = length - len(data)
        if missing < 0:
            raise FieldError("overflow", f"has {len(data)} bytes, the field {length}")
        if keeps_all and missing:
            raise FieldError("min-length", f"has {len(data)} bytes, the field {length} and no padding")
        padding = pad * (missing // len(pad))
        return padding + data if rules.stands_right else data + padding

    return write
