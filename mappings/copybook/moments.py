"""Items that hold dates and times, which COBOL has no clause for: digits of a number, or characters.

A number is its digits, filled with zeros to the length of the pattern: `PIC 9(6)` of 70101 is `070101`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from mappings.contract import JsonValue
from mappings.copybook.entries import Entry, Usage
from mappings.copybook.picture import Category
from mappings.copybook.schema import FieldOptions
from mappings.copybook.storage import length_of, usage_of
from mappings.fixed_width.check_fields import pattern_problems
from mappings.fixed_width.code_pages import CodePage, Encoding, code_page
from mappings.fixed_width.dates import parse_pattern
from mappings.fixed_width.errors import FieldError
from mappings.fixed_width.field_schema import DateField, DateTimeField, Null, NullWord, TimeField
from mappings.fixed_width.fields import FieldCodec, compile_field, or_null

_Field: TypeAlias = DateField | TimeField | DateTimeField

_PATTERNS = {"date": "%Y%m%d", "time": "%H%M%S", "datetime": "%Y%m%d%H%M%S"}
_KEYS = ("pattern", "century_from", "offset")
_ASCII = code_page(Encoding.US_ASCII)


def is_digits(entry: Entry) -> bool:
    """Whether an item is a number, whose digits are those of a date."""
    return entry.picture is not None and entry.picture.category is Category.NUMBER


def moment_problems(entry: Entry, options: FieldOptions) -> Iterator[str]:
    """What is wrong with an item that is to be a date or time; each begins with the key."""
    if options.type is None:
        yield from (f"{key}: belongs to type" for key in _KEYS if getattr(options, key) is not None)
        return
    picture = entry.picture
    if entry.is_group or picture is None or usage_of(entry) in (Usage.NATIONAL, Usage.DBCS):
        yield f"type: a {options.type} stands in a field of digits or of characters of one byte"
        return
    if options.conditions in ("enum", "labels"):
        yield f"conditions: a {options.type} has the values of its pattern"
    if options.type == "time" and options.century_from is not None:
        yield "century_from: a time has no year"
    if options.type != "datetime" and options.offset is not None:
        yield f"offset: belongs to datetime, not to {options.type}"
    try:
        pattern = parse_pattern(_pattern(options))
    except ValueError as error:
        yield f"pattern: {error}"
        return
    if not is_digits(entry):
        yield from pattern_problems(_field(options, length_of(entry)))
        return
    yield from pattern_problems(_field(options, pattern.width))
    if picture.scale or picture.has_point:
        yield f"type: a {options.type} has no decimal point"
    if pattern.width > picture.digits:
        yield f"pattern: has {pattern.width} digits, the field {picture.digits}"
    if "z" in pattern.letters or not set(pattern.literals) <= set("0123456789"):
        yield "pattern: has what is no digit, and the field is a number"


def moment_codec(entry: Entry, options: FieldOptions, plain: FieldCodec, page: CodePage) -> FieldCodec:
    """The codec of an item that has been checked. `plain` is that of what it is without the options."""
    if not is_digits(entry):
        return compile_field(_field(options, length_of(entry)), page)
    width = parse_pattern(_pattern(options)).width
    codec = compile_field(_field(options, width), _ASCII)
    most: int = 10**width - 1

    def read(data: bytes) -> JsonValue:
        number = plain.read(data)
        assert isinstance(number, int), "a number without a fraction"
        if not 0 <= number <= most:
            raise FieldError("date", "is negative" if number < 0 else f"has more than {width} digits")
        return codec.read(b"%0*d" % (width, number))

    def write(value: JsonValue) -> bytes:
        return plain.write(int(codec.write(value)))

    return codec._replace(read=read, write=write, is_text=plain.is_text, is_like=False)


def nullable_digits(codec: FieldCodec, plain: FieldCodec, entry: Entry, null: tuple[Null, ...]) -> FieldCodec:
    """The same with numbers that mean null: 0 for `zeros`, and as many nines as the picture has digits for
    `nines`. They are read however they are signed; the first is written."""
    assert entry.picture is not None, "a number has one"
    numbers = {NullWord.ZEROS: 0, NullWord.NINES: 10**entry.picture.digits - 1}
    nulls = [numbers[each] for each in null if isinstance(each, NullWord) and each in numbers]
    if not nulls:
        return codec

    def read(data: bytes) -> JsonValue:
        return None if _number(plain, data) in nulls else codec.read(data)

    def write(value: JsonValue) -> bytes:
        if value is None:
            return plain.write(nulls[0])
        data = codec.write(value)
        if plain.read(data) in nulls:
            raise FieldError("null", "would be read as null")
        return data

    return codec._replace(read=read, write=write, schema=or_null(codec.schema), is_like=False)


def _number(plain: FieldCodec, data: bytes) -> JsonValue:
    try:
        return plain.read(data)
    except FieldError:
        return None  # the codec says what is wrong with it


def _pattern(options: FieldOptions) -> str:
    assert options.type is not None, "asked for only then"
    return options.pattern or _PATTERNS[options.type]


def _field(options: FieldOptions, length: int) -> _Field:
    """The field of fixed width that is written so, of so many bytes."""
    pattern = _pattern(options)
    if options.type == "date":
        return DateField(type="date", at=1, length=length, pattern=pattern, century_from=options.century_from)
    if options.type == "time":
        return TimeField(type="time", at=1, length=length, pattern=pattern)
    return DateTimeField(
        type="datetime",
        at=1,
        length=length,
        pattern=pattern,
        century_from=options.century_from,
        offset=options.offset,
    )
