"""What the writer gets for what the decoder gives: the details of records, mapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mappings.contract import Details, MappingError, Record

if TYPE_CHECKING:
    from mappings.transform import Transform


class Mapped:
    """The records of one stream on their way through a transform, or as they are."""

    def __init__(self, transform: Transform | None, seen: Details) -> None:
        self._seen = seen
        self._apply = None if transform is None else transform.apply
        self._run = None if transform is None or transform.is_one_to_one else transform.run()

    def feed(self, result: Record, number: int) -> Sequence[Record | MappingError]:
        """What is complete with a record of this number. Raises: MappingError where it cannot be mapped."""
        detail = self._seen(result)
        if detail is None and result is not None:  # the record may itself be null
            return ()
        if self._run is not None:
            return self._run.feed(detail, number)
        return (detail if self._apply is None else self._apply(detail),)

    def skip(self, error: MappingError) -> Sequence[Record | MappingError]:
        """Take notice of what could not be read; what is complete with it."""
        self._seen(error)
        return () if self._run is None else self._run.skip()

    def finish(self) -> Sequence[Record | MappingError]:
        """What the end of the data completes."""
        return () if self._run is None else self._run.finish()
