"""The examples of a definition, run: what differs from what they say.

Pure and bounded: an example is small. The context's time is the caller's.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from mappings import json
from mappings.compression import CompressedFormat
from mappings.contract import Context, Format, JsonValue, MappingError, Record
from mappings.exemplified import ExemplifiedFormat, ExpectedError, FormatExample, TransformExample
from mappings.fixed_width.code_pages import Encoding, code_page
from mappings.transform import Transform

_AROUND = 16
_SHOWN = 300
_MOST_BYTES = 64 << 20


class Outcome(NamedTuple):
    """What running an example gave: nothing where it holds, or lines that say what differs."""

    name: str
    differences: tuple[str, ...]


def size_of(example: FormatExample | TransformExample) -> int:
    """About how many bytes running an example moves."""
    if isinstance(example, TransformExample):
        return 1000
    texts = (example.data, example.hex, example.base64, example.file and example.file.content)
    return sum(len(text) for text in texts if text) + 100 * len(example.records or ())


def run_format(
    definition: ExemplifiedFormat, format_: Format, example: FormatExample, context: Context
) -> list[str]:
    """What differs, each a line; empty where the example holds."""
    try:
        data = _data(definition, example)
    except ValueError as error:
        return [f"its data cannot be taken: {_why(error)}"]
    if isinstance(format_, CompressedFormat) and example.data is not None:
        format_ = format_.inner  # text cannot say what is compressed: it is what is inside
    if data is None:
        return _written_and_read(format_, list(example.records or ()), context)
    records, errors = _decoded(format_, data, context)
    found = [*_record_differences(example.records, records), *_error_differences(example.errors, errors)]
    if found or example.one_way or errors:
        return found
    try:
        written = _encoded(format_, records, context)
    except MappingError as error:
        return [f"the records cannot be written again: {error}"]
    if isinstance(format_, CompressedFormat):  # how it is compressed is not compared
        data, written = (b"".join(format_.inside([each], _MOST_BYTES)) for each in (data, written))
    return [] if written == data else [f"is written otherwise: {_bytes_differ(data, written)}"]


def run_transform(transform: Transform, example: TransformExample) -> list[str]:
    """What differs, each a line; empty where the example holds."""
    source, expected = exact(example.source), exact(example.result)
    try:
        result = transform.apply(source)
    except MappingError as error:
        if example.errors:
            return list(_error_differences(example.errors, [error]))
        return [f"gives an error: {error.rule}: {error}"]
    if example.errors:
        return [f"gives a result in place of the error {example.errors[0].rule}: {_shown(result)}"]
    if not same(expected, result):
        return [f"gives {_shown(result)}, not {_shown(expected)}"]
    back = transform.inverse()
    if back is None or example.one_way:
        return []
    try:
        again = back.apply(result)
    except MappingError as error:
        return [f"does not go back: {error}"]
    return [] if same(source, again) else [f"goes back to {_shown(again)}, not {_shown(source)}"]


def exact(value: JsonValue) -> JsonValue:
    """A value as configured, with fractions as the decimals that they were written as."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {key: exact(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    return value


def same(expected: JsonValue, found: JsonValue) -> bool:
    """Are two values equal: numbers by their values, and a text that is expected where a decimal is found by
    its digits."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, str) and isinstance(found, Decimal):
        try:
            return Decimal(expected) == found
        except InvalidOperation:
            return False
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return expected == (Decimal(repr(found)) if isinstance(found, float) else found)


def _why(error: ValueError) -> str:
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[error.start : error.end][:20]!r} is not in the encoding of the definition"
    return str(error)


def _data(definition: ExemplifiedFormat, example: FormatExample) -> bytes | None:
    """The bytes of an example, None where it has records alone. Raises: ValueError."""
    if example.hex is not None:
        return bytes.fromhex(example.hex)
    if example.base64 is not None:
        return base64.b64decode(example.base64)
    if example.file is not None:
        return base64.b64decode(example.file.content)
    if example.data is None:
        return None
    encoding = getattr(definition, "encoding", None) or "utf-8"
    if isinstance(encoding, Encoding):
        return code_page(encoding).encode(example.data)
    return example.data.encode(str(encoding))


def _decoded(format_: Format, data: bytes, context: Context) -> tuple[list[Record], list[MappingError]]:
    records: list[Record] = []
    errors: list[MappingError] = []
    results: list[Record | MappingError] = []
    try:
        decoder = format_.decoder(context)
        results += decoder.feed(data)
        results += decoder.finish()[0]
    except MappingError as lost:
        results.append(lost)
    for result in results:
        if isinstance(result, MappingError):
            errors.append(result)
        else:
            records.append(result)
    return records, errors


def _encoded(format_: Format, records: Sequence[Record], context: Context) -> bytes:
    encoder = format_.encoder(context)
    return encoder.encode(records) + encoder.finish()


def _written_and_read(format_: Format, records: list[JsonValue], context: Context) -> list[str]:
    expected = [exact(record) for record in records]
    try:
        data = _encoded(format_, expected, context)
    except MappingError as error:
        return [f"cannot be written: {error.rule}: {error}"]
    found, errors = _decoded(format_, data, context)
    return [*_record_differences(expected, found), *_error_differences((), errors)]


def _record_differences(expected: Sequence[JsonValue] | None, found: Sequence[Record]) -> Iterator[str]:
    if expected is None:
        return
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        wanted = exact(one)
        if not same(wanted, other):
            yield f"record {number}: {_where(wanted, other)}"
    if len(expected) != len(found):
        yield f"gives {len(found)} records, not {len(expected)}"
        for number, record in enumerate(found[len(expected) : len(expected) + 3], len(expected) + 1):
            yield f"record {number} is not expected: {_shown(record)}"


def _where(expected: JsonValue, found: JsonValue, path: str = "") -> str:
    """The first place at which two values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in found:
                return f"{path}/{key} is missing, {_shown(expected[key])} is expected"
            if key not in expected:
                return f"{path}/{key} is {_shown(found[key])}, and is not expected"
            if not same(expected[key], found[key]):
                return _where(expected[key], found[key], f"{path}/{key}")
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            if not same(one, other):
                return _where(one, other, f"{path}/{at}")
    return f"{path or 'it'} is {_shown(found)}, not {_shown(expected)}"


def _error_differences(expected: Sequence[ExpectedError], found: Sequence[MappingError]) -> Iterator[str]:
    for number, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        place = other.place
        actual = {"rule": other.rule, "record": place.record, "byte": place.byte_offset, "field": place.path}
        for key, value in one.model_dump(exclude_none=True).items():
            if actual[key] != value:
                yield f"error {number}: {key} is {actual[key]!r}, not {value!r}: {other.rule}: {other}"
    for error in found[len(expected) :][:3]:
        yield f"gives an error that is not expected: {error.rule}: {error}"
    for missing in expected[len(found) :][:3]:
        yield f"does not give the error {missing.rule}"


def _bytes_differ(expected: bytes, found: bytes) -> str:
    pairs = enumerate(zip(expected, found, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(expected), len(found)))
    start = max(0, at - _AROUND // 2)
    shown = [each[start : start + _AROUND].hex(" ") or "nothing" for each in (found, expected)]
    return f"from byte {at} on, {shown[0]} in place of {shown[1]} (from byte {start})"


def _shown(value: JsonValue) -> str:
    text = json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
