"""Keeping one connection per system: subscriptions are made again after a loss, calls are never repeated.

    closed ──connect()──► open ──link lost──► waiting ──back-off──► open …

Subscriptions need a connection that stays; so a task re-opens a lost one by itself, with a growing, jittered
pause. While there is none, calls fail at once and nothing is queued.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Sequence

from adapters.contract import Deadline
from adapters.errors import AccessRefused, AdapterError, ConnectFailed, ConnectTimeout
from adapters.mqtt.client import Link
from adapters.mqtt.config import BESIDE_PAYLOAD_BYTES, MqttSettings
from adapters.mqtt.dial import dial
from adapters.mqtt.engine import Terms
from adapters.mqtt.message import Message
from adapters.mqtt.reasons import TAKEN_OVER

_LOG = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.2
MAX_PAUSE_S = 5.0
_SHORT_LIFE_S = 5.0
_TAKEOVERS = 3


def takeover_hint(link: Link, short_lives: int, client_id: str) -> str:
    """What to say when a second client seems to use the same identifier: MQTT 5 tells, with 3.1.1 several
    short-lived connections in a row suggest it. Empty otherwise."""
    if link.closing_reason == TAKEN_OVER or short_lives >= _TAKEOVERS:
        return f"; does another client use the client identifier {client_id}?"
    return ""


def was_short(seconds: float) -> bool:
    """True when a connection that lived so long may have been ended by a second client of its name."""
    return seconds < _SHORT_LIFE_S


class Session:
    """The link of one system, replaced when it is lost.

    `on_message` gets every message; `on_lost` is told the reason each time an established link ends.
    `refused` holds the filters that the broker did not grant.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        context: ssl.SSLContext | None,
        filters: Sequence[tuple[str, int]],
        on_message: Callable[[Message], None],
        on_lost: Callable[[AdapterError], None],
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._context = context
        self._filters = filters
        self._on_message = on_message
        self._on_lost = on_lost
        self._opening = asyncio.Lock()
        self._link: Link | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._failure: AdapterError | None = None
        self._closed = False
        self.refused: frozenset[str] = frozenset()
        self.subscribed_at = 0.0

    @property
    def link(self) -> Link:
        """The open link. Raises: ConnectFailed, or AccessRefused when that is why there is none."""
        link = self._link
        if link is not None and not link.closed.is_set():
            return link
        failure = self._failure or (link.failure if link is not None else None)
        if isinstance(failure, AccessRefused):
            raise type(failure)(failure.message)
        reason = f": {failure.message}" if failure is not None else ""
        raise ConnectFailed(f"there is no connection to the MQTT broker{reason}")

    @property
    def connected(self) -> bool:
        """True while there is an open link."""
        return self._link is not None and not self._link.closed.is_set()

    async def connect(self, deadline: Deadline) -> None:
        """Open a link if there is none, and keep one from then on.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied, ProtocolViolation.
        """
        await self._turn(deadline)
        try:
            if self._closed:
                raise ConnectFailed("the system was closed")
            if not self.connected:
                await self._connect(deadline.within(self._settings.connect_timeout_s))
        finally:
            self._opening.release()

    async def aclose(self) -> None:
        """Stop keeping, and disconnect. Idempotent."""
        self._closed = True
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
        if self._link is not None:
            self._link.close()
        if keeper is not None:
            # Unlike awaiting the task, this raises CancelledError only when the caller itself is cancelled.
            await asyncio.wait({keeper})

    async def _turn(self, deadline: Deadline) -> None:
        """Take the lock: one attempt at a time. Raises: ConnectTimeout."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self._opening.acquire()
        except TimeoutError as error:
            raise ConnectTimeout(
                "another attempt to connect to the MQTT broker is still under way"
            ) from error

    async def _connect(self, deadline: Deadline) -> None:
        try:
            link = await self._open(deadline)
        except AdapterError as error:
            self._failure = error
            raise
        if self._closed:  # while the link was being opened
            link.close()
            raise ConnectFailed("the system was closed")
        self._link, self._failure = link, None
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep(), name="mqtt-session")

    async def _open(self, deadline: Deadline) -> Link:
        connected = await dial(self._settings, self._context, deadline)
        terms = Terms(
            client_id=self._client_id,
            max_packet_bytes=self._settings.max_payload_bytes + BESIDE_PAYLOAD_BYTES,
        )
        link = Link(self._settings, terms, self._on_message)
        await link.open(connected, deadline)
        try:
            await self._subscribe(link, deadline)
        except BaseException:
            link.close()
            raise
        return link

    async def _subscribe(self, link: Link, deadline: Deadline) -> None:
        if not self._filters:
            return
        granted = await link.subscribe(self._filters, deadline)
        pairs = zip(self._filters, granted, strict=False)
        self.refused = frozenset(wanted for (wanted, _), reason in pairs if reason.is_failure)
        for wanted in sorted(self.refused):
            _LOG.warning("the MQTT broker refuses the subscription to %s", wanted)
        self.subscribed_at = asyncio.get_running_loop().time()

    async def _keep(self) -> None:
        """Wait for the link to end, tell about it, open the next; until cancelled."""
        loop = asyncio.get_running_loop()
        short_lives = 0
        while True:
            link, since = self._link, loop.time()
            assert link is not None
            await link.closed.wait()
            failure = link.failure or ConnectFailed("closed")
            short_lives = short_lives + 1 if was_short(loop.time() - since) else 0
            hint = takeover_hint(link, short_lives, self._client_id)
            _LOG.warning("connection to the MQTT broker lost: %s%s", failure.message, hint)
            self._tell(failure)
            await self._reopen(first_pause_s=min(MAX_PAUSE_S, FIRST_PAUSE_S * 2**short_lives))

    def _tell(self, failure: AdapterError) -> None:
        try:
            self._on_lost(failure)
        except Exception:
            # The keeper is the top of its task: nothing but being cancelled may end it.
            _LOG.exception("telling that the connection to the MQTT broker was lost failed")

    async def _reopen(self, first_pause_s: float) -> None:
        pause_s = first_pause_s
        while not self.connected:
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (spreads load, no secret)
            try:
                await self.connect(Deadline.after(self._settings.connect_timeout_s))
            except AdapterError as error:
                level = logging.ERROR if isinstance(error, AccessRefused) else logging.INFO
                _LOG.log(level, "no connection to the MQTT broker yet: %s", error.message)
            except Exception:
                # As above: a mistake in here must not leave a link that nobody opens again.
                _LOG.exception("connecting to the MQTT broker failed unexpectedly")
            pause_s = min(MAX_PAUSE_S, pause_s * 2)
        _LOG.info("connected to the MQTT broker")
