"""Starts the two that are compared: the gateway with a configuration, and a plain uvicorn application."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import ServerProcess, free_port


@dataclass(frozen=True)
class Contender:
    """A running server: where it listens, which process to meter, the key it wants."""

    name: str
    port: int
    pid: int
    key: str


def start_gateway(
    folder: Path,
    systems: Mapping[str, object],
    environ: Mapping[str, str],
    stack: ExitStack,
    *,
    mappings: Mapping[str, object] | None = None,
    flows: Mapping[str, object] | None = None,
) -> Contender:
    """`gateway serve` in front of `systems` (settings as they stand in a configuration)."""
    config = folder / "gateway"
    config.mkdir(parents=True)
    port = free_port()
    settings = {"listen": f"127.0.0.1:{port}", "state_dir": "state", "log_level": "warning"}
    # JSON is YAML: the generated files need no quoting rules of their own.
    (config / "gateway.yaml").write_text(json.dumps(settings))
    for name, content in (("systems", systems), ("mappings", mappings), ("flows", flows)):
        (config / name).mkdir(exist_ok=True)
        (config / name / "all.yaml").write_text(json.dumps(content or {}))
    command = [sys.executable, "-m", "gateway", "-C", str(config)]
    created = subprocess.run(
        [*command, "keys", "create", "bench", "--scope", "*:read", "--scope", "*:write", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    server = ServerProcess([*command, "serve"], port, folder / "gateway.log", env=environ)
    server.start()
    stack.callback(server.stop)
    return Contender("gateway", port, server.pid, json.loads(created.stdout)["key"])


def start_plain(folder: Path, module: str, environ: Mapping[str, str], stack: ExitStack) -> Contender:
    """`uvicorn bench.plain.MODULE:app` with uvloop and httptools, access log off."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"bench.plain.{module}:app", "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    server = ServerProcess(command, port, folder / "plain.log", env=environ)
    server.start()
    stack.callback(server.stop)
    return Contender("plain", port, server.pid, "none")
