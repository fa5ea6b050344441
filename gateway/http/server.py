"""The listener: starts, serves, stops without breaking what is under way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp.http_parser
import uvloop

import certs
from gateway.catalogue import Catalogue
from gateway.config import Configuration, GatewaySettings
from gateway.http.application import Application
from gateway.http.guard import Guard, GuardedServer, Limits
from gateway.security import KeyStore
from gateway.telemetry import get_logger, lag

_log = get_logger("http")

LINGER_S = 2.0
"""Seconds that the rest of a request's body is read after its answer, so that the answer arrives."""
BACKLOG = 1024
_POLL_S = 0.05


class UnsafeParser(RuntimeError):
    """aiohttp runs on its pure-Python parser, which is not held to the same strictness."""


async def serve(
    configuration: Configuration,
    catalogue: Catalogue,
    keys: KeyStore,
    *,
    ready: Callable[[str], None] | None = None,
    stop: asyncio.Event,
) -> None:
    """Serve until `stop` is set, then finish what is under way and close everything.

    `ready` is called with the listener's URL once connections are accepted. Systems connect meanwhile.
    Raises: UnsafeParser, ConfigurationError, certs.CertificateError, OSError when the address is taken.
    """
    insist_on_strict_parser()
    settings = configuration.gateway
    tls = certs.server_context(settings.tls.certificate, settings.tls.key) if settings.tls else None
    application = Application(catalogue, keys)
    guard = Guard(_limits(settings))
    server = GuardedServer(
        guard,
        application.handle,
        keepalive_timeout=settings.idle_timeout_s,
        access_log=None,
        auto_decompress=False,
        lingering_time=LINGER_S,
        max_line_size=settings.max_header_bytes,
        max_field_size=settings.max_header_bytes,
    )
    listener = await asyncio.get_running_loop().create_server(
        server,
        settings.host,
        settings.port,
        backlog=BACKLOG,
        ssl=tls,
        ssl_handshake_timeout=settings.header_timeout_s if tls else None,
    )
    watchers = [asyncio.create_task(guard.watch()), asyncio.create_task(lag.watch())]
    try:
        await catalogue.start()
        url = _url(listener, settings)
        _log.info("listening", url=url)
        if ready is not None:
            ready(url)
        await stop.wait()
        _log.info("stopping", grace_s=settings.shutdown_grace_s)
        await _finish(listener, application, guard, settings.shutdown_grace_s)
    finally:
        listener.close()
        guard.abort_all()
        await server.shutdown(0.5)
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await application.aclose()
        await catalogue.aclose()
        _log.info("stopped")


async def _finish(listener: asyncio.Server, application: Application, guard: Guard, grace_s: float) -> None:
    """Accept nothing more and wait for what is under way, but not longer than the grace."""
    listener.close()
    guard.stopping = True
    application.stopping.set()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace_s):
            while guard.connections:
                guard.close_idle()
                await asyncio.sleep(_POLL_S)
            await application.facade.drain()
    if guard.connections:
        _log.warning("connections are broken off", connections=len(guard.connections))


def insist_on_strict_parser() -> None:
    """Refuse aiohttp's pure-Python parser. Raises: UnsafeParser."""
    if aiohttp.http_parser.HttpRequestParser is aiohttp.http_parser.HttpRequestParserPy:
        raise UnsafeParser(
            "aiohttp's C parser is missing, and its Python parser is not strict enough; install an aiohttp "
            "wheel with C extensions and unset AIOHTTP_NO_EXTENSIONS"
        )


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the gateway's main coroutine on uvloop, the fastest event loop there is."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def _limits(settings: GatewaySettings) -> Limits:
    return Limits(
        header_timeout_s=settings.header_timeout_s,
        body_timeout_s=settings.body_timeout_s,
        idle_timeout_s=settings.idle_timeout_s,
        write_timeout_s=settings.write_timeout_s,
        max_connections=settings.max_connections,
        max_connections_per_address=settings.max_connections_per_address,
        max_header_bytes=settings.max_header_bytes,
    )


def _url(listener: asyncio.Server, settings: GatewaySettings) -> str:
    host, port = listener.sockets[0].getsockname()[:2]
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
