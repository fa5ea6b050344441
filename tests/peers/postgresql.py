"""A PostgreSQL server as a test peer: a cluster of its own, on loopback, without fsync.

initdb and postgres refuse to run as root, so as root both run as the user `postgres`, in a folder that this
user may enter (pytest's are closed to others); otherwise as whoever runs the tests.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.peers.odbc import driver
from tests.peers.process import ServerProcess, descendants, free_port

SUPERUSER = "postgres"
PASSWORD = "super-{;}=secret"  # what a connection string must quote
_USER = "postgres"


def programs() -> Path | None:
    """The folder of the newest PostgreSQL installed; None when there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    return found[0].parent if found else None


class PostgresServer(ServerProcess):
    """A server with one superuser who logs in by password (SCRAM)."""

    def __init__(self, options: Iterable[str] = ()) -> None:
        folder = programs()
        if folder is None:
            raise RuntimeError("PostgreSQL is not installed")
        self._programs = folder
        self._cluster = Path(tempfile.mkdtemp(prefix="gateway-test-pg-"))
        self._initialise()
        port = free_port()
        settings = ("fsync=off", "unix_socket_directories=", "listen_addresses=127.0.0.1", *options)
        super().__init__(
            [
                *_as_postgres(),
                folder / "postgres",
                *("-D", self._cluster / "data"),
                *("-p", str(port)),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            port,
            self._cluster / "server.log",
        )

    def _initialise(self) -> None:
        if os.geteuid() == 0:
            account = pwd.getpwnam(_USER)
            os.chown(self._cluster, account.pw_uid, account.pw_gid)
        password = self._cluster / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        subprocess.run(
            [
                *_as_postgres(),
                self._programs / "initdb",
                *("-D", self._cluster / "data", "-U", SUPERUSER, "-A", "scram-sha-256"),
                *("--pwfile", password, "-E", "UTF8", "--locale=C.UTF-8", "-N"),
            ],
            check=True,
            capture_output=True,
            cwd=self._cluster,
        )

    def start(self, timeout_s: float = 30.0) -> None:
        """Start and return when queries are answered."""
        super().start(timeout_s)
        give_up = time.monotonic() + timeout_s
        while self._psql("postgres", "SELECT 1").returncode:
            if time.monotonic() > give_up:
                raise TimeoutError(f"PostgreSQL is not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL as the superuser; returns the rows, unaligned, without headers."""
        done = self._psql(database, sql)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _psql(self, database: str, sql: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                self._programs / "psql",
                *("-h", "127.0.0.1", "-p", str(self.port), "-U", SUPERUSER, "-d", database),
                *("-v", "ON_ERROR_STOP=1", "-X", "-q", "-A", "-t", "-f", "-"),
            ],
            input=sql,
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGCONNECT_TIMEOUT": "5"},
            capture_output=True,
            text=True,
            check=False,
        )

    def connection(self, database: str = "postgres", *, port: int | None = None, password: str = "") -> str:
        """An ODBC connection string for the superuser."""
        quoted = "{" + (password or PASSWORD).replace("}", "}}") + "}"
        return (
            f"Driver={driver('psqlodbcw.so')};Server=127.0.0.1;Port={port or self.port};"
            f"Database={database};Uid={SUPERUSER};Pwd={quoted}"
        )

    def freeze(self) -> None:
        """SIGSTOP the server and its backends, each of which leads a process group of its own."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL the server and its backends."""
        self._signal_all(signal.SIGKILL)
        super().kill()

    def stop(self) -> None:
        """Stop at once, without waiting for clients, and remove the cluster. Idempotent."""
        self._end(signal.SIGINT)
        shutil.rmtree(self._cluster, ignore_errors=True)

    def _signal_all(self, how: signal.Signals) -> None:
        for pid in (self.pid, *descendants(self.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--init-groups", "--"]
