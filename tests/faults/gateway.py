"""The whole gateway as a process: `gateway serve` in front of given systems, with its own configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from tests.peers.process import ServerProcess, free_port

_GATEWAY = [sys.executable, "-m", "gateway"]
_SCOPES = ["--scope", "*:read", "--scope", "*:write"]


class Gateway:
    """A gateway in front of `systems`, settings as `Kit.settings` gives them.

    `secrets` are texts in these settings: they reach the gateway by environment variables, as its
    configuration demands.
    """

    def __init__(
        self, folder: Path, systems: Mapping[str, Any], secrets: Iterable[str] = (), base: Path | None = None
    ) -> None:
        """`folder` gets the state and the log; `base` (its subfolder `config` without) is the configuration
        folder, below which files named by the settings lie."""
        self.folder = folder
        self.config = base or folder / "config"
        self.environ = {f"SECRET_{n}": secret for n, secret in enumerate(secrets)}
        (self.config / "systems").mkdir(parents=True)
        port = free_port()
        self._write("gateway.yaml", {"listen": f"127.0.0.1:{port}", "state_dir": str(folder / "state")})
        self._write("systems/all.yaml", self._by_reference(dict(systems)))
        self.server = ServerProcess(
            [*_GATEWAY, "-C", self.config, "serve"], port, folder / "gateway.log", env=self.environ
        )
        self._session: aiohttp.ClientSession | None = None

    def _write(self, name: str, content: Any) -> None:
        (self.config / name).write_text(json.dumps(content))  # JSON is YAML

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
