"""Makes the example's database: `python3 create.py FILE`."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

if __name__ == "__main__":
    script = Path(__file__).with_name("library.sql").read_text()
    with closing(sqlite3.connect(sys.argv[1])) as connection:
        connection.executescript(script)
