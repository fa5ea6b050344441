"""MQTT messages, QoS 1, stored and synced before they are acknowledged: the gateway and a plain consumer."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import aiomqtt

from bench.contenders import Contender, start_gateway
from bench.cpu import cpu_seconds
from bench.job import Job, Spent
from tests.peers.mosquitto import mosquitto

_MESSAGES = 10_000
_POLL_S = 0.02
_GIVE_UP_S = 120.0
_PAYLOAD = b'{"celsius":71.25,"at":"2026-11-02T09:30:00Z","machine":"l1/m7"}'


def start(folder: Path, stack: ExitStack) -> Job:
    """One broker; each of the two has a topic of its own."""
    broker = mosquitto(
        folder / "broker", extra=("max_inflight_messages 100", "max_queued_messages 0", "log_type none")
    )
    broker.start()
    stack.callback(broker.stop)
    readings = {"topic": "gateway/{machine}", "qos": 1, "direction": "subscribe"}
    address = f"mqtt://127.0.0.1:{broker.port}"
    plant = {"adapter": "mqtt", "broker": address, "channels": {"readings": readings}}
    flows = {"intake": {"from": "plant.readings", "steps": []}}
    gateway = start_gateway(folder, {"plant": plant}, {}, stack, flows=flows)
    database = folder / "plain.sqlite"
    plain = _start_plain(database, broker.port, stack)
    totals: dict[str, Callable[[], int]] = {
        "gateway": lambda: _received(gateway),
        "plain": lambda: _rows(database),
    }
    for name, total in totals.items():
        while not total():  # what is published before somebody has subscribed reaches nobody
            asyncio.run(_publish(broker.port, f"{name}/warm", 10))
            time.sleep(0.5)
    time.sleep(0.5)

    def run(name: str, pid: int) -> Spent:
        wanted = totals[name]() + _MESSAGES
        cpu, started = cpu_seconds(pid), time.perf_counter()
        asyncio.run(_publish(broker.port, f"{name}/m7", _MESSAGES))
        while totals[name]() < wanted:
            if time.perf_counter() - started > _GIVE_UP_S:
                raise SystemExit(f"{name}: {totals[name]()} of {wanted} messages arrived")
            time.sleep(_POLL_S)
        return Spent(time.perf_counter() - started, cpu_seconds(pid) - cpu)

    return Job(
        "MQTT messages into the store",
        _MESSAGES,
        lambda: run("gateway", gateway.pid),
        lambda: run("plain", plain.pid),
    )


async def _publish(port: int, topic: str, count: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port, max_inflight_messages=1000) as client:
        client.pending_calls_threshold = 1000  # many at once are meant
        for _ in range(0, count, 500):
            await asyncio.gather(*(client.publish(topic, _PAYLOAD, qos=1) for _ in range(min(500, count))))


def _start_plain(database: Path, port: int, stack: ExitStack) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.plain.mqtt_consumer", str(port), os.fspath(database)],
        stdout=subprocess.PIPE,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    assert process.stdout is not None
    stack.callback(process.stdout.close)
    process.stdout.readline()  # it has subscribed
    return process


def _received(gateway: Contender) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{gateway.port}/metrics", headers={"Authorization": f"Bearer {gateway.key}"}
    )
    with urllib.request.urlopen(request) as answer:
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith('gateway_flow_messages_total{event="received"')]
    return int(float(found[0].rpartition(" ")[2])) if found else 0


def _rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM message").fetchone()[0])
