"""The process ends soon after the gateway has stopped, whatever its threads are in the middle of.

Python waits for every thread before it ends. By then the store is closed and has everything that was
accepted, and nobody is left for whom a decoder or a driver's library could finish its work.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from gateway.telemetry import get_logger, shut_down

LAST_S = 3.0
"""Seconds that threads get to end by themselves."""

_log = get_logger("cli")


def end_soon(code: int) -> None:
    """Have the process end with this exit code after `LAST_S`, unless it has ended by then."""
    threading.Thread(target=_end, args=(code,), name="ending", daemon=True).start()


def _end(code: int) -> None:
    time.sleep(LAST_S)
    _log.warning("threads that do not end are broken off", threads=_busy())
    shut_down()
    sys.stdout.flush()
    os._exit(code)


def _busy() -> list[str]:
    """Those that the process waits for. Daemons it does not."""
    main = threading.main_thread()
    return sorted({each.name for each in threading.enumerate() if each is not main and not each.daemon})
