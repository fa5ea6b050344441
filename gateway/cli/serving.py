"""`gateway serve`: the gateway itself, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from pathlib import Path

import typer

from certs import CertificateError
from gateway.catalogue import Catalogue
from gateway.cli.failure import INPUT, Failure
from gateway.cli.loading import load_or_refuse
from gateway.cli.reporting import refuse
from gateway.config import Configuration, ConfigurationError, GatewaySettings
from gateway.http import Service, UnsafeParser
from gateway.http import run as run_event_loop
from gateway.http._absent import AbsentFlows, AbsentStore
from gateway.security import KeyStore, KeyStoreError
from gateway.telemetry import configure, get_logger, shut_down

_log = get_logger("cli")

_STOP = (signal.SIGTERM, signal.SIGINT)


def run(directory: Path) -> int:
    """Serve. A configuration with problems is refused, and everything wrong with it printed."""
    # What the gateway writes is for its own account only.
    os.umask(0o077)
    configuration = load_or_refuse(directory)
    settings = configuration.gateway
    configure(settings.log_level, settings.log_format)
    try:
        # From here on standard error is the log, for programs to read.
        for warning in configuration.warnings:
            _log.warning("a safe default is relaxed", problem=str(warning))
        catalogue = Catalogue(configuration)
        problems = catalogue.check()
        if problems:
            refuse(problems)
            return INPUT
        catalogue.on_change(_Watch(catalogue).look)
        run_event_loop(_serve(configuration, catalogue, _keys(settings)))
    except ConfigurationError as error:
        refuse(error.problems)
        return INPUT
    except (UnsafeParser, CertificateError) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(_explained(error, settings)) from error
    finally:
        shut_down()
    return 0


class _Watch:
    """Logs what turns out to be wrong once a system has described itself, each thing once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._told: set[str] = set()

    def look(self) -> None:
        """Check again what could not be checked before."""
        for problem in map(str, self._catalogue.check()):
            if problem not in self._told:
                self._told.add(problem)
                _log.error("a route cannot be served", problem=problem)


async def _serve(configuration: Configuration, catalogue: Catalogue, keys: KeyStore) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stopping() -> None:
        stop.set()
        # A second signal ends the process at once.
        for number in _STOP:
            loop.remove_signal_handler(number)

    for number in _STOP:
        loop.add_signal_handler(number, stopping)

    def ready(url: str) -> None:
        docs = "" if configuration.gateway.docs == "off" else f" · documentation at {url}/docs"
        count = len(configuration.systems)
        typer.echo(f"gateway: {count} system{'' if count == 1 else 's'} at {url}/api{docs} · Ctrl-C stops")

    await Service(catalogue, keys, AbsentStore(), AbsentFlows()).run(ready=ready, stop=stop)  # type: ignore[arg-type]


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
    change = "change `listen` in gateway.yaml"
    if error.errno == errno.EADDRINUSE:
        return f"{settings.listen} is in use by another program; stop it, or {change}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{settings.listen} may not be listened on by this user; {change} to a port above 1023"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{settings.listen} is not an address of this machine; {change}"
    return f"{settings.listen} cannot be listened on: {error.strerror or error}; {change}"
