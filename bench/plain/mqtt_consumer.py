"""paho with manual acknowledgement: one row in SQLite for each message, synced, then the PUBACK."""

from __future__ import annotations

import sqlite3
import sys
import uuid
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main(port: int, database: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE message (id TEXT PRIMARY KEY, topic TEXT, payload BLOB)")
    client = Client(CallbackAPIVersion.VERSION2, "plain", clean_session=False, manual_ack=True)

    def store(_: Client, __: object, message: MQTTMessage) -> None:
        connection.execute(
            "INSERT INTO message VALUES (?, ?, ?)", [str(uuid.uuid4()), message.topic, message.payload]
        )
        client.ack(message.mid, message.qos)

    def connected(*_: Any) -> None:
        client.subscribe("plain/+", qos=1)

    def subscribed(*_: Any) -> None:
        print("ready", flush=True)

    client.on_message = store
    client.on_connect = connected
    client.on_subscribe = subscribed
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
