"""MQTT against mosquitto."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from paho.mqtt import publish

from adapters.contract import ByteBody, Request
from tests.conformance.kit import Arriving, Example
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess

_PASSWORD = "canary-mqtt-Jk4vXw2q"
_COUNTER = itertools.count(1)


async def _chunks(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data


def _publish() -> Request:
    body = b'{"value": %d}' % next(_COUNTER)
    return Request(
        parameters={"line": "1", "machine": "press"},
        body=ByteBody(chunks=_chunks(body), content_type="application/json", size=len(body)),
    )


def _published(answer: Any) -> None:
    assert answer == {"topic": "plant/1/press/temperature", "qos": 1}


def _running() -> Request:
    return Request(parameters={"line": "1"})


def _is_running(answer: Any) -> None:
    assert answer == b'"running"'


def _unknown_line() -> Request:
    return Request(parameters={"line": "nowhere"})


def _no_value(error: Any) -> None:
    assert error.code == "no-value"


class _Broker(ServerProcess):
    """Keeps nothing on disk, so each start publishes the retained status again."""

    def start(self, timeout_s: float = 30.0) -> None:
        super().start(timeout_s)
        publish.single(
            "plant/1/status",
            b'"running"',
            qos=1,
            retain=True,
            hostname="127.0.0.1",
            port=self.port,
            auth={"username": "gateway", "password": _PASSWORD},
        )


class KIT:
    """One broker with a password, and a retained status for the read example."""

    adapter = "mqtt"
    secrets = (_PASSWORD, f"not-{_PASSWORD}")
    read = Example("status.last", _running, _is_running)
    write = Example("temperature.publish", _publish, _published)
    rejected = Example("status.last", _unknown_line, _no_value)

    @property
    def arriving(self) -> Arriving:
        """Orders, which no other example publishes. A killed mosquitto loses what it kept."""
        return Arriving(
            channel="orders",
            settings=self.settings,
            put=lambda number: self._put(b'{"number": %d}' % number),
            number_of=lambda data: int(json.loads(data)["number"]),
            put_bytes=self._put,
            restartable=False,
        )

    def _put(self, payload: bytes) -> None:
        publish.single(
            "plant/1/order",
            payload,
            qos=1,
            hostname="127.0.0.1",
            port=self.port,
            auth={"username": "gateway", "password": _PASSWORD},
        )

    def __init__(self) -> None:
        self._server: ServerProcess | None = None

    @property
    def server(self) -> ServerProcess:
        assert self._server is not None, "not started"
        return self._server

    @property
    def port(self) -> int:
        return self.server.port

    def start(self, folder: Path) -> None:
        plain = mosquitto(folder, users={"gateway": _PASSWORD})
        self._server = _Broker(plain.command, plain.port, plain.log)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()

    def settings(self, port: int | None = None) -> dict[str, Any]:
        return {
            "adapter": "mqtt",
            "broker": f"mqtt://127.0.0.1:{port or self.port}",
            "username": "gateway",
            "password": _PASSWORD,
            "channels": {
                "temperature": {"topic": "plant/{line}/{machine}/temperature"},
                "status": {"topic": "plant/{line}/status", "retain": True},
                "orders": {"topic": "plant/{line}/order"},
            },
        }

    def wrong_credentials(self) -> dict[str, Any] | None:
        return {**self.settings(), "password": f"not-{_PASSWORD}"}
