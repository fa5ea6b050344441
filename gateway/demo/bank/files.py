"""The SFTP side of a folder: paramiko's server interface over real files, confined to one root."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_EXTENDED,
    CMD_INIT,
    CMD_VERSION,
    SFTP_BAD_MESSAGE,
    SFTP_FAILURE,
    SFTP_OK,
    SFTPError,
)
from typing_extensions import Buffer

_VERSION = 3
_EXTENSIONS = ("posix-rename@openssh.com", "1", "fsync@openssh.com", "1")


class OpenFile(paramiko.SFTPHandle):
    """An open file, read and written at offsets, so that pipelined requests do not disturb each other."""

    def __init__(self, descriptor: int, flags: int) -> None:
        super().__init__(flags)
        self._descriptor = descriptor

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, offset: int, length: int) -> bytes | int:
        """Bytes from `offset`; none at the end of the file. paramiko makes EOF of that."""
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            return _status(error)

    def write(self, offset: int, data: Buffer) -> int:
        """Write all of `data` at `offset`."""
        try:
            view = memoryview(data)
            while view:
                written = os.pwrite(self._descriptor, view, offset)
                view, offset = view[written:], offset + written
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def stat(self) -> paramiko.SFTPAttributes | int:
        """Attributes of the open file."""
        try:
            return paramiko.SFTPAttributes.from_stat(os.fstat(self._descriptor))
        except OSError as error:
            return _status(error)

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        """Permissions and times asked for on an open file are the server's own business."""
        return SFTP_OK

    def fsync(self) -> int:
        """Put what was written on disk."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            return _status(error)
        return SFTP_OK


class Files(paramiko.SFTPServerInterface):
    """Files below `root`. Paths are resolved, links included, and refused when they lead outside."""

    def __init__(self, server: paramiko.ServerInterface, root: Path) -> None:
        super().__init__(server)
        self._root = root.resolve()

    def _local(self, path: str, *, follow: bool = True) -> Path:
        """The file a client's path means. With `follow` false the last segment may be a link itself."""
        if "\0" in path:
            raise PermissionError(errno.EACCES, "NUL in a path")
        # normpath on an absolute path drops leading `..` as chroot does.
        inside = self._root / os.path.normpath(f"/{path}").lstrip("/")
        resolved = (
            inside.resolve() if follow or inside == self._root else inside.parent.resolve() / inside.name
        )
        if not resolved.is_relative_to(self._root):
            raise PermissionError(errno.EACCES, "outside the served folder")
        return resolved

    def canonicalize(self, path: str) -> str:
        """The absolute path as clients see it."""
        return os.path.normpath(f"/{path}").replace("//", "/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        """Names and attributes in one folder."""
        try:
            return [
                paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False), entry.name)
                for entry in os.scandir(self._local(path))
            ]
        except OSError as error:
            return _status(error)

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        """Attributes of what the path leads to."""
        try:
            return paramiko.SFTPAttributes.from_stat(self._local(path).stat())
        except OSError as error:
            return _status(error)

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        """Attributes of the path itself."""
        try:
            return paramiko.SFTPAttributes.from_stat(self._local(path, follow=False).lstat())
        except OSError as error:
            return _status(error)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        """Open a file as `flags` (those of open(2)) say."""
        try:
            return OpenFile(os.open(self._local(path), flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640), flags)
        except OSError as error:
            return _status(error)

    def remove(self, path: str) -> int:
        """Delete a file."""
        try:
            self._local(path, follow=False).unlink()
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        """Rename as SFTP version 3 wants it: an existing target is an error."""
        try:
            target = self._local(newpath, follow=False)
            if target.exists():
                return SFTP_FAILURE
            self._local(oldpath, follow=False).rename(target)
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        """Make one folder; the one above it must be there."""
        try:
            self._local(path, follow=False).mkdir(mode=0o750)
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def rmdir(self, path: str) -> int:
        """Remove an empty folder, but not the root."""
        try:
            self._local(path, follow=False).rmdir()
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        """Rename in one step over whatever bears the new name."""
        try:
            self._local(oldpath, follow=False).replace(self._local(newpath, follow=False))
        except OSError as error:
            return _status(error)
        return SFTP_OK

    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        """Permissions and times asked for by clients are the server's own business."""
        return SFTP_OK


class Subsystem(paramiko.SFTPServer):
    """paramiko's SFTP server, which also announces and obeys OpenSSH's extensions for safe delivery."""

    def _send_server_version(self) -> int:
        kind, data = self._read_packet()  # type: ignore[attr-defined]
        if kind != CMD_INIT:
            raise SFTPError("not an SFTP client")
        answer = Message()
        answer.add_int(_VERSION)
        for text in _EXTENSIONS:
            answer.add_string(text)
        self._send_packet(CMD_VERSION, answer)  # type: ignore[attr-defined]
        return int.from_bytes(data[:4], "big")

    def _process(self, kind: int, request_number: int, message: Message) -> None:
        if kind == CMD_EXTENDED:
            start = message.packet.tell()
            if message.get_text() == "fsync@openssh.com":
                handle: Any = self.file_table.get(message.get_binary())
                status = SFTP_BAD_MESSAGE if handle is None else handle.fsync()
                self._send_status(request_number, status)  # type: ignore[attr-defined]
                return
            message.packet.seek(start)
        super()._process(kind, request_number, message)  # type: ignore[misc]


def _status(error: OSError) -> int:
    return paramiko.SFTPServer.convert_errno(error.errno or errno.EIO)
