"""What reading has found: records and errors in their order, and how often rules were let pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mappings.contract import MAX_CUT_BYTES, MappingError, Place, Record, Summary


class Reports:
    """Collects the results of one stream. `lenient` are rules that may be broken, with the words by which
    that is counted. `record` is the number of the record that is being read, from 1."""

    def __init__(self, lenient: Mapping[str, str]) -> None:
        self._lenient = lenient
        self._results: list[Record | MappingError] = []
        self.leniencies: Counter[str] = Counter()
        self.records = 0
        self.errors = 0

    def tolerates(self, rule: str) -> bool:
        """True when this rule may be broken; that it was is counted."""
        word = self._lenient.get(rule)
        if word is None:
            return False
        self.leniencies[word] += 1
        return True

    def good(self, record: Record) -> None:
        """A record."""
        self._results.append(record)

    def bad(
        self,
        rule: str,
        message: str,
        offset: int,
        *,
        path: str = "",
        excerpt: str = "",
        raw: bytes = b"",
        is_cut: bool = False,
        before: bool = False,
    ) -> None:
        """An error of the record that is being read, or with `before` of what comes before the next one."""
        self.errors += 1
        number = self.records + 1 if before else max(self.records, 1)
        place = Place(record=number, byte_offset=offset, path=path or None)
        if is_cut:
            raw = raw[:MAX_CUT_BYTES]
        self._results.append(
            MappingError(message, rule=rule, place=place, excerpt=excerpt, raw=raw, raw_is_cut=is_cut)
        )

    def summary(self, acknowledgement: bytes = b"") -> Summary:
        """What was read of the whole stream, and the answer to it."""
        return Summary(self.records, self.errors, acknowledgement, dict(self.leniencies))

    def taken(self) -> list[Record | MappingError]:
        """The results since the last time."""
        results, self._results = self._results, []
        return results
