"""paramiko and pyodbc: fetch a file whole, slice its records, executemany in batches of 500."""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import paramiko
import pyodbc

RECORD_BYTES = 80
BATCH = 500
INSERT = "INSERT INTO plain (id, invoice, payer, amount, booked) VALUES (?, ?, ?, ?, ?)"


def main(known: dict[str, Any]) -> None:
    data = _fetched(known)
    connection = pyodbc.connect(os.environ["BENCH_CONNECTION"], autocommit=False)
    cursor = connection.cursor()
    rows = []
    for at in range(0, len(data), RECORD_BYTES):
        text = data[at : at + RECORD_BYTES].decode("ascii")
        amount = Decimal(int(text[52:64])).scaleb(-2)
        booked = date(int(text[64:68]), int(text[68:70]), int(text[70:72]))
        rows.append((int(text[:10]), text[10:22].rstrip(), text[22:52].rstrip(), amount, booked))
        if len(rows) == BATCH:
            cursor.executemany(INSERT, rows)
            connection.commit()
            rows.clear()
    if rows:
        cursor.executemany(INSERT, rows)
        connection.commit()
    connection.close()


def _fetched(known: dict[str, Any]) -> bytes:
    transport = paramiko.Transport(("127.0.0.1", known["port"]))
    transport.connect(username=known["user"], pkey=paramiko.PKey.from_path(known["key"]))
    sftp = paramiko.SFTPClient.from_transport(transport)
    assert sftp is not None
    buffer = io.BytesIO()
    sftp.getfo(known["file"], buffer)
    transport.close()
    return buffer.getvalue()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
