"""Blocks of bytes to Arrow record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from mappings.columns.arrays import ArrowArray, ArrowType
from mappings.columns.arrow import pa
from mappings.columns.arrow_types import ColumnType, ListType, StructType
from mappings.columns.blocks import Blocks, Part, Results, Source
from mappings.contract import JsonValue, MappingError, Place, Record, Summary
from mappings.fixed_width.layout import escaped

Batch: TypeAlias = Any
"""A pyarrow.RecordBatch, or None; pyarrow has no types."""

BATCH_BYTES = 1 << 19
"""Bytes of which a batch is made. With half as many an Arrow or a Parquet file takes a fifth longer."""
_NO_RECORD = "missing-record"


class BatchDecoder:
    """One stream of records of one type, as record batches. `types` gives those of the fields, in the order
    of the columns; None while the header row is to come."""

    def __init__(self, source: Source, types: Callable[[], Mapping[str, ColumnType] | None]) -> None:
        self._blocks = Blocks(source, BATCH_BYTES)
        self._types = types
        self._records = 0

    @property
    def schema(self) -> ArrowType:
        """The schema of all batches; None while the header row is to come."""
        types = self._types()
        if types is None:
            return None
        return pa.schema([pa.field(name, type_.arrow) for name, type_ in types.items()])

    def feed(self, chunk: bytes) -> tuple[Batch, Sequence[MappingError]]:
        """The good records that are complete now, None where there are none, and the errors of others.

        Raises: MappingError when lost.
        """
        return self._gathered(self._blocks.feed(chunk))

    def finish(self) -> tuple[Batch, Sequence[MappingError], Summary]:
        """What the end of the data completes. Raises: MappingError when lost."""
        parts, summary = self._blocks.finish()
        batch, errors = self._gathered(parts)
        return batch, errors, summary

    def _gathered(self, parts: Iterable[Part]) -> tuple[Batch, list[MappingError]]:
        errors: list[MappingError] = []
        pieces: list[list[ArrowArray]] = []
        for part in parts:
            if isinstance(part, Results):
                pieces += self._converted(part.results, errors)
                continue
            count = part.end - part.first
            self._records += count
            pieces.append([array.slice(part.first, count) for array in part.sheet.arrays(part.kind)])
        if not pieces:
            return None, errors
        columns = pieces[0]
        if len(pieces) > 1:
            columns = [pa.concat_arrays(arrays) for arrays in zip(*pieces, strict=True)]
        return pa.record_batch(columns, schema=self.schema), errors

    def _converted(
        self, results: Sequence[Record | MappingError], errors: list[MappingError]
    ) -> Iterator[list[ArrowArray]]:
        """The arrays of what came record by record."""
        good: list[Mapping[str, JsonValue]] = []
        for result in results:
            if isinstance(result, MappingError):
                errors.append(result)
                self._records += result.rule != _NO_RECORD
                continue
            self._records += 1
            assert isinstance(result, dict), "fields are what columns are made of"
            wrong = self._misfit(result)
            if wrong is None:
                good.append(result)
            else:
                errors.append(wrong)
        types = self._types()
        if good and types is not None:
            yield [type_.array([each[name] for each in good]) for name, type_ in types.items()]

    def _misfit(self, record: Mapping[str, JsonValue]) -> MappingError | None:
        """What is wrong with a record of which a value does not fit its type."""
        for name, column in (self._types() or {}).items():
            steps = column.misfit(record[name])
            if steps is not None:
                value, type_ = _inside(record[name], column, steps)
                path = "".join(f"/{escaped(str(step))}" for step in (name, *steps))
                message = f"does not fit the Arrow type {type_.arrow}"
                place = Place(record=self._records, path=path)
                return MappingError(message, rule="overflow", place=place, excerpt=str(value))
        return None


def _inside(value: JsonValue, type_: ColumnType, steps: Sequence[str | int]) -> tuple[JsonValue, ColumnType]:
    """What a path leads to in a value, and its type."""
    for step in steps:
        if isinstance(type_, StructType):
            assert isinstance(value, dict), "what such columns are made of"
            value, type_ = value[str(step)], type_.members[str(step)]
        else:
            assert isinstance(value, list), "what such columns are made of"
            assert isinstance(type_, ListType), "nothing else has something inside"
            value, type_ = value[int(step)], type_.element
    return value, type_
