"""Are the fields of a type of record sound, each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.dates import Pattern, parse_pattern
from mappings.fixed_width.field_schema import (
    BooleanField,
    ConstantField,
    DateField,
    DateTimeField,
    DecimalField,
    FieldDefinition,
    FloatField,
    GroupField,
    IntegerField,
    Sign,
    TextField,
    TimeField,
    Usage,
    ValueField,
)
from mappings.fixed_width.fields import MAX_DIGITS, null_bytes, padded
from mappings.fixed_width.numbers import NumberField

_MAX_BINARY_BYTES = 16


def problems(where: str, fields: Mapping[str, FieldDefinition], page: CodePage) -> Iterator[str]:
    """What is wrong with the fields, those inside groups too; `where` is what the keys begin with."""
    for name, field in fields.items():
        if isinstance(field, GroupField):
            yield from problems(f"{where}fields.{name}.", field.fields, page)
            continue
        for reason in _problems(field, page):
            yield f"{where}fields.{name}.{reason}"


def _problems(field: ValueField | ConstantField, page: CodePage) -> Iterator[str]:
    if isinstance(field, ConstantField):
        yield from _text_problems("value", field.value, field.length, page)
        return
    if field.nullable:
        for null in field.null:
            try:
                null_bytes(null, field.length, page)
            except ValueError as error:
                yield f"null: {error}"
    if isinstance(field, TextField):
        yield from _pad_problems(field, page)
    elif isinstance(field, IntegerField | DecimalField):
        yield from _number_problems(field, page)
    elif isinstance(field, FloatField):
        if field.length not in (4, 8):
            yield "length: a floating-point number has 4 or 8 bytes"
    elif isinstance(field, BooleanField):
        yield from _word_problems(field, page)
    else:
        yield from pattern_problems(field)


def _text_problems(key: str, text: str, length: int, page: CodePage) -> Iterator[str]:
    try:
        padded(text, length, page)
    except ValueError as error:
        yield f"{key}: {error}"


def _pad_problems(field: TextField, page: CodePage) -> Iterator[str]:
    if field.double_byte:
        if page.double is None:
            yield f"double_byte: {page.name} has no such characters"
        elif field.length % 2:
            yield "double_byte: such characters have two bytes each, the field an odd number"
        if field.pad != " ":
            yield "pad: is a space where characters are double-byte ones"
        return
    try:
        width = len(page.encode(field.pad))
    except UnicodeError:
        width = 0
    if width != 1:
        yield f"pad: is not one byte in {page.name}"


def _number_problems(field: NumberField, page: CodePage) -> Iterator[str]:
    yield from _sign_problems(field, page)
    if field.usage is Usage.DISPLAY:
        yield from _display_problems(field)
    else:
        yield from _half_byte_problems(field)
    least, most = getattr(field, "minimum", None), getattr(field, "maximum", None)
    if least is not None and most is not None and most < least:
        yield "maximum: is less than minimum"
    if field.equals is not None and field.nullable:
        yield "nullable: a total is not null"


def _sign_problems(field: NumberField, page: CodePage) -> Iterator[str]:
    """Options of signs where there are none."""
    overpunched = field.sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING)
    in_half_bytes = field.usage is Usage.PACKED or (overpunched and page.is_ebcdic)
    given = field.model_fields_set
    if "positive_sign" in given and not in_half_bytes:
        yield "positive_sign: belongs to packed numbers and to overpunched ones in EBCDIC"
    if "negative_sign" in given and not (in_half_bytes and field.sign is not Sign.NONE):
        yield "negative_sign: belongs to signed packed numbers and to overpunched ones in EBCDIC"
    if "overpunch" in given and (page.is_ebcdic or not overpunched):
        yield "overpunch: belongs to overpunched numbers in encodings other than EBCDIC"
    has_none = field.usage is not Usage.PACKED
    if field.usage is Usage.DISPLAY:
        has_none = field.sign in (None, Sign.NONE)
    if field.signs_read == "written" and has_none:
        yield "signs_read: there is no sign"


def _display_problems(field: NumberField) -> Iterator[str]:
    point = isinstance(field, DecimalField) and field.separator is not None
    own_byte = field.sign in (Sign.LEADING, Sign.TRAILING)
    scale = field.scale if isinstance(field, DecimalField) and point else 0
    if field.length > MAX_DIGITS:
        yield f"length: a number has at most {MAX_DIGITS} bytes"
    if field.length < 1 + own_byte + (scale + 1 if point else 0):
        yield "length: leaves no digit before sign and fraction"
    if point and scale <= 0:
        yield "separator: there is no fraction without a scale"
    if field.digits is not None:
        yield "digits: belongs to packed and binary numbers"
    if field.justify == "left" and field.pad == "0":
        yield "justify: zeros stand before a number"
    if field.sign in (Sign.OVERPUNCH, Sign.OVERPUNCH_LEADING):
        if point:
            yield "separator: an overpunched number has none"
        if field.pad != "0" and (field.sign is Sign.OVERPUNCH_LEADING or field.justify == "left"):
            yield "pad: the overpunched digit stands at the end of the field"


def _half_byte_problems(field: NumberField) -> Iterator[str]:
    if field.usage is Usage.BCD and field.sign is not None:
        yield "sign: a bcd number has none"
    elif field.sign not in (None, Sign.NONE):
        yield f"sign: a {field.usage} number is signed by itself, or `none`"
    if isinstance(field, DecimalField) and field.separator is not None:
        yield f"separator: a {field.usage} number has none"
    if field.pad != "0" or field.justify != "right":
        yield f"pad: a {field.usage} number has none"
    if field.usage is Usage.BINARY:
        if field.length > _MAX_BINARY_BYTES:
            yield f"length: a binary number has at most {_MAX_BINARY_BYTES} bytes"
        most = len(str(2 ** (8 * min(field.length, _MAX_BINARY_BYTES)) - 1))
    else:
        most = 2 * field.length - (field.usage is Usage.PACKED)
        if most > MAX_DIGITS:
            yield f"length: a packed number has at most {MAX_DIGITS // 2} bytes"
    if field.digits is not None and field.digits > most:
        yield f"digits: {field.length} bytes hold at most {most}"


def _word_problems(field: BooleanField, page: CodePage) -> Iterator[str]:
    both = set(field.true_words) & set(field.false_words)
    if both:
        yield f"true_words: {sorted(both)[0]!r} is also among false_words"
    nulls = {null_bytes(null, field.length, page) for null in field.null} if field.nullable else set()
    for key, words in (("true_words", field.true_words), ("false_words", field.false_words)):
        for word in words:
            try:
                if padded(word, field.length, page) in nulls:
                    yield f"{key}: {word!r} already means null"
            except ValueError as error:
                yield f"{key}: {error}"


def pattern_problems(field: DateField | TimeField | DateTimeField) -> Iterator[str]:
    """What is wrong with a date or time; each begins with the key."""
    try:
        pattern = parse_pattern(field.pattern)
    except ValueError as error:
        yield f"pattern: {error}"
        return
    yield from _part_problems(field, pattern)
    if not field.pattern.isascii():
        yield "pattern: has characters beyond ASCII"
    if pattern.width != field.length:
        yield f"pattern: has {pattern.width} characters, the field {field.length} bytes"
    if isinstance(field, TimeField):
        return
    if pattern.needs_century != (field.century_from is not None):
        yield "century_from: belongs to %y, and %y needs it or %C"
    if isinstance(field, DateTimeField) and (field.offset is None) != ("z" in pattern.letters):
        yield "offset: is needed where there is no %z or %:z, and only there: Z, +hh:mm, -hh:mm or local"


def _part_problems(field: DateField | TimeField | DateTimeField, pattern: Pattern) -> Iterator[str]:
    if isinstance(field, DateField) and not pattern.is_date:
        yield "pattern: a date needs %Y, %y or %C%y, and %m with %d or else %j, each once and nothing else"
    if isinstance(field, TimeField) and not pattern.is_time:
        yield "pattern: a time needs %H and %M; %S and then %f are optional"
    if isinstance(field, DateTimeField) and not pattern.is_moment:
        yield "pattern: a date and time needs the parts of a date, %H and %M; %S and then %f are optional"
