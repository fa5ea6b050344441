"""The examples of a definition, run: what differs from what they say.

Pure and bounded: an example is small. The context's time is the caller's.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from mappings.compression import CompressedFormat
from mappings.configured import exact
from mappings.contract import Context, Format, JsonValue, MappingError, Record
from mappings.differences import bytes_differ, error_differences, record_differences, same, shown
from mappings.exemplified import ExemplifiedFormat, FormatExample, TransformExample
from mappings.fixed_width.code_pages import Encoding, code_page
from mappings.transform import Transform

_MOST_BYTES = 64 << 20
"""What the compressed data of an example may hold at most."""


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
    found = [*record_differences(example.records, records), *error_differences(example.errors, errors)]
    if found or example.one_way or errors:
        return found
    try:
        written = _encoded(format_, records, context)
    except MappingError as error:
        return [f"the records cannot be written again: {error}"]
    if isinstance(format_, CompressedFormat):  # how it is compressed is not compared
        data, written = (b"".join(format_.inside([each], _MOST_BYTES)) for each in (data, written))
    return [] if written == data else [f"is written otherwise: {bytes_differ(data, written)}"]


def run_transform(transform: Transform, example: TransformExample) -> list[str]:
    """What differs, each a line; empty where the example holds."""
    source, expected = exact(example.source), exact(example.result)
    try:
        result = transform.apply(source)
    except MappingError as error:
        if example.errors:
            return list(error_differences(example.errors, [error]))
        return [f"gives an error: {error.rule}: {error}"]
    if example.errors:
        return [f"gives a result in place of the error {example.errors[0].rule}: {shown(result)}"]
    if not same(expected, result):
        return [f"gives {shown(result)}, not {shown(expected)}"]
    back = transform.inverse()
    if back is None or example.one_way:
        return []
    try:
        again = back.apply(result)
    except MappingError as error:
        return [f"does not go back: {error}"]
    return [] if same(source, again) else [f"goes back to {shown(again)}, not {shown(source)}"]


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
    return [*record_differences(expected, found), *error_differences((), errors)]
