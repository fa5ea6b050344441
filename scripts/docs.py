"""Generate the reference pages from what the code declares: `python -m scripts.docs [--check]`.

With `--check` nothing is written; the exit code is 1 when a page is not what it would be.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.reference import command_line, configuration

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
PAGES = {"configuration.md": configuration.page, "command-line.md": command_line.page}


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args(arguments).check
    stale = 0
    for name, make in PAGES.items():
        path, text = folder / name, make()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            stale = 1
            sys.stderr.write(f"{path} is out of date; run: make docs\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path}\n")
    return stale


if __name__ == "__main__":
    sys.exit(main())
