"""The oracle of every claim about delivery: what the source saw acknowledged against what the sink received.

The source notes each message that was acknowledged to it; the sink's own server is asked what arrived. Both
stand outside the gateway, so that killing it loses nothing of them. Every message has an id and a checksum.

    lost        acknowledged, and neither at the sink nor where the gateway says that it waits for a person
    duplicated  at the sink more than once
    altered     at the sink with another content
    stuck       acknowledged, not at the sink, and still under way when there was time enough
    unexpected  at the sink and never sent

A message that was sent and not acknowledged may arrive or not: the source would send it again.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path


def checksum(content: str | bytes) -> str:
    """SHA-256 in hex, of UTF-8 where it is text."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


class Ledger:
    """What the source sent and what was acknowledged to it, in a file that outlives a killed process.

    One line per event: `sent ID SHA256` before the first byte leaves, `acked ID` after the answer.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self.sent: dict[str, str] = {}
        self.acked: set[str] = set()

    def send(self, identifier: str, content: str | bytes) -> None:
        """Note that a message is about to be sent."""
        self.sent[identifier] = checksum(content)
        self._file.write(f"sent {identifier} {self.sent[identifier]}\n".encode())

    def ack(self, identifier: str) -> None:
        """Note that its taker has said yes."""
        self.acked.add(identifier)
        self._file.write(f"acked {identifier}\n".encode())

    def close(self) -> None:
        """Sync and close the file."""
        os.fsync(self._file.fileno())
        self._file.close()


@dataclass(frozen=True)
class Verdict:
    """What the oracle found. Each field lists ids, `duplicated` with how often they arrived."""

    acked: int
    delivered: int
    lost: tuple[str, ...]
    duplicated: Mapping[str, int]
    altered: tuple[str, ...]
    stuck: tuple[str, ...]
    unexpected: tuple[str, ...]
    held: tuple[str, ...]
    """Dead letters and those in doubt: a person decides. They are not lost."""

    def __str__(self) -> str:
        return (
            f"{self.acked} acknowledged, {self.delivered} delivered: {len(self.lost)} lost, "
            f"{self.extra} duplicated, {len(self.altered)} altered, {len(self.stuck)} stuck, "
            f"{len(self.held)} held, {len(self.unexpected)} unexpected"
        )

    def without_newer_than(self, known: Collection[str]) -> Verdict:
        """The same, where of those that are missing only the `known` ones had time enough."""
        return replace(
            self,
            lost=tuple(one for one in self.lost if one in known),
            stuck=tuple(one for one in self.stuck if one in known),
        )

    @property
    def extra(self) -> int:
        """How many deliveries there were beyond the first of each message."""
        return sum(count - 1 for count in self.duplicated.values())


def judge(
    ledger: Ledger,
    received: Iterable[tuple[str, str | bytes]],
    *,
    held: Collection[str] = (),
    waiting: Collection[str] = (),
) -> Verdict:
    """Compare.

    `received`: id and content of each arrival at the sink, in any order, repetitions included. `held`: ids of
    which the gateway says that a person must decide. `waiting`: ids that it says are still under way.
    """
    arrivals: Counter[str] = Counter()
    altered: list[str] = []
    for identifier, content in received:
        arrivals[identifier] += 1
        if ledger.sent.get(identifier, "") not in ("", checksum(content)):
            altered.append(identifier)
    missing = sorted(ledger.acked - arrivals.keys())
    return Verdict(
        acked=len(ledger.acked),
        delivered=len(arrivals),
        lost=tuple(one for one in missing if one not in held and one not in waiting),
        duplicated={one: count for one, count in arrivals.items() if count > 1},
        altered=tuple(altered),
        stuck=tuple(one for one in missing if one in waiting and one not in held),
        unexpected=tuple(sorted(arrivals.keys() - ledger.sent.keys())),
        held=tuple(sorted(set(held))),
    )
