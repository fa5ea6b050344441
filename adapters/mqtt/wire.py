"""The socket as paho sees it: reads in large pieces, whatever sizes paho asks for.

paho reads a packet's type, each byte of its length, and its body by calls of their own: four system calls for
one PUBACK. It also asks for a body's announced length at once, which may be 256 MiB: what is longer than
wanted comes to it shortened.
"""

from __future__ import annotations

import socket
import ssl

from adapters.mqtt.shortening import Shortener

_PIECE = 65_536


class BufferedSocket:
    """A non-blocking socket with a read buffer; what paho needs of a socket, and nothing else."""

    def __init__(self, connected: socket.socket, max_packet_bytes: int) -> None:
        """`max_packet_bytes`: longer packets are shortened to this."""
        self._socket = connected
        self._shortener = Shortener(max_packet_bytes)
        self._read = b""  # what was not given to the shortener yet
        self._buffer = b""
        self._at = 0

    @property
    def dropped(self) -> int:
        """Bytes that are missing from the packet that was read whole just now."""
        return self._shortener.dropped if self._at >= len(self._buffer) else 0

    @property
    def readable(self) -> bool:
        """True while `recv` would answer without asking the operating system to wait: event loops watch the
        descriptor only, and neither this buffer nor what TLS has decrypted makes that readable."""
        if self._at < len(self._buffer) or self._read:
            return True
        return (
            isinstance(self._socket, ssl.SSLSocket)
            and self._socket.fileno() >= 0
            and self._socket.pending() > 0
        )

    def recv(self, size: int) -> bytes:
        """At least one and at most `size` bytes; none at the end. Raises: BlockingIOError, OSError."""
        if self._at >= len(self._buffer):
            received = self._read or self._socket.recv(_PIECE)
            self._buffer, used = self._shortener.take(received)
            self._read, self._at = received[used:], 0
            if received and not self._buffer:
                raise BlockingIOError("all that has come was dropped")
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def send(self, data: bytes | bytearray) -> int:
        """Send what the operating system takes, and say how much. Raises: BlockingIOError, OSError."""
        return self._socket.send(data)

    def setblocking(self, flag: bool) -> None:
        """As of a socket."""
        self._socket.setblocking(flag)

    def fileno(self) -> int:
        """The descriptor, -1 once closed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()
