"""FastAPI + aiomqtt: publish with QoS 1 and wait for the PUBACK."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
from fastapi import FastAPI, Request

clients: list[aiomqtt.Client] = []


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with aiomqtt.Client("127.0.0.1", int(os.environ["BENCH_MQTT_PORT"])) as client:
        clients.append(client)
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/plant/temperature/{line}/{machine}")
async def publish(line: str, machine: str, request: Request) -> dict[str, str]:
    await request.json()
    topic = f"plant/{line}/{machine}/temperature"
    await clients[0].publish(topic, await request.body(), qos=1)
    return {"topic": topic}
