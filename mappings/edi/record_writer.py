"""What the encoders of segments share: records are written one by one, and one that cannot be is told by its
number."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from mappings.contract import MappingError, Place, Record
from mappings.edi.writing import Unwritable


class RecordWriter(ABC):
    """An encoder that writes record by record. Subclasses add bytes to `_out`; `_records` counts the records
    that came, the present one included."""

    def __init__(self) -> None:
        self._records = 0
        self._out: list[bytes] = []

    def encode(self, records: Iterable[Record]) -> bytes:
        """The bytes of these records.

        Raises: MappingError for the first record that cannot be written exactly. Nothing of it is written,
        and the records before it come with what is asked for next.
        """
        for record in records:
            self._records += 1
            try:
                self._record(record)
            except Unwritable as error:
                raise self._error(error) from None
        return self._taken()

    def finish(self) -> bytes:
        """What is still to come: what is open of records that are parts of one whole, and trailers. Raises:
        MappingError."""
        try:
            self._end()
        except Unwritable as error:
            raise self._error(error) from None
        return self._taken()

    @abstractmethod
    def _record(self, record: Record) -> None:
        """Write a record. Raises: Unwritable."""

    @abstractmethod
    def _end(self) -> None:
        """Write what follows the last record. Raises: Unwritable."""

    def _error(self, error: Unwritable) -> MappingError:
        """The error with its place: the record that came last, the path in it. Where several records are one
        message, that is the last of them, and the path is that in the message."""
        place = Place(record=self._records, path=error.path or None)
        return MappingError(str(error), rule=error.rule, place=place)

    def _taken(self) -> bytes:
        data = b"".join(self._out)
        self._out.clear()
        return data
