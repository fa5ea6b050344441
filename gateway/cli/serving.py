"""`gateway serve`: the gateway itself, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from pathlib import Path

import typer

from certs import CertificateError
from gateway.admin import AdminServer, Reloaded, SocketError
from gateway.catalogue import Catalogue
from gateway.cli.allocation import use_system_pool
from gateway.cli.ending import end_soon
from gateway.cli.failure import INPUT, STORE, USAGE, Failure
from gateway.cli.freezing import Freezer
from gateway.cli.loading import load_or_refuse, problems_of
from gateway.cli.reloading import Reloader
from gateway.cli.reporting import counted, refuse
from gateway.cli.watching import RouteWatch
from gateway.config import ConfigurationError, GatewaySettings, checked_listen
from gateway.flows import Engine
from gateway.http import Service, UnsafeParser
from gateway.http import run as run_event_loop
from gateway.messages import CannotOpen, Damaged, SqliteStore, StoreBusy, StoreFailed
from gateway.security import KeyStore, KeyStoreError
from gateway.telemetry import configure, get_logger, shut_down

_log = get_logger("cli")

_STOP = (signal.SIGTERM, signal.SIGINT)


def run(directory: Path, listen: str | None = None) -> int:
    """Serve. A configuration with problems is refused, and everything wrong with it printed.

    `listen`: instead of what gateway.yaml says.
    """
    try:
        listen = None if listen is None else checked_listen(listen)
    except ValueError as error:
        raise Failure(f"--listen {listen} {error}", USAGE) from error
    # What the gateway writes is for its own account only.
    os.umask(0o077)
    use_system_pool()
    configuration = load_or_refuse(directory, listen=listen)
    settings = configuration.gateway
    configure(settings.log_level, settings.log_format)
    try:
        # From here on standard error is the log, for programs to read.
        for warning in configuration.warnings:
            _log.warning("a safe default is relaxed", problem=str(warning))
        catalogue = Catalogue(configuration)
        problems = problems_of(catalogue)
        if problems:
            refuse(problems)
            return INPUT
        RouteWatch(catalogue)
        run_event_loop(_serve(directory, listen, catalogue, _keys(settings)))
    except ConfigurationError as error:
        refuse(error.problems)
        return INPUT
    except CannotOpen as error:
        raise Failure(f"the message store cannot be opened: {error}") from error
    except StoreFailed as error:
        text = "the message store has failed, for the reason in the log; start the gateway again: it looks "
        raise Failure(f"{text}through what is stored, and says so if more is needed", STORE) from error
    except StoreBusy as error:
        raise Failure(f"{error}; only one gateway can use a state_dir") from error
    except Damaged as error:
        raise Failure(f"the message store in {settings.state_dir} cannot be read: {error}") from error
    except (UnsafeParser, CertificateError, SocketError) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(_explained(error, settings)) from error
    finally:
        shut_down()
    return 0


async def _serve(directory: Path, listen: str | None, catalogue: Catalogue, keys: KeyStore) -> None:
    configuration = catalogue.configuration
    settings = configuration.gateway
    store = SqliteStore(settings.state_dir, settings.messages)
    engine = Engine(configuration, catalogue, store)
    service = Service(catalogue, keys, store, engine)
    freezer = Freezer()
    reloader = Reloader(directory, service, engine, freezer, listen)
    admin = AdminServer(settings.state_dir, store, engine, reloader.reload)
    signals = _Signals(reloader)

    def ready(url: str) -> None:
        signals.serving()
        freezer.watch(catalogue)
        docs = "" if settings.docs == "off" else f" · documentation at {url}/docs"
        count = counted(len(configuration.systems), "system")
        typer.echo(f"gateway: {count} at {url}/api{docs} · Ctrl-C stops")

    try:
        await service.run(ready=ready, stop=signals.stop, admin=admin)
    except CannotOpen:
        raise
    except StoreFailed:
        end_soon(STORE)
        raise
    else:
        end_soon(0)
    finally:
        freezer.close()
        await signals.aclose()


class _Signals:
    """What the process is told: to stop, and once it serves, to read its configuration anew."""

    def __init__(self, reloader: Reloader) -> None:
        self.stop = asyncio.Event()
        self._reloader = reloader
        self._reloads: set[asyncio.Task[Reloaded]] = set()
        self._loop = asyncio.get_running_loop()
        for number in _STOP:
            self._loop.add_signal_handler(number, self._stopping)
        self._loop.add_signal_handler(signal.SIGHUP, lambda: None)

    def serving(self) -> None:
        """A reload can be asked for from now on."""
        self._loop.add_signal_handler(signal.SIGHUP, self._reload)

    async def aclose(self) -> None:
        """Wait for no reload any more."""
        self._loop.remove_signal_handler(signal.SIGHUP)
        for task in self._reloads:
            task.cancel()
        await asyncio.gather(*self._reloads, return_exceptions=True)

    def _stopping(self) -> None:
        self.stop.set()
        # A second signal ends the process at once.
        for number in _STOP:
            self._loop.remove_signal_handler(number)

    def _reload(self) -> None:
        task = asyncio.create_task(self._reloader.reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)


def _keys(settings: GatewaySettings) -> KeyStore:
    keys = KeyStore(settings.keys_file)
    try:
        keys.prepare()
        if not keys.list():
            _log.warning("no API keys yet, so nobody can call; see gateway keys create --help")
    except KeyStoreError as error:
        raise Failure(str(error)) from error
    return keys


def _explained(error: OSError, settings: GatewaySettings) -> str:
    """Why the address cannot be listened on, and what to do."""
    change = "choose another address by --listen HOST:PORT, or by `listen` in gateway.yaml"
    if error.errno == errno.EADDRINUSE:
        return f"{settings.listen} is in use by another program; stop it, or {change}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{settings.listen} may not be listened on by this user; {change}, with a port above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{settings.listen} is not an address of this machine; {change}"
    return f"{settings.listen} cannot be listened on: {error.strerror or error}; {change}"
