"""Samples: what a definition is drafted from."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SAMPLE_BYTES = 4 << 20
"""Bytes of a file that are looked at."""


class InferenceError(ValueError):
    """Nothing can be drafted from the samples; the message says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The bytes of one file from its beginning; `is_whole` where these are all."""

    name: str
    data: bytes
    is_whole: bool = True

    @property
    def lines(self) -> list[bytes]:
        """Its lines without LF; of a cut sample all that are certainly whole."""
        lines = self.data.split(b"\n")
        if not self.is_whole or not lines[-1]:
            lines.pop()
        return lines

    def beginning(self, size: int) -> Sample:
        """Its first bytes, `size` of them at most."""
        if len(self.data) <= size:
            return self
        return Sample(self.name, self.data[:size], is_whole=False)

    def whole_lines(self) -> Sample:
        """The same, of a cut sample as far as its lines are whole."""
        if self.is_whole:
            return self
        return Sample(self.name, self.data[: self.data.rfind(b"\n") + 1], is_whole=False)
