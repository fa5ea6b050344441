"""One driver process: `python -m adapters.odbc.worker` with a socket as its standard input.

Native drivers hang and crash, so they live here, one connection to a process, and the gateway kills what does
not answer. The process ends when the gateway closes the socket or dies, also in the middle of a driver call.
"""

from __future__ import annotations

import _thread
import os
import resource
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, cast

from adapters.odbc import wire
from adapters.odbc.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

CANCEL_GRACE_S = 1.0
JOIN_BELOW = 65_536
MAX_MEMORY_BYTES = 2 * 2**30
"""A driver that fetches more than this at once, such as hundreds of very long rows, loses its process and no
more: without a bound the machine would run out of memory."""


class Channel:
    """Frames over the socket to the gateway. Blocking."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._input = connection.makefile("rb", buffering=65536)

    def receive(self) -> wire.ToWorker | None:
        """The next message; None when the gateway has closed its end."""
        header = self._input.read(wire.HEADER.size)
        if len(header) < wire.HEADER.size:
            return None
        _, length = wire.HEADER.unpack(header)
        payload = self._input.read(length)
        return cast("wire.ToWorker", wire.to_worker.decode(payload)) if len(payload) == length else None

    def send(self, message: wire.ToGateway) -> None:
        """Send one message."""
        self._socket.sendall(wire.frame(message))

    def send_block(self, kind: int, block: bytes) -> None:
        """Send one block of NDJSON."""
        header = wire.HEADER.pack(kind, len(block))
        if len(block) < JOIN_BELOW:
            self._socket.sendall(header + block)  # one packet wakes the gateway once
        else:
            self._socket.sendall(header)
            self._socket.sendall(block)


def _take_over_stdin() -> socket.socket:
    """The socket that came as standard input, moved out of the reach of drivers that read or print."""
    connection = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return connection


def _watch(descriptor: int, cancel: Callable[[], None]) -> None:
    """Wait, in a thread of its own, for the gateway to close its end; stop what runs, then the process."""
    poll = select.poll()
    poll.register(descriptor, select.POLLRDHUP)
    poll.poll()
    cancel()
    time.sleep(CANCEL_GRACE_S)
    os._exit(1)


def main() -> None:
    """Answer requests until the gateway closes its end."""
    # A terminal's Ctrl+C and a service manager's stop reach the whole group. The gateway then lets calls come
    # to their end, and this process ends with it.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > MAX_MEMORY_BYTES:
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, hard))
    connection = _take_over_stdin()
    channel = Channel(connection)
    session = Session(channel)
    _thread.start_new_thread(_watch, (connection.fileno(), session.cancel))
    try:
        while (message := channel.receive()) is not None:
            session.answer(message)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the gateway went away in the middle of an answer: end as if it had closed its end before
    session.close()


if __name__ == "__main__":
    main()
