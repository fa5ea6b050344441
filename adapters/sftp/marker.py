"""The name of the file that says that another one is complete."""

from __future__ import annotations

from adapters.sftp.names import unsafe_reason

_NAME = "{name}"


class MarkerTemplate:
    """Text with {name}, such as `{name}.done`.

    Raises: ValueError saying what is wrong.
    """

    __slots__ = ("_after", "_before")

    def __init__(self, text: str) -> None:
        if text.count(_NAME) != 1:
            raise ValueError("needs {name} once, the name of the file it belongs to, such as {name}.done")
        before, after = text.split(_NAME)
        if any(brace in before + after for brace in "{}"):
            raise ValueError("knows {name} only; something else is in braces")
        if not before and not after:
            raise ValueError("is {name} alone: a file cannot be its own marker")
        example = f"{before}name{after}"
        reason = unsafe_reason(example)
        if reason:
            raise ValueError(f"makes names such as {example!r}, which {reason}")
        self._before, self._after = before, after

    def of(self, name: str) -> str:
        """The marker of a file."""
        return f"{self._before}{name}{self._after}"

    def fits(self, name: str) -> bool:
        """Whether a name may be that of a marker."""
        fixed = len(self._before) + len(self._after)
        return len(name) > fixed and name.startswith(self._before) and name.endswith(self._after)
