"""Where log lines go: a thread of its own writes them, so that a stalled pipe or a full disk never holds up
a request. Lines beyond the bound are dropped and counted."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import BinaryIO

from gateway.telemetry.metrics import LOG_LINES_DROPPED

MAX_WAITING_LINES = 10_000
_COLLECT_S = 0.02
"""Seconds that the writer waits for more lines once there is one. Waking a thread for each line would cost
more than making the line."""


class LineSink:
    """Writes whole lines to one binary stream, in the order they came."""

    def __init__(self, stream: BinaryIO, *, max_waiting: int = MAX_WAITING_LINES) -> None:
        self._stream = stream
        self._max_waiting = max_waiting
        self._lines: deque[bytes] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Hand over one line, ended by LF. Never blocks and never raises."""
        if len(self._lines) >= self._max_waiting:
            self.dropped += 1
            LOG_LINES_DROPPED.inc()
            return
        self._lines.append(line)
        if self._thread is None:
            self._begin()
        if not self._wake.is_set():
            self._wake.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is waiting and end the thread; give up after `timeout_s` when the stream is stuck."""
        with self._start:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._closing.set()
            self._wake.set()
            thread.join(timeout_s)

    def _begin(self) -> None:
        with self._start:
            if self._thread is None:
                self._closing.clear()
                # A daemon: a stuck stream must not keep the process from ending.
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait()
            self._closing.wait(_COLLECT_S)
            # Cleared before the lines are taken: a line that comes in between is either taken or wakes again.
            self._wake.clear()
            self._write_waiting()
        self._write_waiting()

    def _write_waiting(self) -> None:
        count = len(self._lines)
        if not count:
            return
        batch = b"".join([self._lines.popleft() for _ in range(count)])
        # A closed or full log must not stop the gateway; there is nowhere left to say so.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(batch)
            self._stream.flush()
