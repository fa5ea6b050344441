"""The demo's folder: secrets, keys, data and configuration, made on the first start and kept.

state/demo/
  config/       the gateway's configuration; edit it and `gateway reload`, edited files are left alone
  gateway/      the gateway's own state (API keys, hashed)
  erp/ warehouse/ bank/ plant/    the data of the four systems
  log/          what each process says, from the last start
  pid/          the process id of each system that runs
  stopped/      a file for each system that was asked to stop
  environment   the variables that config/ refers to, and where it is, for a shell: `. state/demo/environment`
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.demo import warehouse
from gateway.demo.bank import seed
from gateway.security.keys import KeyStore

PACKAGED = Path(__file__).parent / "config"
BANK_USER = "acme"
_SCOPES = ("*:read", "*:write")


class InUse(Exception):
    """Another demo runs on this folder."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three systems that listen do so, on 127.0.0.1."""

    erp: int
    bank: int
    plant: int


class State:
    """One demo folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.config = self.folder / "config"
        self.log = self.folder / "log"
        self.pid = self.folder / "pid"
        self.stopped = self.folder / "stopped"
        self.erp = self.folder / "erp"
        self.warehouse = self.folder / "warehouse"
        self.bank = self.folder / "bank"
        self.plant = self.folder / "plant"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other demos away. Raises: InUse."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InUse(f"another demo is running on {self.folder}") from None
            yield

    def in_use(self) -> bool:
        """True while a demo runs on this folder."""
        try:
            with (self.folder / ".lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def clear(self) -> None:
        """Remove everything but the lock."""
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != ".lock":
                entry.unlink()

    def prepare(self) -> None:
        """Make what is missing: folders, key pairs and data."""
        folders = (self.log, self.pid, self.stopped, self.erp, self.warehouse, self.bank, self.plant)
        for folder in (self.config / "keys", *folders):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for stale in self.pid.iterdir():  # the last demo was killed; its numbers may be others' by now
            stale.unlink()
        seed.make_key(self.bank / "host_ed25519")
        seed.make_key(self.client_key)
        seed.fill(self.bank / "files")
        warehouse.create(self.database)

    @property
    def database(self) -> Path:
        """The warehouse's file."""
        return self.warehouse / "warehouse.sqlite"

    @property
    def client_key(self) -> Path:
        """The gateway's own key for the bank, where a sysadmin would put it."""
        return self.config / "keys" / f"{BANK_USER}_ed25519"

    def passwords(self) -> dict[str, str]:
        """The passwords of this demo by variable name, made up once."""
        file = self.folder / "passwords.json"
        if not file.exists():
            names = ("ERP_PASSWORD", "PLANT_PASSWORD", "MACHINES_PASSWORD")
            _write_private(file, json.dumps({name: secrets.token_urlsafe(18) for name in names}))
        known: dict[str, str] = json.loads(file.read_text())
        return known

    def environment(self, listen: str, ports: Ports, driver: str) -> dict[str, str]:
        """The variables that the configuration refers to. Also left in a file for use in a shell.

        `driver` is SQLite's ODBC driver, by its name or the path of its library.
        """
        passwords = self.passwords()
        variables = {
            "GATEWAY_CONFIG": str(self.config),
            "GATEWAY_LISTEN": listen,
            "ERP_URL": f"http://127.0.0.1:{ports.erp}/orders",
            "ERP_PASSWORD": passwords["ERP_PASSWORD"],
            "BANK_PORT": str(ports.bank),
            "BANK_HOST_KEY": seed.fingerprint(self.bank / "host_ed25519.pub"),
            "PLANT_BROKER": f"mqtt://127.0.0.1:{ports.plant}",
            "PLANT_PASSWORD": passwords["PLANT_PASSWORD"],
            "WAREHOUSE_DRIVER": driver,
            "WAREHOUSE_FILE": str(self.database),
        }
        lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        _write_private(self.folder / "environment", "".join(lines))
        return variables

    def address(self) -> str | None:
        """Where the gateway listens, or did so last: HOST:PORT."""
        try:
            lines = (self.folder / "environment").read_text().splitlines()
        except OSError:
            return None
        variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        return shlex.split(variables["GATEWAY_LISTEN"])[0]

    def write_config(self) -> list[Path]:
        """Copy the packaged configuration; return the files left alone because somebody has edited them."""
        record = self.folder / "config.json"
        written: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
        kept: list[Path] = []
        for source in sorted(PACKAGED.rglob("*")):
            if not source.is_file():
                continue
            name = source.relative_to(PACKAGED).as_posix()
            target = self.config / name
            if target.exists() and name in written and _digest(target.read_bytes()) != written[name]:
                kept.append(target)
                continue
            packaged = source.read_bytes()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packaged)
            written[name] = _digest(packaged)
        record.write_text(json.dumps(written, indent=1))
        return kept

    def api_key(self) -> str:
        """The demo's API key, made once. A real key's text is shown once and kept nowhere."""
        store = KeyStore(self.folder / "gateway" / "keys.json")
        file = self.folder / "api-key"
        known = file.read_text().strip() if file.exists() else ""
        if not known or store.authenticate(known) is None:
            store.path.parent.mkdir(mode=0o700, exist_ok=True)
            _, known = store.create("demo", _SCOPES)
            _write_private(file, f"{known}\n")
        return known


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
