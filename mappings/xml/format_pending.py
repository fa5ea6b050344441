"""A tag, comment or reference whose end has not come yet.

expat looks at such a token from its beginning again with each piece that it is given: what comes in many
small pieces would take time that grows with the square of the token's length (CVE-2023-52425). So pieces are
kept back until the token ends in them.
"""

from __future__ import annotations

import re

LONG = 1024
"""Bytes from which on it is worth while. Shorter ones are simply looked at again."""

_QUOTE_OR_END = re.compile(rb"[\"'>]")
_ENDS = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"&", b";"))


class Pending:
    """Follows one token, given as far as it has come, through the pieces that follow."""

    def __init__(self, token: bytes) -> None:
        self._end = next((end for begin, end in _ENDS if token.startswith(begin)), b"")
        self._before = b""
        self._quote = b""
        self.size = 0
        self.ends_in(token)

    def ends_in(self, piece: bytes) -> bool:
        """True where the token ends in this piece. Each byte is looked at once."""
        self.size += len(piece)
        if not self._end:
            return self._tag_ends_in(piece)
        data = self._before + piece
        self._before = data[-2:]
        return self._end in data

    def _tag_ends_in(self, piece: bytes) -> bool:
        at = 0
        while True:
            if self._quote:
                found = piece.find(self._quote, at)
                if found < 0:
                    return False
                at, self._quote = found + 1, b""
            mark = _QUOTE_OR_END.search(piece, at)
            if mark is None:
                return False
            if mark[0] == b">":
                return True
            at, self._quote = mark.end(), mark[0]
