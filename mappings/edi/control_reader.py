"""Control segments that are read: quickly where they are usual, else with every mistake named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mappings.contract import JsonValue
from mappings.edi.careful import CarefulReader
from mappings.edi.delimiters import Delimiters
from mappings.edi.findings import Finding
from mappings.edi.layout import Segment
from mappings.edi.reports import Reports
from mappings.edi.walker import Plan


class ControlReader:
    """Reads the control segments of one interchange. `plan` is that of the standard's control segments,
    `segments` are they by their tags; `lenient` are the rules that may be broken."""

    def __init__(
        self,
        plan: Plan,
        segments: Mapping[str, Segment],
        delimiters: Delimiters,
        lenient: frozenset[str],
        reports: Reports,
    ) -> None:
        self._segments = segments
        self._careful = CarefulReader(delimiters, lenient)
        self._readers = plan.readers.of(delimiters)
        self._reports = reports

    def read(self, tag: str, text: str) -> tuple[dict[str, JsonValue], Sequence[Finding]]:
        """The values of a control segment, as far as they can be read, and what is wrong with it and is not
        let pass."""
        segment = self._segments[tag]
        if self._readers is not None:
            reader = self._readers.made[segment.index] or self._readers.make(segment.index)
            quick = reader(text)
            if quick is not None:
                return quick, ()
        values, findings = self._careful.read_all(segment, text)
        return values, [one for one in findings if not self._reports.tolerates(one.rule)]
