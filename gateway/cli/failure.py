"""A command that cannot do what it was asked."""

from __future__ import annotations

INPUT = 1
"""Exit code: the input or the configuration is at fault."""
USAGE = 2
"""Exit code: the command line is at fault."""
UNREACHABLE = 3
"""Exit code: a system, or the gateway itself, cannot be reached."""
STORE = 4
"""Exit code: the message store failed while the gateway served; start it again."""


class Failure(Exception):
    """Shown to the person as one message, without a traceback; `code` is the exit code."""

    def __init__(self, message: str, code: int = INPUT) -> None:
        super().__init__(message)
        self.code = code
