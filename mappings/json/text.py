"""The JSON rules of the gateway, in one place.

Decoding is RFC 8259 without its liberties: a fraction becomes `Decimal` with all its digits; duplicate
keys, NaN, infinities, lone surrogates and a byte order mark are refused; depth and the length of numbers
are bounded. Encoding writes `Decimal` and big integers as JSON numbers with all their digits, and refuses
what JSON cannot carry instead of altering it.
"""

from __future__ import annotations

import gc
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec

from mappings.contract import JsonValue, MappingError, Place
from mappings.json.locate import offset

MAX_NUMBER_LENGTH = 400
"""Characters of one number. Legacy systems define up to 38 digits; a double printed in full has 309."""
MAX_EXPONENT = 400
LARGE_BYTES = 64 * 1024
"""Bytes of a text from which on decoding is long enough to be worth care."""


def decode(data: bytes, *, max_depth: int = 64) -> JsonValue:
    """Read one JSON text.

    Raises: MappingError with line, column and byte offset of what is wrong.
    Source: RFC 8259; I-JSON (RFC 7493) §2.1, 2.3 for surrogates and duplicate names.
    """
    text = _text(data)
    try:
        with _uncollected() if len(data) > LARGE_BYTES else nullcontext():
            value: JsonValue = _DECODER.decode(text)
        _check_depth(value, max_depth)
        if "\\u" in text:
            _check_surrogates(value)
    except json.JSONDecodeError as error:
        raise _syntax_error(error, text) from None
    except RecursionError:
        raise _placed(_too_deep(max_depth), text, max_depth) from None
    except MappingError as error:
        raise _placed(error, text, max_depth) from None
    return value


def decode_array(data: bytes, *, max_depth: int) -> list[JsonValue] | None:
    """The values of an array's text, which is given without its brackets, each at most `max_depth` levels
    deep. None where there is anything wrong, for whoever asks to look at them one by one."""
    try:
        text = f"[{data.decode()}]"
        with _uncollected():
            values: list[JsonValue] = _DECODER.decode(text)
        _check(values, text, max_depth)
    except (ValueError, RecursionError):
        return None
    return values


def decode_lines(data: bytes, *, max_depth: int) -> list[JsonValue] | None:
    """The values of whole lines, one in each. None as of `decode_array`; also where a line is empty."""
    with _uncollected():
        values = _compact_lines(data, max_depth)
        if values is not None:
            return values
        try:
            text = data.decode()
            values = list(map(_DECODER.decode, text.split("\n")))
            _check(values, text, max_depth)
        except (ValueError, RecursionError):
            return None
    return values


def _compact_lines(data: bytes, max_depth: int) -> list[JsonValue] | None:
    """The values of lines that are written as the encoder writes them, as most programs do: three times as
    quickly as with the rules looked at one by one. What comes out again as the very same bytes broke none of
    them: a key that occurs twice comes out once, and half of a surrogate pair or NaN does not come in."""
    if _MANY_DIGITS in data.translate(_DIGITS):
        return None
    lines = data.split(b"\n")
    try:
        values: list[JsonValue] = list(map(_COMPACT_DECODER.decode, lines))
        if b"\n".join(map(_ENCODER.encode, values)) != data:
            return None
        for line, value in zip(lines, values, strict=True):
            if line.count(b"{") + line.count(b"[") > max_depth:
                _check_depth(value, max_depth)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
    return values


def _check(values: list[JsonValue], text: str, max_depth: int) -> None:
    _check_depth(values, max_depth + 1)
    if "\\u" in text:
        _check_surrogates(values)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection, which finds nothing in what is just being built and takes most of the time:
    15 MB of empty lists held every other thread up for 1.8 s with it and 0.3 s without."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def encode(value: JsonValue) -> bytes:
    """Write one JSON text, UTF-8, without white space.

    Raises: MappingError for NaN, infinities, numbers longer than are read, and values that are not JSON.
    """
    try:
        return _ENCODER.encode(value) if _is_plain(value) else _ENCODER.encode(_carried(value, ""))
    except MappingError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise MappingError(f"cannot be written as JSON: {error}", rule="json-value") from error


def encode_line(value: JsonValue) -> bytes:
    """Write one line of NDJSON, ended by LF."""
    return encode(value) + b"\n"


def encode_plain_lines(values: Sequence[JsonValue]) -> bytes:
    """Write lines of NDJSON, of values that are known to be what a `PlainFormat` has: what is not carried as
    it is would come out altered."""
    return _ENCODER.encode_lines(values)


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_UINT64_MAX = 2**64 - 1
_INT64_MIN = -(2**63)
_ALWAYS_PLAIN = frozenset({str, bool, type(None)})


def _is_plain(value: JsonValue) -> bool:
    """True when the encoder carries the value exactly as it is.

    msgspec writes an infinite float as null, NaN as a bare word, and refuses integers beyond 64 bits.
    """
    kind = type(value)
    if kind is dict:
        values = value.values()  # type: ignore[union-attr]
    elif kind is list:
        values = value
    else:
        return kind in _ALWAYS_PLAIN or _is_plain_number(value)
    for each in values:  # most are texts: a call for each would take longer than to write them
        kind = type(each)
        if kind in _ALWAYS_PLAIN:
            continue
        if not (_is_plain(each) if kind is dict or kind is list else _is_plain_number(each)):
            return False
    return True


def _is_plain_number(value: JsonValue) -> bool:
    kind = type(value)
    if kind is int:
        return _INT64_MIN <= value <= _UINT64_MAX  # type: ignore[operator]
    if kind is Decimal:
        return value.is_finite() and _refusal(value) is None  # type: ignore[union-attr,arg-type]
    return kind is float and math.isfinite(value)  # type: ignore[arg-type]


def _carried(value: JsonValue, path: str) -> JsonValue:
    """The same value in types the encoder writes exactly. Raises: MappingError with the path."""
    if isinstance(value, dict):
        return {key: _carried(item, path + _step(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_carried(item, f"{path}/{at}") for at, item in enumerate(value)]
    is_number = value.is_finite() if isinstance(value, Decimal) else True
    if not is_number or (isinstance(value, float) and not math.isfinite(value)):
        message = f"cannot be written as JSON: {value} is not a JSON number"
        raise MappingError(message, rule="json-value", place=Place(path=path or None))
    refused = _refusal(value) if isinstance(value, Decimal) else None
    if isinstance(value, int) and not _INT64_MIN <= value <= _UINT64_MAX:
        if abs(value) >= 10**MAX_NUMBER_LENGTH:
            refused = "number-length", f"a number has more than {MAX_NUMBER_LENGTH} digits"
        value = Decimal(value)
    if refused is not None:
        raise MappingError(refused[1], rule=refused[0], place=Place(path=path or None))
    return value


def _step(key: object) -> str:
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


_SMALL = Decimal(0).__sizeof__()
"""Bytes of a Decimal with fewer digits than may be: only of a larger one they are counted."""


def _refusal(value: Decimal) -> tuple[str, str] | None:
    """Why a finite number would not be read again: the rule and in words."""
    if not -MAX_EXPONENT <= value.adjusted() <= MAX_EXPONENT:
        return "exponent", f"a number's exponent is beyond ±{MAX_EXPONENT}"
    if value.__sizeof__() > _SMALL and len(str(value)) > MAX_NUMBER_LENGTH:
        return "number-length", f"a number has more than {MAX_NUMBER_LENGTH} characters"
    return None


def _text(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise MappingError("starts with a byte order mark", rule="bom", place=Place(byte_offset=0))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[begin : error.start].decode()) + 1
        place = Place(byte_offset=error.start, line=data.count(b"\n", 0, error.start) + 1, column=column)
        raise MappingError("is not UTF-8", rule="utf-8", place=place) from None


def _syntax_error(error: json.JSONDecodeError, text: str) -> MappingError:
    place = Place(line=error.lineno, column=error.colno, byte_offset=len(text[: error.pos].encode()))
    excerpt = text[max(0, error.pos - 20) : error.pos + 20]
    return MappingError(f"not JSON: {error.msg}", rule="syntax", place=place, excerpt=excerpt)


def _placed(error: MappingError, text: str, max_depth: int) -> MappingError:
    """The same error with its place, which is looked for only now."""
    at = offset(text, error.rule, max_depth=max_depth, is_bad_number=_is_bad_number)
    if at is None:
        return error
    line_start = text.rfind("\n", 0, at) + 1
    place = Place(
        line=text.count("\n", 0, at) + 1, column=at - line_start + 1, byte_offset=len(text[:at].encode())
    )
    return MappingError(error.reason, rule=error.rule, place=place, excerpt=error.excerpt)


def _is_bad_number(token: str) -> bool:
    try:
        (_fraction if token.strip("-0123456789") else _integer)(token)
    except MappingError:
        return True
    return False


def _too_deep(allowed: int) -> MappingError:
    return MappingError(f"nested deeper than {allowed} levels", rule="depth")


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MappingError(f"the key {json.dumps(twice)} occurs twice in one object", rule="duplicate-key")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise MappingError(f"a number has more than {MAX_NUMBER_LENGTH} digits", rule="number-length")
    return int(digits)


def _fraction(digits: str) -> Decimal:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise MappingError(f"a number has more than {MAX_NUMBER_LENGTH} characters", rule="number-length")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise MappingError("a number's exponent is out of range", rule="exponent") from None
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise MappingError(f"a number's exponent is beyond ±{MAX_EXPONENT}", rule="exponent")
    return number


def _constant(word: str) -> NoReturn:
    raise MappingError(f"{word} is not a JSON value", rule="not-a-number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)
_COMPACT_DECODER = msgspec.json.Decoder(float_hook=_fraction)
_CONTAINERS = frozenset({dict, list})
_DIGITS = bytes.maketrans(b"-123456789", b"0000000000")
_MANY_DIGITS = b"0" * (MAX_NUMBER_LENGTH + 1)


def _check_depth(value: JsonValue, allowed: int) -> None:
    level: list[Any] = [value] if type(value) in _CONTAINERS else []
    depth = 0
    while level:
        level = [
            item
            for container in level
            for item in (container.values() if type(container) is dict else container)
            if type(item) in _CONTAINERS
        ]
        depth += 1
        if level and depth >= allowed:
            raise _too_deep(allowed)


def _check_surrogates(value: JsonValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise MappingError("a \\u escape is half of a surrogate pair", rule="surrogate") from None
