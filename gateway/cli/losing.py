"""What mappings lose on the way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cli.reporting import counted
from gateway.config import Configuration
from mappings.transform import build_transform


@dataclass(frozen=True, slots=True)
class Verdict:
    """One mapping. `losses` is what is not written again as it was read, each a sentence."""

    name: str
    kind: str
    losses: Sequence[str]

    def shown(self, *, verbose: bool) -> str:
        """A line, and one more for each loss where they are asked for."""
        if not self.losses:
            return f"{self.name} ({self.kind}): lossless both ways"
        if self.kind == "transform":
            return f"{self.name} ({self.kind}): one way: {self.losses[0]}"
        if verbose:
            return "\n  ".join(
                [f"{self.name} ({self.kind}): not written again as it was read:", *self.losses]
            )
        count = counted(len(self.losses), "thing")
        verb = "is" if len(self.losses) == 1 else "are"
        return f"{self.name} ({self.kind}): {count} {verb} not written again as read (--verbose)"


def verdicts(configuration: Configuration) -> list[Verdict]:
    """Those of all mappings, in their order."""
    formats = [
        Verdict(name, definition.format, tuple(configuration.formats[name].losses()))
        for name, definition in configuration.definitions.items()
    ]
    reasons = {name: build_transform(each).why_one_way for name, each in configuration.transforms.items()}
    return formats + [
        Verdict(name, "transform", () if reason is None else (reason,)) for name, reason in reasons.items()
    ]
