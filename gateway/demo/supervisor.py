"""Starts the demo's processes in order, says what to do with them, and stops them again."""

from __future__ import annotations

import contextlib
import http
import http.client
import json
import shlex
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from gateway.demo import requirements
from gateway.demo.plant import configure_broker
from gateway.demo.processes import Child, StartFailed, choose_port, is_reachable, spawn, stop, wait_until
from gateway.demo.program import program
from gateway.demo.state import BANK_USER, PACKAGED, InUse, Ports, State
from gateway.demo.summary import show
from gateway.demo.systems import Launch, Systems

DEFAULT_FOLDER = Path("state/demo")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_START_S = 30.0
_SETTLE_S = 10.0
_SETTLE_POLL_S = 0.1
_GATEWAY_STOP_S = 15.0
_SYSTEMS_STOP_S = 5.0
_WATCH_S = 0.25
_FIRST_READING = "/api/plant/temperature/line2/packer"


def main(state_dir: Path | None = None, listen: str = "127.0.0.1:8080", *, reset: bool = False) -> int:
    """Run the demo until Ctrl-C or SIGTERM; the exit code.

    `state_dir` is `./state/demo` by default; `listen` is HOST:PORT with a loopback host. `reset` removes what
    earlier runs left in the folder.
    """
    console = Console()
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    state = State(state_dir or DEFAULT_FOLDER)
    try:
        _check_alone(state)
        requirements.check()
        again = f"{program()} demo{_where(state.folder)}"
        host, port = _listener(listen, again)
        _check_folder(state.folder)
        with state.locked():
            if reset:
                state.clear()
            return _run(console, state, host, port, again)
    except (requirements.Missing, StartFailed, InUse) as problem:
        Console(stderr=True).print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        _tell(console, f"Everything is stopped. The data stay in {state.folder}")
        return 0


def _tell(console: Console, text: str) -> None:
    """Say it, if there is still somebody to hear it: the terminal may be what has gone."""
    with contextlib.suppress(OSError):
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _where(folder: Path) -> str:
    """The option that names the folder, unless it is the usual one."""
    return "" if folder == DEFAULT_FOLDER.resolve() else f" --state-dir {shlex.quote(str(folder))}"


def _check_alone(state: State) -> None:
    """Raises: InUse saying where the other one is, and how to have two."""
    if not state.in_use():
        return
    running = state.address()
    raise InUse(
        f"a demo is already running on {state.folder}{f', at http://{running}' if running else ''}; "
        "Ctrl-C in its terminal stops it. For a second one beside it:\n"
        f"    {program()} demo --state-dir state/demo-2 --listen 127.0.0.1:{choose_port(8090)}"
    )


def _listener(listen: str, again: str) -> tuple[str, int]:
    """Host and port, which must be free. `again` starts this demo. Raises: StartFailed."""
    host, _, digits = listen.rpartition(":")
    if host not in ("127.0.0.1", "localhost") or not digits.isdigit() or not 0 < int(digits) < 65536:
        raise StartFailed(f"{listen!r} is not 127.0.0.1:PORT; the demo is for this machine only")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(digits)))
        except OSError as error:
            raise StartFailed(
                f"{listen} cannot be used: {error.strerror}. "
                f"Stop what listens there, or choose another port:\n"
                f"    {again} --listen 127.0.0.1:{choose_port(8090)}"
            ) from None
    return host, int(digits)


def _check_folder(folder: Path) -> None:
    """SQLite's ODBC driver opens no file whose path needs quotes. Raises: StartFailed."""
    if found := sorted(set(str(folder)) & set("[]{}(),;?*=!@")):
        raise StartFailed(
            f"the demo cannot run in {folder}: the driver of its database does not take "
            f"{' '.join(found)} in a path. Choose another folder:\n"
            f"    {program()} demo --state-dir /tmp/demo"
        )


def _run(console: Console, state: State, host: str, port: int, again: str) -> int:
    began = time.monotonic()
    state.prepare()
    ports = Ports(*(choose_port(port + step) for step in (1, 2, 3)))
    kept = state.write_config()
    variables = state.environment(f"{host}:{port}", ports, requirements.sqlite_driver())
    key = state.api_key()
    systems = Systems(state, _launches(state, ports))
    gateway: list[Child] = []
    try:
        # The gateway takes longest to start, so it goes first; it waits for the others.
        gateway.append(_start_gateway(state, variables))
        systems.start()
        reachable = [("the ERP", ports.erp), ("the bank", ports.bank), ("the broker", ports.plant)]
        for what, legacy_port in [*reachable, ("the gateway", port)]:
            wait_until(what, partial(is_reachable, legacy_port), [*systems.running, *gateway], _START_S)
        away = _wait_for_systems(port, key)
        seconds = time.monotonic() - began
        base = f"http://{host}:{port}"
        show(
            console,
            base=base,
            key=key,
            ports=ports,
            folder=state.folder,
            kept=kept,
            seconds=seconds,
            demo=again,
            gateway=program(),
        )
        for name, reason in away.items():
            note = f"{name} cannot be called yet: {reason}"
            console.print(note, markup=False, highlight=False, soft_wrap=True)
        return _watch(console, systems, gateway[0])
    except KeyboardInterrupt:
        _tell(console, "\nStopping the gateway, then the systems …")
        raise
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stop(gateway, _GATEWAY_STOP_S)
        systems.stop(_SYSTEMS_STOP_S)


def _launches(state: State, ports: Ports) -> list[Launch]:
    """What the four systems are made of; the warehouse is a file and has no process."""
    passwords = state.passwords()
    broker = configure_broker(
        state.plant,
        ports.plant,
        {"gateway": passwords["PLANT_PASSWORD"], "machines": passwords["MACHINES_PASSWORD"]},
    )
    python = [sys.executable, "-m"]
    erp = [
        *(*python, "gateway.demo.erp", "--port", str(ports.erp)),
        *("--contract", str(PACKAGED / "erp"), "--database", str(state.erp / "erp.sqlite")),
    ]
    bank = [
        *(*python, "gateway.demo.bank", "--port", str(ports.bank), "--root", str(state.bank / "files")),
        *("--host-key", str(state.bank / "host_ed25519"), "--client-key", f"{state.client_key}.pub"),
        *("--username", BANK_USER),
    ]
    machines = [*python, "gateway.demo.plant", "--port", str(ports.plant)]
    erp_account = {"ERP_USERNAME": "gateway", "ERP_PASSWORD": passwords["ERP_PASSWORD"]}
    return [
        Launch("plant", [requirements.mosquitto(), "-c", str(broker)], {}),
        Launch("erp", erp, erp_account),
        Launch("bank", bank, {}),
        Launch("machines", machines, passwords),
    ]


def _start_gateway(state: State, variables: dict[str, str]) -> Child:
    start = "import sys; from gateway.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "serve", "-C", str(state.config)]
    return spawn("gateway", command, state.log / "gateway.log", variables)


def _wait_for_systems(port: int, key: str) -> dict[str, str]:
    """Wait until all systems are ready and a reading of the last machine has come through.

    Somebody may have edited the configuration, so this does not insist: returned are those that are not
    ready in time, with the reason.
    """
    give_up = time.monotonic() + _SETTLE_S
    while True:
        _, answer = _get(port, key, "/health/ready")
        systems = json.loads(answer).get("systems", {}) if answer else {}
        away = {
            name: state.get("reason", state["state"])
            for name, state in systems.items()
            if state["state"] != "ready"
        }
        settled = systems and not away and _get(port, key, _FIRST_READING)[0] == http.HTTPStatus.OK
        if settled or time.monotonic() > give_up:
            return away
        time.sleep(_SETTLE_POLL_S)


def _get(port: int, key: str, path: str) -> tuple[int, bytes]:
    """Status and body; 0 and nothing when there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _watch(console: Console, systems: Systems, gateway: Child) -> int:
    """Wait for a signal; stop and start systems as asked, and tell when one ends by itself."""
    wake = threading.Event()
    while not wake.wait(_WATCH_S):
        for note in systems.look():
            console.print(note, markup=False, highlight=False, soft_wrap=True)
        if gateway.ended():
            raise StartFailed(f"the gateway ended; {gateway.log} says:\n{gateway.last_words()}")
    return 0
