"""The socket's place: a file in the state folder that only the gateway's own account may open."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_NAME = "admin.sock"
MAX_PATH_BYTES = 107
"""What fits into `sun_path` with its final zero. Source: unix(7)."""
BACKLOG = 16


class SocketError(Exception):
    """The socket cannot be made."""


@contextmanager
def reachable(folder: Path) -> Iterator[str]:
    """A path of the socket that is short enough for the system, usable while the block lasts.

    A state folder may lie deeper than a socket's address can say; the folder is opened then, and named by its
    descriptor, which leads to the same file under a short name.
    Raises: OSError.
    """
    path = folder / SOCKET_NAME
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        yield str(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_NAME}"
    finally:
        os.close(descriptor)


def listen(folder: Path) -> socket.socket:
    """The listening socket. One that a killed gateway left is replaced: whoever holds the store of this
    folder is the only gateway there is.

    Raises: SocketError.
    """
    path = folder / SOCKET_NAME
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        _remove(path)
        # The mode is that of the moment of binding: there is no time in which others could connect.
        before = os.umask(0o177)
        try:
            with reachable(folder) as address:
                made.bind(address)
        finally:
            os.umask(before)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise SocketError(f"{path}: {error.strerror or error}") from error
    except SocketError:
        made.close()
        raise
    return made


def remove(folder: Path) -> None:
    """Take the socket's file away. Raises nothing."""
    with contextlib.suppress(OSError, SocketError):
        _remove(folder / SOCKET_NAME)


def _remove(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketError(f"{path} is not a socket; move it away")
    path.unlink()
