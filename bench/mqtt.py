"""POST /api/plant/temperature/{line}/{machine}: one JSON reading, confirmed by the broker's PUBACK."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bench.contenders import Contender, start_gateway, start_plain
from tests.peers.mosquitto import mosquitto


def start(folder: Path, stack: ExitStack) -> tuple[Contender, Contender]:
    """The gateway and FastAPI + aiomqtt in front of the same broker."""
    broker = mosquitto(folder / "broker", extra=("max_inflight_messages 0", "log_type none"))
    broker.start()
    stack.callback(broker.stop)
    topic = "plant/{line}/{machine}/temperature"
    plant = {
        "adapter": "mqtt",
        "broker": f"mqtt://127.0.0.1:{broker.port}",
        "channels": {"temperature": {"topic": topic, "qos": 1, "direction": "publish"}},
        "max_in_flight": 64,
    }
    environ = {"BENCH_MQTT_PORT": str(broker.port)}
    return start_gateway(folder, {"plant": plant}, {}, stack), start_plain(folder, "mqtt", environ, stack)
