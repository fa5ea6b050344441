"""Where log lines go: a thread of its own writes them, so that a stalled pipe or a full disk never holds up
a request. Lines beyond the bound are dropped and counted."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import BinaryIO

MAX_WAITING_LINES = 10_000
_BATCH = 500


class LineSink:
    """Writes whole lines to one binary stream, in the order they came."""

    def __init__(self, stream: BinaryIO, *, max_waiting: int = MAX_WAITING_LINES) -> None:
        self._stream = stream
        self._max_waiting = max_waiting
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Hand over one line, ended by LF. Never blocks and never raises."""
        if self._lines.qsize() >= self._max_waiting:
            self.dropped += 1
            return
        self._lines.put(line)
        if self._thread is None:
            self._begin()

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is waiting and end the thread; give up after `timeout_s` when the stream is stuck."""
        with self._start:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._lines.put(None)
            thread.join(timeout_s)

    def _begin(self) -> None:
        with self._start:
            if self._thread is None:
                # A daemon: a stuck stream must not keep the process from ending.
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        ended = False
        while not ended:
            batch = [self._lines.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < _BATCH:
                    batch.append(self._lines.get_nowait())
            ended = None in batch
            # A closed or full log must not stop the gateway; there is nowhere left to say so.
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(b"".join(line for line in batch if line is not None))
                self._stream.flush()
