"""Every line of the table of promises names tests, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def _lines() -> list[str]:
    """The rows of all tables, without their heads."""
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [row for row in rows if not row.startswith(("| promise |", "| rule |", "|---"))]


def test_each_line_names_a_test() -> None:
    lines = _lines()
    assert len(lines) > 40
    assert [line for line in lines if not _TEST.search(line.rpartition(" | ")[2])] == []


def test_each_named_test_exists() -> None:
    missing = []
    for file, name in sorted(set(_TEST.findall(PAGE))):
        source = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).is_file() else ""
        if not source or (name and not re.search(rf"^(?:async )?def {name}\(", source, re.MULTILINE)):
            missing.append(f"{file}::{name}")
    assert missing == []
