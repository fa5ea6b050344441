"""What a caller may do: scopes `{system}:read|write`, default deny."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Access: TypeAlias = Literal["read", "write"]
Numbers: TypeAlias = Literal["json", "string"]
"""How decimals and 64-bit integers reach this caller: as JSON numbers, or as text for JavaScript."""

SYSTEM_PATTERN = r"[a-z][a-z0-9_-]{0,62}"
"""What a system's name looks like."""

_SCOPE = re.compile(rf"(?P<system>{SYSTEM_PATTERN}|\*):(?P<access>read|write)")


@dataclass(frozen=True, slots=True)
class Scope:
    """One right: to read or to write one system, or all (`*`). Writing does not include reading."""

    system: str
    access: Access

    def __str__(self) -> str:
        return f"{self.system}:{self.access}"

    def covers(self, system: str, access: Access) -> bool:
        """True when this right is enough for `access` to `system`."""
        return self.access == access and self.system in ("*", system)


def parse_scope(text: str) -> Scope:
    """Read `erp:read` or `*:write`.

    Raises: ValueError saying what is allowed.
    """
    match = _SCOPE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not a scope; allowed: SYSTEM:read, SYSTEM:write, *:read, *:write, "
            "where SYSTEM is a lower-case name such as erp"
        )
    return Scope(match["system"], "read" if match["access"] == "read" else "write")


def parse_scopes(texts: Iterable[str]) -> tuple[Scope, ...]:
    """Read several scopes, in order, each once.

    Raises: ValueError, also when there is none.
    """
    scopes = tuple(dict.fromkeys(parse_scope(text) for text in texts))
    if not scopes:
        raise ValueError(
            "at least one scope is needed, such as erp:read; a key without scopes may do nothing"
        )
    return scopes


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    numbers: Numbers = "json"

    def allows(self, system: str, access: Access) -> bool:
        """True when a scope grants this. The gateway's own surfaces go by the system name `gateway`."""
        return any(scope.covers(system, access) for scope in self.scopes)
