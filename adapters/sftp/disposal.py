"""What becomes of a file that was taken, or never will be: moved to another folder, or deleted.

A sender may replace a file at any moment, and SFTP has no way to move "this file, if it still is the one".
So a file is looked at before and after it is moved, and one that was never read is moved back.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import posixpath
import uuid
from dataclasses import dataclass, replace
from enum import Enum, auto

from adapters.errors import Blame, PeerRejected
from adapters.sftp.arrival import path_in, version_or_none
from adapters.sftp.download import remote_sha256
from adapters.sftp.look import Marker, Version
from adapters.sftp.names import MAX_NAME_BYTES
from adapters.sftp.packets import Status, StatusError, Type, status_name
from adapters.sftp.translate import Phase, Progress
from adapters.sftp.upload import Upload
from adapters.sftp.wire import Wire

_log = logging.getLogger(__name__)
_MISSING = (Status.NO_SUCH_FILE, Status.NO_SUCH_PATH)
_ATTEMPTS = 5
_REASON_SUFFIX = ".reason.txt"
_MOST_REASON = 2000


class Disposed(Enum):
    """What has become of it."""

    MOVED = auto()
    GONE = auto()
    """It was no longer there."""
    REPLACED = auto()
    """Another content lies under the name now, which has not been read: it was left."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """What is to be done with one file. `folder`: where it is moved to, None to delete it; `sha256` of its
    content where that was read; `marker_along`: the marker is moved too and not deleted; `reason` is put
    beside the file."""

    name: str
    version: Version
    sha256: str | None
    folder: str | None
    marker: Marker | None
    marker_along: bool
    reason: str | None = None


def dispose(wire: Wire, inbox: str, task: Disposal, progress: Progress) -> Disposed:
    """Do it: the file first, then its marker. Blocking; done twice it does no harm.

    Raises: PeerRejected when a file that was not read could not be moved back, and what `Wire` raises.
    `progress` is in COMMIT as long as nobody knows whether the file was moved.
    """
    mover = _Mover(wire, inbox, progress)
    outcome = mover.file(task)
    if outcome is not Disposed.REPLACED and task.marker is not None:
        mover.marker(task, task.marker)
    return outcome


class _Mover:
    def __init__(self, wire: Wire, inbox: str, progress: Progress) -> None:
        self._wire = wire
        self._inbox = inbox
        self._progress = progress

    def file(self, task: Disposal) -> Disposed:
        source = path_in(self._inbox, task.name)
        found = self._version(source)
        if found is not None and found != task.version:
            return Disposed.REPLACED
        if found is not None:
            target = self._move(source, task)
        elif task.folder is None and self._version(self._hidden(task)) is not None:
            target = self._hidden(task)  # an attempt before has come so far
        else:
            return Disposed.GONE
        if not self._is_the_one(target, task):
            self._move_back(target, source, task.name)
            return Disposed.REPLACED
        if task.folder is None:
            self._remove(target)
        elif task.reason is not None:
            self._write_reason(target, task.reason)
        return Disposed.MOVED

    def marker(self, task: Disposal, marker: Marker) -> None:
        """A marker that has changed belongs to a file that is still to come."""
        path = path_in(self._inbox, marker.name)
        if self._version(path) != marker.version:
            return
        if task.marker_along and task.folder is not None:
            self._move(path, replace(task, name=marker.name))
        else:
            self._remove(path)

    def _version(self, path: str) -> Version | None:
        return version_or_none(self._wire, self._wire.send_path(Type.LSTAT, path.encode()))

    def _hidden(self, task: Disposal) -> str:
        """Where a file is that is about to be deleted: always the same, so that another attempt finds it."""
        text = f"{task.name}\0{task.version.size}\0{task.version.modified}\0{task.sha256}"
        return path_in(self._inbox, f".{hashlib.sha256(text.encode()).hexdigest()[:32]}.taken")

    def _move(self, source: str, task: Disposal) -> str:
        """Rename to a name that is free; the new path. Into no folder means to a hidden name."""
        folder = task.folder
        made = False
        for attempt in range(_ATTEMPTS):
            if folder is not None:
                target = path_in(folder, task.name if attempt == 0 else _another(task.name))
            elif attempt == 0:
                target = self._hidden(task)
            else:
                target = path_in(self._inbox, f".{uuid.uuid4().hex}.taken")
            # Some servers replace what is there, whatever the standard says.
            if self._version(target) is not None:
                continue
            try:
                self._rename(source, target)
            except StatusError as error:
                if folder is not None and not made and error.code in _MISSING and self._make(folder):
                    made = True
                    self._rename(source, target)
                elif self._version(target) is not None and self._version(source) is not None:
                    continue  # somebody was faster
                else:
                    raise
            return target
        raise StatusError(Status.FILE_ALREADY_EXISTS)

    def _rename(self, source: str, target: str) -> None:
        self._progress.phase = Phase.COMMIT
        try:
            self._wire.ok(self._wire.send_rename(source.encode(), target.encode(), replace=False))
        except StatusError:
            self._progress.phase = Phase.READ
            raise
        self._progress.phase = Phase.READ

    def _make(self, folder: str) -> bool:
        """True when the folder was missing and has been made."""
        try:
            self._wire.attributes(self._wire.send_path(Type.STAT, folder.encode()))
        except StatusError as error:
            if error.code not in _MISSING:
                raise
            about = self._progress.about
            self._progress.about = f"{about}: making folder {folder}"
            self._wire.ok(self._wire.send_mkdir(folder.encode()))
            self._progress.about = about
            return True
        return False

    def _is_the_one(self, path: str, task: Disposal) -> bool:
        found = self._version(path)
        if found is None or found == task.version:
            return True  # somebody has taken it from there already, or nothing has changed
        if found.size != task.version.size or task.sha256 is None:
            return False
        # Servers in front of an object store copy a file to rename it, which gives it another time.
        return remote_sha256(self._wire, path, task.version.size or 0) == task.sha256

    def _move_back(self, target: str, source: str, name: str) -> None:
        try:
            self._rename(target, source)
        except StatusError as error:
            raise PeerRejected(
                f"{name} was replaced at the moment it was moved away; the new content, which has not been "
                f"read, is left as {target}",
                code=status_name(error.code),
                blame=Blame.CONFLICT,
            ) from error

    def _remove(self, path: str) -> None:
        try:
            self._wire.ok(self._wire.send_path(Type.REMOVE, path.encode()))
        except StatusError as error:
            if error.code not in _MISSING:
                raise

    def _write_reason(self, target: str, reason: str) -> None:
        """The file is where it belongs; that nobody is told why is no reason to fail."""
        folder, name = posixpath.split(target)
        text = "".join(letter if letter.isprintable() else " " for letter in reason[:_MOST_REASON]) + "\n"
        own = Progress(Phase.UPLOAD, self._progress.about)
        temporary = f".{uuid.uuid4().hex}.part"
        upload = Upload(folder, _shortened(name, _REASON_SUFFIX), temporary, own, overwrite=False)
        try:
            upload.advance(self._wire, text.encode(), last=True)
        except (StatusError, PeerRejected) as error:
            _log.warning("%s: the reason was not written beside it: %s", self._progress.about, error)
            with contextlib.suppress(StatusError):
                upload.abandon(self._wire)


def _another(name: str) -> str:
    """The same name with random digits before its ending."""
    stem, ending = posixpath.splitext(name)
    return _shortened(stem, f".{uuid.uuid4().hex[:8]}{ending}")


def _shortened(stem: str, ending: str) -> str:
    """Both together, the first cut where that is longer than a name may be."""
    room = MAX_NAME_BYTES - len(ending.encode())
    return stem.encode()[: max(room, 1)].decode(errors="ignore") + ending
