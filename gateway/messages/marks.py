"""What is stored of side effects, as it is read back."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.messages.contract import Mark
from gateway.messages.errors import Damaged
from gateway.messages.rows import Row
from gateway.messages.sealing import Sealer


def mark_place(message_id: str, position: str) -> str:
    """What the result of a side effect is bound to."""
    return f"marks.result:{message_id}:{position}"


def read_marks(
    sealer: Sealer, row: Row, marks: Sequence[tuple[str, int, int, bytes | None]]
) -> dict[str, Mark]:
    """A message's marks by position, of rows of position, done, attempts and result. Raises: Damaged, of the
    message itself too."""
    if row.damaged:
        raise Damaged(row.message.failure.text if row.message.failure else "")
    return {
        position: Mark(
            bool(done),
            attempts,
            None if sealed is None else sealer.unseal(sealed, mark_place(row.message.id, position)),
        )
        for position, done, attempts, sealed in marks
    }
