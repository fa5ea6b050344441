"""What a channel remembers of the files that lie in its folder, so that none is read twice without need.

Only of files that are there: a look drops what is gone or has another content. The gateway's claims are what
keeps a file from being stored twice; this saves the reading.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from adapters.sftp.look import Candidate, Look, Marker, Version

_CURSOR = re.compile(r"1:((?:[A-Za-z0-9_-]{16}){0,1000})")
_FINGERPRINT_LETTERS = 16
MOST_IN_CURSOR = 1000
"""Files that a cursor tells apart from new ones; it has 16 characters for each."""


class Fate(Enum):
    """What was decided of a file that still lies in the folder."""

    KEEP = auto()
    """Stored; it stays."""
    MOVE = auto()
    """Stored; it has not been moved away yet."""
    ASIDE = auto()
    """Never to be taken; it has not been put aside yet."""
    LEAVE = auto()
    """Never to be taken; it stays."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision about one content of a file."""

    version: Version
    fate: Fate
    marker: Marker | None = None
    sha256: str | None = None
    reason: str | None = None


class Memory:
    """Of one channel; outlives its generators."""

    def __init__(self, folder: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._settled: dict[str, Settled] = {}
        self._from_cursor: frozenset[str] = frozenset()
        self._delivered: dict[str, Version] = {}
        self._not_before: dict[str, float] = {}
        self._breaks: dict[str, int] = {}

    # --- decisions ---

    def settle(self, name: str, settled: Settled) -> None:
        """Remember what was decided; the newest decision is the last."""
        self._settled.pop(name, None)
        self._settled[name] = settled

    def settled(self, name: str) -> Settled | None:
        """What was decided of a file."""
        return self._settled.get(name)

    def drop(self, name: str) -> None:
        """Nothing is decided of what lies under this name."""
        self._settled.pop(name, None)

    def unfinished(self, most: int) -> list[tuple[str, Settled]]:
        """Decisions that wait to be carried out, those tried least recently first."""
        waiting = ((name, one) for name, one in self._settled.items() if one.fate in (Fate.MOVE, Fate.ASIDE))
        return [item for item, _ in zip(waiting, range(most), strict=False)]

    def refresh(self, found: Look) -> None:
        """Forget what is gone or has another content, and take over what the cursor knows."""
        for name, one in list(self._settled.items()):
            version = found.files.get(name)
            owes_marker = (
                version is None
                and one.marker is not None
                and found.markers.get(one.marker.name) == one.marker.version
            )
            if version != one.version and not owes_marker:
                del self._settled[name]
        self._delivered = {n: v for n, v in self._delivered.items() if found.files.get(n) == v}
        self._breaks = {n: count for n, count in self._breaks.items() if n in found.files}
        now = self._clock()
        self._not_before = {n: t for n, t in self._not_before.items() if n in found.files and t > now}
        if self._from_cursor:
            for name, version in found.files.items():
                if name not in self._settled and self._fingerprint(name, version) in self._from_cursor:
                    self._settled[name] = Settled(version, Fate.KEEP)
            self._from_cursor = frozenset()

    # --- attempts ---

    def may_be_tried(self, candidate: Candidate) -> bool:
        """False for what is decided, and for what failed a moment ago."""
        if candidate.name in self._settled:
            return False
        return self._not_before.get(candidate.name, 0.0) <= self._clock()

    def postpone(self, name: str, seconds: float) -> None:
        """Let others go first."""
        self._not_before[name] = self._clock() + seconds

    def count_breaks(self, name: str, *, broke: bool) -> int:
        """How often in a row reading a file has failed."""
        if not broke:
            self._breaks.pop(name, None)
            return 0
        self._breaks[name] = self._breaks.get(name, 0) + 1
        return self._breaks[name]

    def deliver(self, candidate: Candidate) -> bool:
        """Whether it has been delivered before; from now on it has."""
        before = self._delivered.get(candidate.name) == candidate.version
        self._delivered[candidate.name] = candidate.version
        return before

    # --- cursors ---

    def cursor(self, candidate: Candidate) -> str:
        """What tells the files that were kept, this one among them, from new ones after a restart."""
        kept = [(name, one.version) for name, one in self._settled.items() if one.fate is Fate.KEEP]
        kept = [*kept[-(MOST_IN_CURSOR - 1) :], (candidate.name, candidate.version)]
        return "1:" + "".join(self._fingerprint(name, version) for name, version in kept)

    def resume(self, cursor: str) -> bool:
        """Take a cursor over; False when it is none of ours."""
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            return False
        letters = match[1]
        self._from_cursor = frozenset(
            letters[at : at + _FINGERPRINT_LETTERS] for at in range(0, len(letters), _FINGERPRINT_LETTERS)
        )
        return True

    def _fingerprint(self, name: str, version: Version) -> str:
        text = f"{self._folder}\0{name}\0{version.size}\0{version.modified}"
        return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=12).digest()).decode()
