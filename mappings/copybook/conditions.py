"""Level 88: the values of a field that have names."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from mappings.contract import JsonSchema, JsonValue
from mappings.copybook.entries import ConditionName, Literal
from mappings.copybook.errors import CopybookError
from mappings.copybook.naming import record_name
from mappings.copybook.texts import Characters
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.fields import FieldCodec


class Named(NamedTuple):
    """A name with its values in bytes, each a first and a last one, and as they are read."""

    name: str
    ranges: tuple[tuple[bytes, bytes], ...]
    values: tuple[tuple[JsonValue, JsonValue], ...]


def named_values(
    conditions: Sequence[ConditionName], codec: FieldCodec, length: int, characters: Characters, style: str
) -> list[Named]:
    """The names of a field's values. Raises: CopybookError where a value cannot stand in the field."""
    found = []
    for condition in conditions:
        ranges = []
        values = []
        for first, last in condition.ranges:
            try:
                low = literal_bytes(first, codec, length, characters)
                high = low if last is None else literal_bytes(last, codec, length, characters)
                pair = codec.read(low), codec.read(high)
                begin, end = pair if _is_numeric(codec) else (low, high)
                if end < begin:  # type: ignore[operator]  # of one type
                    raise ValueError("ends before it begins")
                values.append(pair)
            except ValueError as error:
                message = f"a value of {condition.name} cannot stand in the field: it {error}"
                raise CopybookError(condition.at, "condition", message) from None
            ranges.append((low, high))
        found.append(Named(record_name(condition.name, style), tuple(ranges), tuple(values)))
    return found


def literal_bytes(literal: Literal, codec: FieldCodec, length: int, characters: Characters) -> bytes:
    """The bytes of a field that has this value. Raises: ValueError, FieldError among them, when it cannot."""
    repeated = _repeated(literal, characters)
    if repeated is not None:
        return (repeated * length)[:length]
    if literal.kind in ("hex", "national-hex"):
        return _spaced(bytes.fromhex(literal.text), length, characters)
    if _is_numeric(codec):
        text = "0" if literal.kind == "word" else literal.text.replace(",", ".")
        number = Decimal(text) if _is_number(text) else None
        if number is None:
            raise ValueError("is no number")
        return codec.write(int(number) if number == number.to_integral_value() else number)
    if literal.kind == "word":  # ZERO
        return (characters.encode("0") * length)[:length]
    return _spaced(characters.encode(literal.text), length, characters)


def _is_numeric(codec: FieldCodec) -> bool:
    return codec.schema.get("type") in ("integer", "number")


def _repeated(literal: Literal, characters: Characters) -> bytes | None:
    """What fills a field, whatever it holds: a figurative constant or ALL with a text; None for others."""
    if literal.kind == "all":
        return characters.encode(literal.text) or characters.space
    if literal.kind != "word":
        return None
    if literal.text == "QUOTE":
        return characters.encode('"')
    constants = {"SPACE": characters.space, "LOW-VALUE": b"\x00", "HIGH-VALUE": b"\xff", "NULL": b"\x00"}
    return constants.get(literal.text)


def _spaced(data: bytes, length: int, characters: Characters) -> bytes:
    return (data + characters.space * length)[:length]


def _is_number(text: str) -> bool:
    unsigned = text.lstrip("+-").replace(".", "", 1)
    return unsigned.isdecimal() and unsigned.isascii()


def described(names: Sequence[Named]) -> str:
    """The names and their values, for people."""
    return "; ".join(f"{one.name}: {', '.join(_shown(*pair) for pair in one.values)}" for one in names)


def _shown(first: JsonValue, last: JsonValue) -> str:
    low, high = (str(each) if not isinstance(each, str) else repr(each) for each in (first, last))
    return low if first == last else f"{low} to {high}"


def only_named(codec: FieldCodec, names: Sequence[Named]) -> FieldCodec:
    """A field that has no other values than those with a name."""
    read_value, write_value = codec.read, codec.write
    is_number = _is_numeric(codec)
    ranges = [pair for one in names for pair in (one.values if is_number else one.ranges)]

    def check(of: JsonValue | bytes) -> None:
        if not any(low <= of <= high for low, high in ranges):  # type: ignore[operator]  # of one type
            raise FieldError("enum", "is none of the values that have a name")

    def read(data: bytes) -> JsonValue:
        value = read_value(data)
        check(value if is_number else data)
        return value

    def write(value: JsonValue) -> bytes:
        data = write_value(value)
        check(value if is_number else data)
        return data

    schema = codec.schema | _enumeration(names, is_number)
    return codec._replace(read=read, write=write, schema=schema, is_like=False)


def _enumeration(names: Sequence[Named], is_number: bool) -> JsonSchema:
    pairs = [pair for one in names for pair in one.values]
    single = [low for low, high in pairs if low == high]
    if len(single) == len(pairs):
        return {"enum": list(dict.fromkeys(single))}
    if not is_number:
        return {}
    ranges: list[JsonValue] = [{"minimum": low, "maximum": high} for low, high in pairs]
    return {"anyOf": ranges}


def labelled(codec: FieldCodec, names: Sequence[Named]) -> FieldCodec:
    """A field that records give as the names of its values. Names of several values have no part in it; where
    no other are, the field stays as it is."""
    by_value = {
        one.values[0][0]: one.name
        for one in reversed(names)
        if len(one.values) == 1 and one.values[0][0] == one.values[0][1]
    }
    if not by_value:
        return codec
    by_name = {name: value for value, name in by_value.items()}
    read_value, write_value = codec.read, codec.write

    def read(data: bytes) -> JsonValue:
        name = by_value.get(read_value(data))
        if name is None:
            raise FieldError("enum", "is none of the values that have a name of their own")
        return name

    def write(value: JsonValue) -> bytes:
        if not isinstance(value, str) or value not in by_name:
            raise FieldError("enum", "is none of the names of its values")
        return write_value(by_name[value])

    labels: list[JsonValue] = [one.name for one in names if one.name in by_name]
    schema: JsonSchema = {"type": "string", "enum": labels}
    return codec._replace(read=read, write=write, schema=schema, like=None, is_like=False)
