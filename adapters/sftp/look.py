"""One look into an inbox: which files lie there, and which of them are complete."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.sftp.boxes import CompleteWhenStable, CompleteWithMarker, Inbox
from adapters.sftp.listing import entries, is_regular_entry
from adapters.sftp.marker import MarkerTemplate
from adapters.sftp.names import decoded
from adapters.sftp.packets import Attributes
from adapters.sftp.wire import Wire

_SAME_SECOND_S = 2.0
"""Times have whole seconds. Of a marker and a file of the same second nobody knows which was first; one that
is still being written has a later time soon."""


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one content under a name from another, as far as SFTP can tell. Units: bytes; seconds since
    1970. None where the server does not tell."""

    size: int | None
    modified: int | None

    @classmethod
    def of(cls, attributes: Attributes) -> Version:
        """That of a file's attributes."""
        return cls(attributes.size, attributes.modified)


@dataclass(frozen=True, slots=True)
class Marker:
    """The marker beside a file, as it was seen."""

    name: str
    version: Version


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be taken."""

    name: str
    version: Version
    marker: Marker | None = None


@dataclass(slots=True)
class Look:
    """What one look has found. `passed_over` counts what is no plain file or has a name that is not used,
    folders not among them; `left_out` the fitting files beyond `max_files`."""

    files: dict[str, Version] = field(default_factory=dict)
    markers: dict[str, Version] = field(default_factory=dict)
    passed_over: int = 0
    left_out: int = 0


def look(wire: Wire, inbox: Inbox, fits: Callable[[str], object], marker: MarkerTemplate | None) -> Look:
    """List the folder. Blocking; memory is bounded by `max_files`, time by the wire's deadline.

    Raises: what `Wire` raises.
    """
    found = Look()
    for entry in entries(wire, inbox.path):
        if entry.name in (b".", b".."):
            continue
        name = decoded(entry.name)
        if name is None or not is_regular_entry(entry):
            mode = entry.attributes.mode
            found.passed_over += not (mode is not None and stat.S_ISDIR(mode))
            continue
        if marker is not None and marker.fits(name) and len(found.markers) < inbox.max_files:
            found.markers[name] = Version.of(entry.attributes)
        if not fits(name):
            continue
        if len(found.files) < inbox.max_files:
            found.files[name] = Version.of(entry.attributes)
        else:
            found.left_out += 1
    return found


@dataclass(slots=True)
class Completeness:
    """Which of the files are complete, in the order in which they are taken. `stale`: files whose marker is
    older than they are. `ripe_in_s`: when the first of the others may be complete, if it only needs time."""

    ready: list[Candidate]
    stale: list[str]
    ripe_in_s: float | None


class CompletenessRule:
    """Remembers what earlier looks have found, as `stable_s` needs it. Names that are gone are forgotten."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float] = time.monotonic) -> None:
        self._rule = rule = inbox.complete_when
        self._marker = inbox.marker
        self._older_counts = isinstance(rule, CompleteWithMarker) and rule.older_counts
        self._by_time = inbox.ordered_by == "mtime"
        self._clock = clock
        self._unchanged: dict[str, tuple[Version, float]] = {}

    def judge(self, found: Look) -> Completeness:
        """Apply the rule to what was found."""
        now = self._clock()
        before, self._unchanged = self._unchanged, {}
        verdict = Completeness([], [], None)
        for name, version in found.files.items():
            marker, needed_s = self._needs(name, version, found)
            if needed_s is None:
                if marker is not None:
                    verdict.stale.append(name)
                continue
            if needed_s > 0.0:
                known = before.get(name)
                since = known[1] if known is not None and known[0] == version else now
                self._unchanged[name] = (version, since)
                left_s = since + needed_s - now
                if left_s > 0.0:
                    verdict.ripe_in_s = min(left_s, verdict.ripe_in_s or left_s)
                    continue
            verdict.ready.append(Candidate(name, version, marker))
        verdict.ready.sort(key=lambda one: ((one.version.modified or 0) if self._by_time else 0, one.name))
        return verdict

    def forget(self, name: str) -> None:
        """The file turned out to be changing: its time starts again."""
        self._unchanged.pop(name, None)

    def _needs(self, name: str, version: Version, found: Look) -> tuple[Marker | None, float | None]:
        """The file's marker, and for how many seconds it must not have changed; None when it is not complete
        whatever the time."""
        if isinstance(self._rule, CompleteWhenStable):
            return None, self._rule.stable_s
        if self._marker is None:
            return None, 0.0
        seen = found.markers.get(self._marker.of(name))
        if seen is None:
            return None, None
        marker = Marker(self._marker.of(name), seen)
        if self._older_counts or seen.modified is None or version.modified is None:
            return marker, 0.0
        if seen.modified < version.modified:
            return marker, None
        return marker, _SAME_SECOND_S if seen.modified == version.modified else 0.0
