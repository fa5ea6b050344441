"""How this process gets its memory: what suits files that go through in blocks. Only whoever owns the process
may say so, and before the libraries are loaded that take it."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


def use_system_pool() -> None:
    """Have Arrow take its memory from the C library, unless the environment says otherwise. The pool that it
    takes by itself keeps more of what was freed, some 20 MB, and is no faster here. The variable is set, and
    not the pool, since most conversions to NDJSON never load Arrow.

    Source: Apache Arrow C++, Environment variables: ARROW_DEFAULT_MEMORY_POOL.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def keep_freed_memory() -> None:
    """Have the C library keep what one block frees for the next one. To give some megabytes back to the
    system and to get them again for each block takes a quarter of the time.

    Source: mallopt(3); other C libraries than glibc have it not, and do not need it.
    """
    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, 32 << 20)
        mallopt(_TRIM_THRESHOLD, 128 << 20)


def collect_rarely() -> None:
    """Leave what is there out of garbage collections, and have few of them: records have no cycles, so that a
    collection finds nothing in them and costs a tenth of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
