"""A stream of text cut into segments at their terminator, where that is not released.

Each character is looked at once, however the stream is cut into chunks. Offsets count characters, of which
there is one for each byte.
"""

from __future__ import annotations

from mappings.edi.pieces import unbroken

# Few segments at first: interchanges may be tiny, and what follows one is not to be split twice.
_FIRST_SPLIT, _LARGEST_SPLIT = 32, 1 << 14


class Splitter:
    """Cuts what is added. `offset` is where the next segment begins that `take` will give. With `is_broken`
    line ends anywhere are no data."""

    def __init__(self, terminator: str, release: str | None, offset: int, *, is_broken: bool = False) -> None:
        self.terminator = terminator
        self.offset = offset
        self.held = 0
        self._release = release
        self._is_broken = is_broken
        self._text = ""
        self._open: list[str] = []
        self._is_released = False
        self._split = _FIRST_SPLIT
        self._skips = False

    def add(self, text: str) -> None:
        """More of the stream."""
        self._text = f"{self._text}{text}" if self._text else text

    def take(self) -> list[str]:
        """Segments that are complete, without their terminators; none where more is needed."""
        while self._text:
            texts = self._text.split(self.terminator, self._split)
            is_all = len(texts) <= self._split
            self._text = "" if is_all else texts.pop()
            self._split = min(self._split * 4, _LARGEST_SPLIT)
            whole = self._whole(texts, is_all)
            if self._skips and whole:
                self.offset += len(whole[0]) + 1
                whole = whole[1:]
                self._skips = False
            if whole:
                self.offset += sum(map(len, whole)) + len(whole)
                return whole
        return []

    def skip(self, most: int) -> str:
        """Pass over the segment that is open, up to its terminator: how it begins, empty when that was
        said."""
        text = "" if self._skips else "".join(self._open)[:most]
        self.offset += self.held
        self._open = [""]
        self.held = 0
        self._skips = True
        return text

    def rest(self) -> str:
        """What is open at the end; empty where that was passed over."""
        return "" if self._skips else "".join(self._open)

    def given_back(self, unread: list[str]) -> tuple[int, str]:
        """All that was not read, these segments of the last `take` first, with the offset where it begins."""
        back = "".join(f"{text}{self.terminator}" for text in unread)
        return self.offset - len(back), "".join([back, *self._open, self._text])

    def _whole(self, texts: list[str], is_all: bool) -> list[str]:
        """Put together what was cut at a terminator that is released. The last one has no terminator behind
        it where this is `is_all` that there is."""
        last = texts.pop() if is_all else None
        whole: list[str] = []
        for text in texts:
            if self._open or (self._release is not None and self._release in text):
                self._note(text)
                if self._is_released:
                    self._hold(self.terminator)
                    self._is_released = False
                    continue
                whole.append("".join(self._open))
                self._open.clear()
                self.held = 0
            else:
                whole.append(text)
        if last:
            self._note(last)
        return whole

    def _note(self, text: str) -> None:
        """A part of the segment that is open, and whether it ends with a release."""
        seen = unbroken(text) if self._is_broken else text
        if self._release is not None and seen:
            count = len(seen) - len(seen.rstrip(self._release))
            odd = count % 2 == 1
            self._is_released = odd != self._is_released if count == len(seen) else odd
        self._hold(text)

    def _hold(self, text: str) -> None:
        self._open.append(text)
        self.held += len(text)
