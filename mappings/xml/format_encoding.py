"""The encodings of documents: those in which markup is ASCII pass as they are, UTF-16 is turned into UTF-8.

Source: XML 1.0, appendix F.
"""

from __future__ import annotations

import codecs

_WIDE = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}


class Transcoder:
    """Passes bytes on. `encoding` is what they are in where that is not what the document says."""

    def __init__(self) -> None:
        self.encoding: str | None = None
        self._first = b""
        self._begun = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, chunk: bytes) -> bytes:
        """The bytes to be read. Raises: UnicodeDecodeError, LookupError for UTF-32, which begins alike."""
        if not self._begun:
            self._first += chunk
            if len(self._first) < 2:
                return b""
            chunk, self._first = self._first, b""
            self._begin(chunk)
        if self._decoder is None:
            return chunk
        text = self._decoder.decode(chunk)
        if "\0" in text:
            raise LookupError("UTF-32")
        return text.encode()

    def finish(self) -> bytes:
        """What is left. Raises: UnicodeDecodeError."""
        if not self._begun:
            self._begun = True
            return self._first
        return self._decoder.decode(b"", True).encode() if self._decoder else b""

    def _begin(self, chunk: bytes) -> None:
        self._begun = True
        wide = _WIDE.get(chunk[:2])
        if wide is not None:
            self._decoder = codecs.getincrementaldecoder(wide)()
            self.encoding = "utf-8"
