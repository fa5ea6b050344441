"""The demo's legacy systems, one at a time, each in its own process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo import requirements
from gateway.demo.bank import seed
from gateway.demo.plant import configure_broker
from tests.peers.process import ServerProcess, free_port

CONTRACT = Path(__file__).parents[2] / "gateway" / "demo" / "config" / "erp"


def erp_server(folder: Path) -> ServerProcess:
    """An ERP on an empty (or earlier) database in `folder`, not started."""
    port = free_port()
    command = [sys.executable, "-m", "gateway.demo.erp", "--port", str(port)]
    command += ["--contract", os.fspath(CONTRACT), "--database", os.fspath(folder / "erp.sqlite")]
    account = {"ERP_USERNAME": "gateway", "ERP_PASSWORD": "sesame"}
    return ServerProcess(command, port, folder / "erp.log", account)


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = erp_server(tmp_path_factory.mktemp("erp"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    seed.make_key(folder / "host")
    seed.make_key(folder / "client")
    seed.make_key(folder / "stranger")
    seed.fill(folder / "files")
    return folder


@pytest.fixture(scope="module")
def bank(bank_folder: Path) -> Iterator[ServerProcess]:
    port = free_port()
    command = [sys.executable, "-m", "gateway.demo.bank", "--port", str(port)]
    command += ["--root", os.fspath(bank_folder / "files"), "--host-key", os.fspath(bank_folder / "host")]
    command += ["--client-key", os.fspath(bank_folder / "client.pub")]
    server = ServerProcess(command, port, bank_folder / "log")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("plant")
    port = free_port()
    configuration = configure_broker(folder, port, {"machines": "m-secret", "gateway": "g-secret"})
    server = ServerProcess([requirements.mosquitto(), "-c", configuration], port, folder / "log")
    server.start()
    yield server
    server.stop()
