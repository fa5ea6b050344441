"""The listener: starts, serves, stops without breaking what is under way."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp.http_parser
import uvloop

import certs
from gateway.admin import AdminServer
from gateway.catalogue import Catalogue
from gateway.config import GatewaySettings
from gateway.http.acceptor import Flows
from gateway.http.application import Application
from gateway.http.guard import Guard, GuardedServer, Limits
from gateway.messages import MessageStore, StoreError, StoreFailed, StoreFull
from gateway.security import KeyStore
from gateway.telemetry import get_logger, lag
from gateway.telemetry.wall_clock import WallClock

_log = get_logger("http")

LINGER_S = 2.0
"""Seconds that the rest of a request's body is read after its answer, so that the answer arrives."""
BACKLOG = 1024
FIRST_PRUNE_S = 600.0
"""Seconds after the start: a machine's clock may be wrong until the network has told it the time."""
PRUNE_EVERY_S = 3600.0
_POLL_S = 0.05


class UnsafeParser(RuntimeError):
    """aiohttp runs on its pure-Python parser, which is not held to the same strictness."""


class Service:
    """The gateway at work: the store, the systems, the flows and the listener, started and stopped in order.

    What arrives is stored before anything else, so the store is opened first and closed last.
    """

    def __init__(self, catalogue: Catalogue, keys: KeyStore, store: MessageStore, engine: Flows) -> None:
        self._catalogue = catalogue
        self._store = store
        self._engine = engine
        self._settings = catalogue.configuration.gateway
        self._application = Application(catalogue, keys, store, engine)
        self._tls: ssl.SSLContext | None = None
        self._failed = asyncio.Event()
        self._replacing = asyncio.Lock()
        self._stopping = False

    async def run(
        self,
        *,
        ready: Callable[[str], None] | None = None,
        stop: asyncio.Event,
        admin: AdminServer | None = None,
    ) -> None:
        """Serve until `stop` is set, then finish what is under way and close everything.

        `ready` is called with the listener's URL once connections are accepted. Systems connect meanwhile.
        Raises: UnsafeParser, ConfigurationError, certs.CertificateError, OSError when the address is taken;
        StoreBusy, CannotOpen, Damaged, SocketError; StoreFailed when the store fails later: the process is to
        be started anew.
        """
        insist_on_strict_parser()
        self._tls = _tls(self._settings)
        try:
            await self._store.open()
            # Not before: a store that cannot be opened has its own reason, which is raised.
            self._store.on_change(self._look_at_store)
            await self._serve(ready, stop, admin)
        finally:
            await self._store.aclose()
        if self._failed.is_set():
            raise StoreFailed("the message store has failed")

    @property
    def catalogue(self) -> Catalogue:
        """What is served now."""
        return self._catalogue

    async def replace(self, catalogue: Catalogue) -> list[str]:
        """Serve another configuration from now on, one at a time. Calls to systems that the catalogue shares
        with the one before go on; others may end as they began, for up to `shutdown_grace_s`.

        Returns the keys of gateway.yaml that have changed and are used only after a restart.
        Raises: certs.CertificateError, before anything is changed.
        """
        settings = catalogue.configuration.gateway
        waiting = [key for key in AT_START_ONLY if getattr(settings, key) != getattr(self._settings, key)]
        if (settings.tls is None) != (self._settings.tls is None):
            waiting.append("tls")
        elif settings.tls is not None and self._tls is not None:
            _tls(settings)  # a pair that does not fit must not reach the listener
            self._tls.load_cert_chain(settings.tls.certificate, settings.tls.key)
        async with self._replacing:
            if not self._stopping:
                await self._replace(catalogue)
        return waiting

    async def _replace(self, catalogue: Catalogue) -> None:
        catalogue.take_over()
        before, old = self._application.replace(catalogue), self._catalogue
        self._catalogue = catalogue
        leaving = old.systems_not_in(catalogue)
        under_way = self._application.under_way
        try:
            await asyncio.gather(
                self._engine.reload(catalogue.configuration, catalogue),
                _within(self._settings.shutdown_grace_s, under_way.drain(leaving)),
            )
        finally:
            await under_way.aclose(leaving)
            await old.aclose(keep=catalogue)
            await before.aclose()
        if not self._stopping:
            await catalogue.start()

    async def _serve(
        self, ready: Callable[[str], None] | None, stop: asyncio.Event, admin: AdminServer | None
    ) -> None:
        settings = self._settings
        guard = Guard(_limits(settings))
        server = GuardedServer(
            guard,
            self._application.handle,
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
            ssl=self._tls,
            ssl_handshake_timeout=settings.header_timeout_s if self._tls else None,
        )
        work = (guard.watch(), lag.watch(), self._keep_house())
        watchers = [asyncio.create_task(one) for one in work]
        try:
            await self._catalogue.start()
            await self._engine.start()
            if admin is not None:
                await admin.start()
            url = _url(listener, settings)
            _log.info("listening", url=url)
            if ready is not None:
                ready(url)
            await self._until(stop)
            _log.info("stopping", grace_s=settings.shutdown_grace_s)
            listener.close()
            await asyncio.gather(self._finish(guard), self._engine.drain(settings.shutdown_grace_s))
        finally:
            self._stopping = True
            listener.close()
            guard.abort_all()
            await server.shutdown(0.5)
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)
            if admin is not None:
                await admin.aclose()
            async with self._replacing:
                await self._application.under_way.aclose()
                await self._application.generation.aclose()
                await self._engine.aclose()
                await self._catalogue.aclose()
            _log.info("stopped")

    async def _until(self, stop: asyncio.Event) -> None:
        """Wait until the gateway is to stop, or must since the store has failed."""
        reasons = [asyncio.create_task(stop.wait()), asyncio.create_task(self._failed.wait())]
        try:
            await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for reason in reasons:
                reason.cancel()

    async def _finish(self, guard: Guard) -> None:
        """Wait for what is under way, but not longer than the grace."""
        guard.stopping = True
        self._application.stop()
        await _within(self._settings.shutdown_grace_s, self._finished(guard))
        if guard.connections:
            _log.warning("connections are broken off", connections=len(guard.connections))

    async def _finished(self, guard: Guard) -> None:
        while guard.connections:
            guard.close_idle()
            await asyncio.sleep(_POLL_S)
        await self._application.under_way.drain()

    async def _keep_house(self) -> None:
        """Remove from the store what its settings no longer keep, while it is known how old that is."""
        clock = WallClock()
        await asyncio.sleep(FIRST_PRUNE_S)
        while True:
            if not clock.is_trusted():
                _log.warning("nothing is removed from the store: the clock was moved less than a day ago")
                await asyncio.sleep(PRUNE_EVERY_S)
                continue
            try:
                removed = await self._store.prune()
            except StoreFull:
                _log.warning("nothing can be removed from the store: its disk is full")
            except StoreError as error:
                _log.error("nothing is removed from the store any more", reason=str(error))
                return
            else:
                if removed:
                    _log.info("old messages are removed", messages=removed)
            await asyncio.sleep(PRUNE_EVERY_S)

    def _look_at_store(self) -> None:
        if self._store.failed and not self._failed.is_set():
            _log.critical("the message store has failed; the gateway stops, to be started anew")
            self._failed.set()


AT_START_ONLY = (
    "listen",
    "state_dir",
    "messages",
    "log_level",
    "log_format",
    "header_timeout_s",
    "body_timeout_s",
    "idle_timeout_s",
    "write_timeout_s",
    "max_connections",
    "max_connections_per_address",
    "max_header_bytes",
    "max_held_bytes",
)
"""Keys of gateway.yaml that a reload does not apply."""


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    """Let work go on for so long, and no longer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


def _tls(settings: GatewaySettings) -> ssl.SSLContext | None:
    return certs.server_context(settings.tls.certificate, settings.tls.key) if settings.tls else None


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
        max_held_bytes=settings.max_held_bytes,
    )


def _url(listener: asyncio.Server, settings: GatewaySettings) -> str:
    host, port = listener.sockets[0].getsockname()[:2]
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
