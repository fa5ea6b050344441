"""The codec of an elementary item: what its picture, its usage and the definition say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mappings.contract import JsonValue
from mappings.copybook import numbers
from mappings.copybook.conditions import described, labelled, literal_bytes, named_values, only_named
from mappings.copybook.entries import Entry, Usage
from mappings.copybook.errors import CopybookError
from mappings.copybook.moments import is_digits, moment_codec, nullable_digits
from mappings.copybook.picture import Category
from mappings.copybook.schema import CopybookDefinition, FieldOptions
from mappings.copybook.storage import WITHOUT_PICTURE, length_of, usage_of
from mappings.copybook.texts import (
    Characters,
    TextRules,
    characters_of,
    double_byte_codec,
    hex_codec,
    national_codec,
    text_codec,
    text_rules,
)
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import Null, NullWord
from mappings.fixed_width.fields import FieldCodec, null_bytes, nullable, or_null

_BINARY = (Usage.BINARY, Usage.NATIVE)
_OTHER_CHARACTERS = (Usage.NATIONAL, Usage.DBCS)
_NULLABLE = (Usage.DISPLAY, Usage.PACKED, Usage.PACKED_UNSIGNED)


@dataclass(frozen=True, slots=True)
class Settings:
    """A definition with its code page, and the options of single fields."""

    definition: CopybookDefinition
    page: CodePage
    options: dict[Entry, FieldOptions]


_NONE = FieldOptions()


def field_codec(entry: Entry, settings: Settings) -> FieldCodec:
    """The codec of an item that has been checked. Raises: CopybookError where a value of level 88 or a null
    cannot stand in the field."""
    definition = settings.definition
    options = settings.options.get(entry, _NONE)
    codec = plain_codec(entry, settings)
    notes = [options.description, _clauses(entry)]
    if entry.conditions:
        length = length_of(entry)
        names = named_values(entry.conditions, codec, length, _characters(entry, settings), definition.names)
        notes.append(described(names))
        kind = "describe" if options.type else options.conditions or definition.conditions
        if kind == "enum":
            codec = only_named(codec, names)
        elif kind == "labels":
            codec = labelled(codec, names)
    null = options.null if options.null is not None else definition.null
    if not (usage_of(entry) in _NULLABLE or options.null):
        null = ()
    if options.type is not None:
        codec = _dated(entry, options, null, settings)
    elif null:
        codec = _nullable(codec, null, entry, settings)
    if definition.invalid == "null":
        codec = _forgiving(codec)
    schema = codec.schema | {"description": ". ".join(note for note in notes if note)}
    return codec._replace(schema=schema)


def plain_codec(entry: Entry, settings: Settings) -> FieldCodec:
    """The codec without condition names and nulls."""
    definition, page = settings.definition, settings.page
    usage, length, picture = usage_of(entry), length_of(entry), entry.picture
    if usage in WITHOUT_PICTURE:
        if usage in numbers.FLOATS:
            return numbers.float_codec(entry, definition, page)
        is_pointer = usage in (Usage.POINTER, Usage.LONG_POINTER)
        return hex_codec(length) if is_pointer else numbers.whole_codec(entry, definition, page)
    assert picture is not None, "checked with the copybook"
    rules = _rules(entry, settings)
    if usage is Usage.BYTES:
        return numbers.bytes_codec(entry, page)
    if picture.category is Category.NUMBER:
        codec = numbers.number_codec(entry, definition, page)
        return (
            numbers.blank_when_zero(codec, _characters(entry, settings).space, length)
            if entry.blank_when_zero
            else codec
        )
    if picture.category is Category.EDITED and definition.edited != "text":
        return numbers.edited_codec(entry, definition, page)
    if picture.category is Category.FLOAT_TEXT and definition.edited != "text":
        return numbers.float_text_codec(entry, page)
    if usage is Usage.NATIONAL:
        return national_codec(length, _characters(entry, settings), definition.national_order, rules)
    if usage is Usage.DBCS:
        return double_byte_codec(length, page, rules)
    return text_codec(length, page, rules)


def _rules(entry: Entry, settings: Settings) -> TextRules:
    options = settings.options.get(entry, _NONE)
    definition = settings.definition
    return text_rules(
        options.trim or definition.trim,
        options.controls or definition.controls,
        justified=entry.is_justified,
    )


def _characters(entry: Entry, settings: Settings) -> Characters:
    return characters_of(usage_of(entry), settings.page, settings.definition.national_order)


def _clauses(entry: Entry) -> str:
    """What the copybook says, for people."""
    words = [f"PIC {entry.picture.text}"] if entry.picture else []
    usage = usage_of(entry)
    if usage is not Usage.DISPLAY:
        words.append(str(usage))
    return " ".join(words)


def _dated(entry: Entry, options: FieldOptions, null: tuple[Null, ...], settings: Settings) -> FieldCodec:
    """The codec of a date or time. In a number, zeros and nines are its digits, and other nulls its bytes."""
    plain = plain_codec(entry, settings)
    codec = moment_codec(entry, options, plain, settings.page)
    if not is_digits(entry):
        return _nullable(codec, null, entry, settings) if null else codec
    of_digits = nullable_digits(codec, plain, entry, null)
    others = tuple(each for each in null if each not in (NullWord.ZEROS, NullWord.NINES))
    if not others:
        return of_digits
    found = _nullable(of_digits, others, entry, settings)
    if null[0] in others:
        return found

    def write(value: JsonValue) -> bytes:
        return of_digits.write(None) if value is None else found.write(value)

    return found._replace(write=write)


def _nullable(codec: FieldCodec, null: tuple[Null, ...], entry: Entry, settings: Settings) -> FieldCodec:
    length = length_of(entry)
    its_characters = replace(settings.page, encode=_characters(entry, settings).encode)
    try:
        nulls = [null_bytes(each, length, its_characters) for each in null]
    except ValueError as error:
        raise CopybookError(entry.at, "null", str(error)) from None
    found = nullable(codec, nulls)
    if codec.like is None:
        return found
    like = codec.like.model_copy(update={"nullable": True, "null": null})
    return found._replace(like=like, is_like=codec.is_like and usage_of(entry) not in _OTHER_CHARACTERS)


def _forgiving(codec: FieldCodec) -> FieldCodec:
    """What cannot be read is null. It cannot be written: nobody knows what it was."""
    read_value = codec.read

    def read(data: bytes) -> JsonValue:
        try:
            return read_value(data)
        except FieldError:
            return None

    return codec._replace(read=read, schema=or_null(codec.schema))


def fill_of(entry: Entry, settings: Settings) -> bytes:
    """What is written where an item is left out: its VALUE, or what INITIALIZE would put there: spaces, zero,
    or low-values for what is binary."""
    from_value = _value_bytes(entry, settings)
    if from_value is not None:
        return from_value
    length, usage = length_of(entry), usage_of(entry)
    if entry.picture is None or usage in _BINARY or usage is Usage.BYTES:
        return bytes(length)
    if entry.picture.category is Category.NUMBER:
        return plain_codec(entry, settings).write(0)
    space = _characters(entry, settings).space
    return space * (length // len(space))


def _value_bytes(entry: Entry, settings: Settings) -> bytes | None:
    if entry.value is None:
        return None
    try:
        characters = _characters(entry, settings)
        return literal_bytes(entry.value, plain_codec(entry, settings), length_of(entry), characters)
    except ValueError:
        return None
