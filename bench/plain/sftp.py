"""FastAPI + paramiko: write under a temporary name, check the size, rename."""

from __future__ import annotations

import json
import os
import threading
import uuid
from typing import Any

import paramiko
from fastapi import FastAPI

app = FastAPI()


class Local(threading.local):
    """What each thread has of its own."""

    sftp: paramiko.SFTPClient | None = None


local = Local()
# As many sessions as the gateway may hold.
sessions = threading.BoundedSemaphore(int(os.environ["BENCH_SESSIONS"]))


def sftp() -> paramiko.SFTPClient:
    if local.sftp is None:
        transport = paramiko.Transport(("127.0.0.1", int(os.environ["BENCH_SFTP_PORT"])))
        key = paramiko.PKey.from_path(os.environ["BENCH_SFTP_KEY"])
        transport.connect(username=os.environ["BENCH_SFTP_USER"], pkey=key)
        local.sftp = paramiko.SFTPClient.from_transport(transport)
    assert local.sftp is not None
    return local.sftp


def put(content: bytes) -> str:
    name = f"{os.environ['BENCH_SFTP_FOLDER']}/{uuid.uuid4()}.json"
    with sessions:
        with sftp().open(f"{name}.part", "wb") as file:
            file.set_pipelined(True)
            file.write(content)
        if sftp().stat(f"{name}.part").st_size != len(content):
            raise OSError("short write")
        sftp().posix_rename(f"{name}.part", name)
    return name


@app.post("/api/bank/payments", status_code=201)
def post(records: list[dict[str, Any]]) -> dict[str, str]:
    return {"file": put(json.dumps(records).encode())}
