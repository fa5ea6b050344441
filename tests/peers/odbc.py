"""The ODBC drivers that are installed on this machine."""

from __future__ import annotations

import configparser
from pathlib import Path

_REGISTERED = (Path("/etc/odbcinst.ini"), Path("/usr/local/etc/odbcinst.ini"))


def driver(library: str) -> str:
    """The registered name of the driver in this shared library, such as `libsqlite3odbc.so`."""
    for file in _REGISTERED:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read(file)
        for name in parser.sections():
            if Path(parser[name].get("driver", "")).name == library:
                return name
    raise RuntimeError(f"no ODBC driver {library} is registered in {_REGISTERED[0]}")
