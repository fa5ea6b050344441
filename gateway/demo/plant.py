"""The demo's plant: machines that publish their temperature and obey set points, over MQTT.

`python -m gateway.demo.plant` is the simulator; the broker beside it is a real mosquitto.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import logging
import os
import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt

from gateway.demo.signals import until_stopped

_log = logging.getLogger("plant")
_PERIOD_S = 1.0
_RECONNECT_S = 1.0
_HASH_ROUNDS = 101

BROKER_CONFIGURATION = """\
# Written by `gateway demo` at every start.
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
persistence true
persistence_location {folder}/
autosave_interval 60
# mosquitto run by root would become another user, who may not write here.
user root
log_dest stderr
"""


def configure_broker(folder: Path, port: int, users: dict[str, str]) -> Path:
    """Write mosquitto's configuration and password file; return the former."""
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    passwords.write_text("".join(f"{user}:{_hashed(password)}\n" for user, password in users.items()))
    file = folder / "mosquitto.conf"
    file.write_text(BROKER_CONFIGURATION.format(port=port, folder=folder))
    return file


def _hashed(password: str) -> str:
    """mosquitto's own format 7: PBKDF2 with SHA-512, as `mosquitto_passwd` writes it."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    return f"$7${_HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@dataclass(slots=True)
class Machine:
    """One machine. Units: degrees Celsius."""

    line: str
    name: str
    celsius: float
    setpoint: float

    def step(self) -> None:
        """One second passes: the temperature follows the set point, with a little noise."""
        self.celsius += (self.setpoint - self.celsius) * 0.15 + random.uniform(-0.2, 0.2)  # noqa: S311

    def topic(self, channel: str) -> str:
        """The topic of one of the machine's channels."""
        return f"plant/{self.line}/{self.name}/{channel}"

    def reading(self) -> bytes:
        """The message on the temperature channel."""
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        celsius, setpoint = round(self.celsius, 1), round(self.setpoint, 1)
        machine = f"{self.line}/{self.name}"
        return json.dumps({"machine": machine, "celsius": celsius, "setpoint": setpoint, "at": at}).encode()


def machines() -> list[Machine]:
    """The machines of the plant, at rest."""
    return [
        Machine("line1", "press", 62.0, 65.0),
        Machine("line1", "oven", 178.0, 180.0),
        Machine("line2", "mixer", 24.0, 25.0),
        Machine("line2", "packer", 31.0, 30.0),
    ]


async def simulate(port: int, username: str, password: str) -> None:
    """Publish and obey until cancelled; a broker that goes away is waited for."""
    plant = machines()
    while True:
        client = aiomqtt.Client(
            "127.0.0.1", port, username=username, password=password, identifier="machines", keepalive=10
        )
        try:
            async with client, asyncio.TaskGroup() as tasks:
                _log.info("connected to the broker")
                tasks.create_task(_obey(client, plant))
                tasks.create_task(_publish(client, plant))
        except* aiomqtt.MqttError as group:
            _log.info("broker: %s", group.exceptions[0])
        await asyncio.sleep(_RECONNECT_S)


async def _publish(client: aiomqtt.Client, plant: list[Machine]) -> None:
    while True:
        for machine in plant:
            machine.step()
            await client.publish(machine.topic("temperature"), machine.reading(), qos=1, retain=True)
        await asyncio.sleep(_PERIOD_S)


async def _obey(client: aiomqtt.Client, plant: list[Machine]) -> None:
    by_topic = {machine.topic("setpoint"): machine for machine in plant}
    await client.subscribe("plant/+/+/setpoint", qos=1)
    async for message in client.messages:
        machine = by_topic.get(str(message.topic))
        try:
            wanted = float(json.loads(message.payload)["celsius"])
        except (ValueError, TypeError, KeyError):
            _log.info("%s: not a set point", message.topic)
            continue
        if machine is None or not -50 <= wanted <= 400:
            _log.info("%s: no such machine, or out of range", message.topic)
            continue
        machine.setpoint = wanted
        _log.info("%s is now %.1f", message.topic, wanted)


async def _run(port: int) -> None:
    simulation = asyncio.create_task(simulate(port, "machines", os.environ["MACHINES_PASSWORD"]))
    stopped = asyncio.create_task(until_stopped())
    await asyncio.wait({simulation, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    simulation.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await simulation


def main() -> None:
    """Parse the arguments and simulate until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.plant", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the broker on 127.0.0.1")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
