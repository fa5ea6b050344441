"""What the demo needs from the system, and what to say when it is not there."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

_PYTHON_PACKAGES = ("lxml", "xmlschema", "pyodbc", "paramiko", "paho")
_DRIVER_NAMES = ("SQLite3", "SQLITE3", "SQLite3 ODBC Driver")
_LIBRARY_FOLDERS = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))
_SEARCH = os.pathsep.join(("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))


class Missing(Exception):
    """Something is not installed. The message says what, and the command that installs it."""


def mosquitto() -> str:
    """The broker's program; distributions put it where only root looks. Raises: Missing."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SEARCH)
    if found is None:
        raise Missing(_debian("the MQTT broker mosquitto", "mosquitto"))
    return found


def sqlite_driver() -> str:
    """SQLite's ODBC driver: its name in odbcinst.ini, or the path of its library. Raises: Missing."""
    registered = _registered_drivers()
    for name in _DRIVER_NAMES:
        if name in registered:
            return name
    for folder in _LIBRARY_FOLDERS:
        for library in sorted((*folder.glob("*/odbc/libsqlite3odbc.so"), *folder.glob("libsqlite3odbc.so"))):
            return str(library)
    raise Missing(_debian("the SQLite ODBC driver", "unixodbc libsqliteodbc"))


def check() -> None:
    """All of it at once. Raises: Missing with everything that is not there."""
    problems: list[str] = []
    for look in (mosquitto, sqlite_driver):
        try:
            look()
        except Missing as missing:
            problems.append(str(missing))
    packages = [name for name in _PYTHON_PACKAGES if find_spec(name) is None]
    if packages:
        problems.append(
            f"Python packages are missing: {', '.join(packages)}. Install them with:\n"
            '    pip install "legacy-gateway[all]"'
        )
    if problems:
        raise Missing("\n".join(problems))


def _registered_drivers() -> set[str]:
    """Section names of the driver list. Source: unixODBC, odbcinst.ini(5)."""
    folder = Path(os.environ.get("ODBCSYSINI", "/etc"))
    file = folder / os.environ.get("ODBCINSTINI", "odbcinst.ini")
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {
        line.strip()[1:-1] for line in lines if line.strip().startswith("[") and line.strip().endswith("]")
    }


def _debian(what: str, packages: str) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return (
        f"{what} is missing. On Debian and Ubuntu install it with:\n"
        f"    {sudo}apt-get update && {sudo}apt-get install --no-install-recommends {packages}"
    )
