"""FastAPI + sqlite3: one row a request, WAL, synchronous FULL, committed before the answer."""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from typing import Any

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

app = FastAPI()
lock = threading.Lock()
connection = sqlite3.connect(os.environ["BENCH_DATABASE"], isolation_level=None, check_same_thread=False)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA synchronous = FULL")
connection.execute(
    "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, flow TEXT, state TEXT, payload BLOB)"
)


def store(flow: str, body: bytes) -> str:
    identifier = str(uuid.uuid4())
    with lock:
        connection.execute("INSERT INTO message VALUES (?, ?, 'pending', ?)", [identifier, flow, body])
    return identifier


@app.post("/api/flows/{flow}", status_code=202)
async def accept(flow: str, request: Request) -> dict[str, Any]:
    await request.json()
    return {"id": await run_in_threadpool(store, flow, await request.body()), "state": "pending"}
