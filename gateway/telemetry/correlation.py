"""The correlation id: one text that ties a request, its log lines and its answer together."""

from __future__ import annotations

import random
import re
import uuid
from contextvars import ContextVar

current: ContextVar[str] = ContextVar("correlation_id", default="")
"""The id of the request that the running task works for; empty outside requests."""

MAX_LENGTH = 128
# Ids tell requests apart; they guard nothing. The operating system's chance costs a system call each.
_chance = random.Random(random.SystemRandom().getrandbits(128))  # noqa: S311
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", re.ASCII)


def new_id() -> str:
    """A fresh id: a random UUID (version 4)."""
    digits = f"{_chance.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def accept(offered: str | None) -> str:
    """The caller's id when it is sane (letters, digits, `._:-`, at most 128 characters), else a fresh one."""
    return offered if offered and _SANE.fullmatch(offered) else new_id()


def as_urn(correlation_id: str) -> str:
    """The id as `urn:uuid:`. An id that is no UUID gets the name-based UUID (version 5) of its text."""
    try:
        value = uuid.UUID(correlation_id)
    except ValueError:
        value = uuid.uuid5(uuid.NAMESPACE_OID, correlation_id)
    return value.urn
