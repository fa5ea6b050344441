"""The whole gateway as a process: `gateway serve` in front of given systems, with its own configuration."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from tests.peers.process import ServerProcess, descendants, free_port

_GATEWAY = (sys.executable, "-m", "gateway")
_SCOPES = ["--scope", "*:read", "--scope", "*:write"]  # of messages and flows too


class GatewayProcess(ServerProcess):
    """The process of a gateway. Killed, it leaves its own children behind, as a real kill does."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._left: set[int] = set()

    def kill(self) -> None:
        """SIGKILL the gateway's own process only, and wait for its end."""
        self._left.update(descendants(self.pid))
        os.kill(self.pid, signal.SIGKILL)
        assert self._process is not None
        self._process.wait(10)

    @property
    def returncode(self) -> int | None:
        """The exit code; None while it runs."""
        assert self._process is not None, "not started"
        return self._process.poll()

    def orphans(self, within_s: float = 20.0) -> set[int]:
        """The children of killed gateways that still run after `within_s`: there should be none."""
        give_up = time.monotonic() + within_s
        while (left := {pid for pid in self._left if _runs(pid)}) and time.monotonic() < give_up:
            time.sleep(0.05)
        return left


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Gateway:
    """A gateway in front of `systems`, settings as `Kit.settings` gives them.

    `secrets` are texts in these settings: they reach the gateway by environment variables, as its
    configuration demands. `flows` and `mappings` are files of these folders, `settings` further keys of
    gateway.yaml.
    """

    def __init__(
        self,
        folder: Path,
        systems: Mapping[str, Any],
        secrets: Iterable[str] = (),
        base: Path | None = None,
        *,
        flows: Mapping[str, Any] | None = None,
        mappings: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        program: Sequence[str] = _GATEWAY,
    ) -> None:
        """`folder` gets the state and the log; `base` (its subfolder `config` without) is the configuration
        folder, below which files named by the settings lie. `program` takes the gateway's arguments."""
        self.folder = folder
        self.config = base or folder / "config"
        self.environ = {f"SECRET_{n}": secret for n, secret in enumerate(secrets)}
        port = free_port()
        self.state = folder / "state"
        own = {"listen": f"127.0.0.1:{port}", "state_dir": str(self.state)}
        self.write("gateway.yaml", {**own, **(settings or {})})
        self.write("systems/all.yaml", self._by_reference(dict(systems)))
        if flows:
            self.write("flows/all.yaml", dict(flows))
        if mappings:
            self.write("mappings/all.yaml", dict(mappings))
        self.server = GatewayProcess(
            [*program, "-C", self.config, "serve"], port, folder / "gateway.log", env=self.environ
        )
        self._session: aiohttp.ClientSession | None = None

    def write(self, name: str, content: Any) -> None:
        """Write a file of the configuration."""
        (self.config / name).parent.mkdir(parents=True, exist_ok=True)
        (self.config / name).write_text(json.dumps(content))  # JSON is YAML

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.server.log.read_text()

    async def messages(self, **query: str | list[str]) -> list[dict[str, Any]]:
        """Messages, the newest first, at most 1000. `query`: see `GET /api/messages`."""
        async with self.session.get("/api/messages", params={"limit": "1000", **query}) as response:
            found = await response.json()
            assert response.status == 200, found
            return list(found["messages"])

    def _by_reference(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._by_reference(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._by_reference(item) for item in value]
        if isinstance(value, Path):
            return str(value)
        if isinstance(value, str):
            for name, secret in self.environ.items():
                quoted = "{" + secret.replace("}", "}}") + "}"  # as a connection string has it
                value = value.replace(quoted, secret).replace(secret, f"${{env:{name}}}")
        return value

    async def __aenter__(self) -> Gateway:
        created = subprocess.run(
            [*_GATEWAY, "-C", self.config, "keys", "create", "test", *_SCOPES, "--json"],
            capture_output=True,
            text=True,
            check=True,
            env={**self.server._env},
        )
        key = json.loads(created.stdout)["key"]
        self.server.start()
        self._session = aiohttp.ClientSession(
            f"http://127.0.0.1:{self.server.port}",
            headers={"Authorization": f"Bearer {key}"},
            timeout=aiohttp.ClientTimeout(total=30),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        self.server.stop()

    @property
    def session(self) -> aiohttp.ClientSession:
        """A client that carries a key for everything."""
        assert self._session is not None, "use `async with`"
        return self._session
