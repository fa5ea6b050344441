"""Connections that take only so many interim answers (`100 Continue`, `103 Early Hints`) before the last.

aiohttp reads over interim answers without giving way to other tasks as long as more are there, so that a
server that sends nothing else would hold up the whole event loop, time-outs included.
"""

from __future__ import annotations

import asyncio
import functools
import ssl

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader

MAX_INTERIM = 16
"""Real servers send one, and a few early hints."""


class _Handler(ResponseHandler):
    _interim = 0

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Take one answer, unless it is one interim answer too many: that ends the connection."""
        interim = 100 <= data[0].code < 200
        self._interim = self._interim + 1 if interim else 0
        if self.exception() is not None:
            return
        if self._interim <= MAX_INTERIM:
            super().feed_data(data, size)
            return
        self.set_exception(
            HttpProcessingError(code=data[0].code, message=f"more than {MAX_INTERIM} interim (1xx) answers")
        )
        if self.transport is not None:
            self.transport.abort()


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector, whose connections end after too many interim answers."""

    def __init__(self, *, limit: int, tls: ssl.SSLContext | bool, keep_alive_s: float) -> None:
        super().__init__(limit=limit, ssl=tls, keepalive_timeout=keep_alive_s)
        # aiohttp has no public way to say this.
        handler: type[ResponseHandler] = _Handler
        self._factory = functools.partial(handler, loop=asyncio.get_running_loop())
