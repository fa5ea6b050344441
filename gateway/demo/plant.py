"""The demo's plant: machines that publish their temperature and obey set points, over MQTT.

`python -m gateway.demo.plant` is the simulator; the broker beside it is a real mosquitto.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import logging
import os
import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.demo.signals import until_stopped

_log = logging.getLogger("plant")
_PERIOD_S = 1.0
_RECONNECT_S = 1
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
    limit: float
    previous: float = 0.0

    def step(self) -> None:
        """One second passes: the temperature follows the set point, with a little noise."""
        self.previous = self.celsius
        self.celsius += (self.setpoint - self.celsius) * 0.15 + random.uniform(-0.2, 0.2)  # noqa: S311

    def topic(self, channel: str) -> str:
        """The topic of one of the machine's channels."""
        return f"plant/{self.line}/{self.name}/{channel}"

    def reading(self) -> bytes:
        """The message on the temperature channel."""
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        reading = {
            "machine": f"{self.line}/{self.name}",
            "celsius": round(self.celsius, 1),
            "previous": round(self.previous, 1),
            "limit": self.limit,
            "setpoint": round(self.setpoint, 1),
            "at": at,
        }
        return json.dumps(reading).encode()


def machines() -> list[Machine]:
    """The machines of the plant, at rest."""
    return [
        Machine("line1", "press", 62.0, 65.0, 80.0),
        Machine("line1", "oven", 178.0, 180.0, 220.0),
        Machine("line2", "mixer", 24.0, 25.0, 60.0),
        Machine("line2", "packer", 31.0, 30.0, 60.0),
    ]


class Simulator:
    """Publishes and obeys. paho's thread keeps the connection and waits for a broker that goes away.

    A set point is a number that one thread writes and another reads: nothing has to be locked.
    """

    def __init__(self, port: int, username: str, password: str) -> None:
        self._plant = machines()
        self._by_topic = {machine.topic("setpoint"): machine for machine in self._plant}
        self._client = client = Client(CallbackAPIVersion.VERSION2, client_id="machines")
        client.username_pw_set(username, password)
        client.reconnect_delay_set(_RECONNECT_S, _RECONNECT_S)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._obey
        client.connect_async("127.0.0.1", port, keepalive=10)

    async def run(self) -> None:
        """Simulate until cancelled."""
        self._client.loop_start()
        try:
            while True:
                self._step()
                await asyncio.sleep(_PERIOD_S)
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _step(self) -> None:
        for machine in self._plant:
            machine.step()
            # A reading that nobody takes now is of no use later: paho would keep it.
            if self._client.is_connected():
                self._client.publish(machine.topic("temperature"), machine.reading(), qos=1, retain=True)

    def _connected(
        self, client: Client, _: object, _flags: ConnectFlags, reason: ReasonCode, _props: Properties | None
    ) -> None:
        if reason.is_failure:
            _log.info("the broker refuses the connection: %s", reason)
            return
        _log.info("connected to the broker")
        client.subscribe("plant/+/+/setpoint", qos=1)

    def _disconnected(
        self,
        _client: Client,
        _: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _props: Properties | None,
    ) -> None:
        _log.info("connection to the broker lost: %s", reason)

    def _obey(self, _client: Client, _: object, message: MQTTMessage) -> None:
        machine = self._by_topic.get(message.topic)
        try:
            wanted = float(json.loads(message.payload)["celsius"])
        except (ValueError, TypeError, KeyError):
            _log.info("%s: not a set point", message.topic)
            return
        if machine is None or not -50 <= wanted <= 400:
            _log.info("%s: no such machine, or out of range", message.topic)
            return
        machine.setpoint = wanted
        _log.info("%s is now %.1f", message.topic, wanted)


async def _run(port: int) -> None:
    simulator = Simulator(port, "machines", os.environ["MACHINES_PASSWORD"])
    simulation = asyncio.create_task(simulator.run())
    stopped = asyncio.create_task(until_stopped())
    await asyncio.wait({simulation, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    simulation.cancel()
    await asyncio.gather(simulation, stopped, return_exceptions=True)


def main() -> None:
    """Parse the arguments and simulate until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m gateway.demo.plant", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the broker on 127.0.0.1")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
