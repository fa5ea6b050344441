"""One file on its way from an inbox to the store: read once, checked, and told apart from every other."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Mapping
from types import TracebackType
from typing import Any, Protocol

from adapters.contract import ByteBody
from adapters.errors import AdapterError, BadReply, ConnectionLost, ReadFailed, ReadTimeout
from adapters.sftp.download import Download, RemoteFile
from adapters.sftp.listing import timestamp
from adapters.sftp.look import Candidate, Version
from adapters.sftp.packets import Status, StatusError, Type
from adapters.sftp.wire import Wire

_GONE = (Status.NO_SUCH_FILE, Status.NO_SUCH_PATH)


class ChangedMeanwhile(ReadFailed):
    """The file is no longer the one that was found in the folder. Nothing of it was read."""


class ArrivingFile(RemoteFile):
    """A file that must be the one that was found, from the look into the folder to the last byte, and then
    still lie under its name, with its marker beside it."""

    def __init__(self, folder: str, candidate: Candidate, most: int) -> None:
        self.path = path_in(folder, candidate.name)
        super().__init__(self.path, most)
        self._version = candidate.version
        self._marker = candidate.marker
        self._marker_path = path_in(folder, candidate.marker.name).encode() if candidate.marker else b""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of the bytes read so far, as hexadecimal digits."""
        return self._digest.hexdigest()

    def read(self, wire: Wire) -> bytes:
        """As of every remote file; the bytes are counted into the hash."""
        block = super().read(wire)
        self._digest.update(block)
        return block

    def check_opened(self, wire: Wire) -> None:
        """Raises: ChangedMeanwhile."""
        if Version(self.size, self.modified) != self._version:
            wire.ok(wire.send_handle(Type.CLOSE, self.handle))
            raise ChangedMeanwhile("the file was replaced or written to since it was found")

    def check_read(self, wire: Wire) -> None:
        """Raises: ReadFailed."""
        at_path = wire.send_path(Type.LSTAT, self.path.encode())
        at_marker = wire.send_path(Type.LSTAT, self._marker_path) if self._marker else None
        found = version_or_none(wire, at_path)
        marker = version_or_none(wire, at_marker) if at_marker is not None else None
        if found is None:
            raise ReadFailed("the file was taken away while it was read")
        if found != self._version:
            raise ReadFailed("the file was replaced while it was read")
        if self._marker is not None and marker is None:
            raise ReadFailed("the file's marker was taken away while the file was read")


class Settler(Protocol):
    """Does what follows from a delivery."""

    async def taken(self, candidate: Candidate, sha256: str) -> None:
        """The file is stored: move it away."""

    async def refused(self, candidate: Candidate, reason: str) -> None:
        """The file will never be taken: put it aside."""

    def cursor_with(self, candidate: Candidate) -> str | None:
        """Where to resume once this file is stored."""


class FileDelivery:
    """One file. Exactly one of `ack` and `nack` is called; a failed `ack` may be repeated."""

    def __init__(
        self,
        settler: Settler,
        candidate: Candidate,
        file: ArrivingFile,
        chunks: Download,
        *,
        redelivered: bool,
    ) -> None:
        self._settler = settler
        self._candidate = candidate
        self._file = file
        self._chunks = _Chunks(chunks)
        self._redelivered = redelivered
        self._payload = ByteBody(
            chunks=self._chunks, content_type="application/octet-stream", size=candidate.version.size
        )
        self._headers = _headers(candidate, file.path)
        self._left = False

    @property
    def payload(self) -> ByteBody:
        """The bytes of the file."""
        return self._payload

    @property
    def headers(self) -> Mapping[str, str]:
        """sftp.path, sftp.name, sftp.size, sftp.modified."""
        return self._headers

    @property
    def redelivered(self) -> bool:
        """Whether this adapter has delivered the file before."""
        return self._redelivered

    @property
    def is_whole(self) -> bool:
        """True once every byte was read and every check passed."""
        return self._chunks.is_complete

    @property
    def is_postponed(self) -> bool:
        """True when it was read well and is to be delivered again: what comes after it waits, too."""
        return self._left and self._chunks.failure is None

    @property
    def has_broken(self) -> bool:
        """True when reading it has failed."""
        return self._chunks.failure is not None

    @property
    def has_changed(self) -> bool:
        """True when reading it has failed because it is not at rest."""
        failure = self._chunks.failure
        return failure is not None and not isinstance(failure, ReadTimeout | ConnectionLost)

    def source_key(self) -> str:
        """Path, size, time and hash: a new content under an old name is another arrival.

        Raises: ReadFailed when it has not been read to its end.
        """
        self._insist_on_whole()
        version = self._candidate.version
        return f"{self._file.path}|{version.size}|{version.modified}|{self._file.sha256}"

    def cursor(self) -> str | None:
        """What to remember of a folder whose files stay; None where they are moved away."""
        return self._settler.cursor_with(self._candidate)

    async def ack(self) -> None:
        """Move the file, or delete it, or remember it.

        Raises: ReadFailed when it has not been read to its end; NotSent's and ReadFailed's kinds,
        OutcomeUnknown, AccessRefused's kinds, PeerRejected, BadReply's kinds.
        """
        self._insist_on_whole()
        await self._settler.taken(self._candidate, self._file.sha256)

    async def nack(self, reason: str, *, for_good: bool = False) -> None:
        """Leave the file, or put it aside. Raises: as `ack`."""
        await self.close()
        if for_good:
            await self._settler.refused(self._candidate, reason)
        else:
            self._left = True

    async def close(self) -> None:
        """Give up what is not read yet. Idempotent."""
        await self._chunks.aclose()

    def _insist_on_whole(self) -> None:
        if not self.is_whole:
            raise ReadFailed(f"{self._file.path} has not been read to its end")


class _Chunks(AsyncGenerator[bytes, None]):
    """The chunks of a download, which knows whether it failed, and raises only what a payload may."""

    def __init__(self, inner: Download) -> None:
        self._inner = inner
        self.failure: AdapterError | None = None

    @property
    def is_complete(self) -> bool:
        """True once every byte was handed out."""
        return self._inner.is_complete

    async def asend(self, value: None) -> bytes:
        """The next chunk. Raises: ReadFailed, BadReply."""
        try:
            return await self._inner.asend(value)
        except (ReadFailed, BadReply) as error:
            self.failure = error
            raise
        except AdapterError as error:
            self.failure = error
            raise ReadFailed(error.message) from error

    async def athrow(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        traceback: TracebackType | None = None,
    ) -> Any:
        """End the stream by an error."""
        return await self._inner.athrow(kind, value, traceback)

    async def aclose(self) -> None:
        """End the stream."""
        await self._inner.aclose()


def path_in(folder: str, name: str) -> str:
    """The path of one entry of a folder."""
    return f"/{name}" if folder == "/" else f"{folder}/{name}"


def version_or_none(wire: Wire, number: int) -> Version | None:
    """The answer to a look at a path; None when there is nothing."""
    try:
        return Version.of(wire.attributes(number))
    except StatusError as error:
        if error.code in _GONE:
            return None
        raise


def _headers(candidate: Candidate, path: str) -> dict[str, str]:
    headers = {"sftp.path": path, "sftp.name": candidate.name}
    if candidate.version.size is not None:
        headers["sftp.size"] = str(candidate.version.size)
    modified = timestamp(candidate.version.modified)
    if modified is not None:
        headers["sftp.modified"] = modified
    return headers
