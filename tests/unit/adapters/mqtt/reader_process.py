"""Takes a hundred deliveries, acknowledges five, and waits to be killed. Arguments: port, version."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from adapters.contract import AdapterContext
from adapters.mqtt import ADAPTER


async def main() -> None:
    port, version = sys.argv[1:]
    settings = ADAPTER.settings.model_validate(
        {
            "adapter": "mqtt",
            "broker": f"mqtt://127.0.0.1:{port}",
            "version": version,
            "client_id": "killed",
            "channels": {"orders": {"topic": "plant/{line}/order"}},
        }
    )
    adapter = ADAPTER.create(settings, AdapterContext("plant", Path()))
    deliveries = adapter.receive("orders", None)
    held = [await anext(deliveries) for _ in range(100)]
    for delivery in held[:5]:
        await delivery.ack()
    print("acknowledged 5 of 100", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
