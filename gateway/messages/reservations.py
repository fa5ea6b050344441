"""Idempotency keys: asked for before a call, settled with its answer."""

from __future__ import annotations

from gateway.messages.contract import Reservation
from gateway.messages.core import Core
from gateway.messages.database import fetch

DAY_MS = 24 * 3600 * 1000


def reserve(core: Core, scope: str, key: str, fingerprint: str) -> Reservation:
    """Raises: StoreFull, Damaged, apsw.Error."""
    digest = core.sealer.digest("key", scope, key)
    request = core.sealer.digest("fingerprint", fingerprint)
    found = fetch(
        core.db, "SELECT fingerprint, epoch, CAST(answer AS BLOB) FROM keys WHERE digest = ?", (digest,)
    )
    # However old it is: what is kept no longer is removed by `retention` alone, while the clock is trusted.
    if not found:
        core.room.check()
        core.db.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, NULL)", (digest, request, core.now(), core.epoch)
        )
        return Reservation("new")
    known, epoch, answer = found[0]
    if known != request:
        return Reservation("other")
    if answer is not None:
        return Reservation("answered", core.sealer.unseal(answer, _place(digest)))
    return Reservation("running" if epoch == core.epoch else "unknown")


def settle(core: Core, scope: str, key: str, answer: bytes) -> None:
    """Raises: apsw.Error."""
    digest = core.sealer.digest("key", scope, key)
    core.db.execute(
        "UPDATE keys SET answer = ? WHERE digest = ?", (core.sealer.seal(answer, _place(digest)), digest)
    )


def forget(core: Core, scope: str, key: str) -> None:
    """Raises: apsw.Error."""
    digest = core.sealer.digest("key", scope, key)
    core.db.execute("DELETE FROM keys WHERE digest = ? AND answer IS NULL", (digest,))


def first(core: Core, scope: str, key: str, answer: bytes) -> bytes | None:
    """Keep an answer without having reserved its key. The one that was kept before, where there is one.

    Raises: Damaged, apsw.Error.
    """
    digest = core.sealer.digest("key", scope, key)
    found = core.db.execute("SELECT CAST(answer AS BLOB) FROM keys WHERE digest = ?", (digest,)).get
    if found is not None:
        return core.sealer.unseal(found, _place(digest))
    request, sealed = core.sealer.digest("fingerprint", ""), core.sealer.seal(answer, _place(digest))
    values = (digest, request, core.now(), core.epoch, sealed)
    core.db.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?)", values)
    return None


def _place(digest: bytes) -> str:
    return f"keys.answer:{digest.hex()}"
