"""A TCP proxy that misbehaves on command, to stand between a client and a real server.

It forwards faithfully until told otherwise; every fault can be switched on and off while connections are
open, also from the middle of a call. It runs on the event loop of the test:

    async with FaultProxy(server.port) as proxy:
        client = await connect(proxy.port)
        proxy.silence()          # accepts, and then nothing moves in either direction
        ...
        proxy.restore()          # what was held back flows again
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType

CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close() sends RST instead of FIN


class Direction(StrEnum):
    """Which way bytes travel."""

    TO_SERVER = "to_server"
    TO_CLIENT = "to_client"


@dataclass
class _Lane:
    """The faults of one direction. Offsets and counts are bytes since the proxy (or `restore`) began."""

    passed: int = 0
    total: int = 0
    cut_after: int | None = None
    flip_at: set[int] = field(default_factory=set)
    garble_every: int | None = None


class _Connection:
    """One client, its connection to the server, and the two tasks that pump between them."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.writers: dict[Direction, asyncio.StreamWriter] = {Direction.TO_CLIENT: client}
        self.task: asyncio.Task[None] | None = None

    def reset(self) -> None:
        """Abort both sides with RST."""
        for writer in self.writers.values():
            raw = writer.get_extra_info("socket")
            if raw is not None and not writer.transport.is_closing():
                with contextlib.suppress(OSError):
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()

    def close(self) -> None:
        """End both sides with FIN."""
        for writer in self.writers.values():
            writer.close()


class FaultProxy:
    """Forwards `127.0.0.1:port` to a server and injects faults.

    `latency_s` delays each chunk in each direction, `bytes_per_s` limits each direction of each connection;
    both may be set at any time. `connections` counts accepted clients; `live` those still open.
    """

    def __init__(self, target_port: int, target_host: str = "127.0.0.1") -> None:
        self._target = (target_host, target_port)
        self._server: asyncio.Server | None = None
        self._open: set[_Connection] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._changed = asyncio.Event()
        self._lanes = {direction: _Lane() for direction in Direction}
        self.port = 0
        self.connections = 0
        self.latency_s = 0.0
        self.bytes_per_s: float | None = None

    async def __aenter__(self) -> FaultProxy:
        await self.accept()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        tasks = [connection.task for connection in self._open if connection.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def live(self) -> int:
        """Connections open now."""
        return len(self._open)

    def bytes(self, direction: Direction) -> int:
        """Bytes forwarded in this direction since the proxy started, over all connections."""
        return self._lanes[direction].total

    async def until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Wait until the condition on this proxy's counts holds. Raises: TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # --- faults ------------------------------------------------------------------------------------

    async def refuse(self) -> None:
        """Close the listener: new connections are refused. Open ones live on."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def accept(self) -> None:
        """Listen (again), always on the same port."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=CHUNK)
            self.port = self._server.sockets[0].getsockname()[1]

    def silence(self) -> None:
        """Accept connections, and neither read nor forward anything: a black hole."""
        self._flowing.clear()

    def restore(self) -> None:
        """End silence, latency, throttling, and planned cuts and flips; counting for those starts anew."""
        self.latency_s, self.bytes_per_s = 0.0, None
        for lane in self._lanes.values():
            lane.passed, lane.cut_after, lane.flip_at, lane.garble_every = 0, None, set(), None
        self._flowing.set()

    def reset(self) -> None:
        """Abort every open connection with RST, towards both ends."""
        for connection in tuple(self._open):
            connection.reset()

    def half_close(self, direction: Direction) -> None:
        """Send FIN in this direction on every open connection; the other direction goes on."""
        for connection in tuple(self._open):
            writer = connection.writers.get(direction)
            if writer is not None and writer.can_write_eof() and not writer.transport.is_closing():
                writer.write_eof()

    def cut_after(self, count: int, direction: Direction) -> None:
        """Forward `count` more bytes in this direction, then reset the connection that carries the next."""
        lane = self._lanes[direction]
        lane.passed, lane.cut_after = 0, count

    def flip(self, offset: int, direction: Direction) -> None:
        """Invert all bits of the byte at `offset` (0-based, counted from now) in this direction."""
        lane = self._lanes[direction]
        lane.passed = 0 if not lane.flip_at else lane.passed
        lane.flip_at.add(offset)

    def garble(self, every: int, direction: Direction) -> None:
        """Invert the first and then each `every`-th byte of each chunk in this direction, until `restore`."""
        self._lanes[direction].garble_every = every

    # --- forwarding --------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        connection.task = asyncio.current_task()
        self.connections += 1
        self._open.add(connection)
        self._changed.set()
        try:
            await self._flowing.wait()
            upstream, server = await asyncio.open_connection(*self._target, limit=CHUNK)
            connection.writers[Direction.TO_SERVER] = server
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(connection, reader, Direction.TO_SERVER))
                pumps.create_task(self._pump(connection, upstream, Direction.TO_CLIENT))
        except (OSError, ExceptionGroup):
            # One side is gone, or a planned cut: the other must see it as abruptly.
            connection.reset()
        except asyncio.CancelledError:
            # Only `__aexit__` cancels; ending normally keeps asyncio's own callback quiet.
            connection.reset()
        finally:
            self._open.discard(connection)
            self._changed.set()
            connection.close()
            for side in connection.writers.values():
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await side.wait_closed()

    async def _pump(
        self, connection: _Connection, reader: asyncio.StreamReader, direction: Direction
    ) -> None:
        writer = connection.writers[direction]
        while True:
            await self._flowing.wait()
            chunk = await reader.read(CHUNK)
            await self._flowing.wait()
            if not chunk:
                if writer.can_write_eof() and not writer.transport.is_closing():
                    writer.write_eof()
                return
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            await self._forward(chunk, writer, direction)

    async def _forward(self, chunk: bytes, writer: asyncio.StreamWriter, direction: Direction) -> None:
        """Write one chunk with the lane's flips and cut. Raises: ConnectionResetError when cut."""
        lane = self._lanes[direction]
        start = lane.passed
        allowed = len(chunk) if lane.cut_after is None else max(0, min(len(chunk), lane.cut_after - start))
        for offset in [at for at in lane.flip_at if start <= at < start + allowed]:
            at = offset - start
            chunk = chunk[:at] + bytes([chunk[at] ^ 0xFF]) + chunk[at + 1 :]
            lane.flip_at.discard(offset)
        if lane.garble_every is not None:
            chunk = bytes(
                byte ^ 0xFF if at % lane.garble_every == 0 else byte for at, byte in enumerate(chunk)
            )
        step = allowed if self.bytes_per_s is None else max(1, int(self.bytes_per_s / 20))
        for begin in range(0, allowed, max(1, step)):
            piece = chunk[begin : min(begin + step, allowed)]
            if self.bytes_per_s is not None:
                await asyncio.sleep(len(piece) / self.bytes_per_s)
            writer.write(piece)
            lane.passed += len(piece)
            lane.total += len(piece)
            self._changed.set()
            await writer.drain()
        if allowed < len(chunk):
            raise ConnectionResetError("cut here by the test")
