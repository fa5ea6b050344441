"""FastAPI + pyodbc in threads: one connection for each thread, rows as JSON."""

from __future__ import annotations

import os
import threading
from typing import Any

import pyodbc
from fastapi import FastAPI, HTTPException

app = FastAPI()
local = threading.local()
COLUMNS = ("id", "customer", "city", "amount", "quantity", "placed", "paid", "note")


def connection() -> pyodbc.Connection:
    if not hasattr(local, "connection"):
        local.connection = pyodbc.connect(os.environ["BENCH_CONNECTION"], autocommit=True)
    return local.connection


@app.get("/api/warehouse/payments")
def read(quantity: str, limit: int) -> list[dict[str, Any]]:
    least = int(quantity.removeprefix("gte."))
    rows = connection().execute(
        f"select {', '.join(COLUMNS)} from payments where quantity >= ? limit {limit}", least
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows.fetchall()]


@app.get("/api/warehouse/payments/{key}")
def get(key: int) -> dict[str, Any]:
    row = connection().execute(f"select {', '.join(COLUMNS)} from payments where id = ?", key).fetchone()
    if row is None:
        raise HTTPException(404)
    return dict(zip(COLUMNS, row, strict=True))
