"""Which entries of an archive are read, by their names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable


def chooser(pattern: str) -> Callable[[str], bool]:
    """Whether a name fits a pattern, in which `*` stands for any characters and `?` for one. Without a `/` in
    the pattern it is the last part of the name that counts."""
    expression = re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
    is_path = "/" in pattern

    def is_chosen(name: str) -> bool:
        name = name.replace("\\", "/")
        return expression.match(name if is_path else name.rpartition("/")[2]) is not None

    return is_chosen


def written_name(pattern: str) -> str:
    """The name that an entry gets where only a pattern is given."""
    return re.sub(r"\*+", "data", pattern).replace("?", "0")
