"""Another configuration for the running gateway: what has not changed is not disturbed."""

from __future__ import annotations

import asyncio
import gc
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from adapters.contract import Event, JsonValue
from certs.authority import Authority
from gateway.catalogue import Catalogue, State
from gateway.cli.freezing import Freezer
from gateway.cli.reloading import Reloader
from gateway.config import load
from gateway.telemetry import metrics
from tests.facade.running import Gateway, until, write
from tests.facade.test_mqtt import SSE, events
from tests.peers.mosquitto import mosquitto
from tests.peers.process import ServerProcess

ORDER: dict[str, JsonValue] = {"id": 7, "lines": [{"sku": "a"}]}
ERP: dict[str, Any] = {"adapter": "scripted", "timeout_s": 20}
POSTED: dict[str, Any] = {"from": {"post": {}}, "steps": []}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """It knows two accounts."""
    server = mosquitto(tmp_path_factory.mktemp("mosquitto"), users={"plant": "p", "office": "right"})
    server.start()
    yield server
    server.stop()


def mqtt(broker: ServerProcess, account: str) -> dict[str, Any]:
    return {
        "adapter": "mqtt",
        "broker": f"mqtt://127.0.0.1:{broker.port}",
        "client_id": f"reload-{account}",
        "username": account,
        "password": f"${{file:{account}.password}}",
        "channels": {"value": {"topic": f"{account}/{{machine}}"}},
    }


async def published(gateway: Gateway, system: str, value: JsonValue) -> None:
    answer = await gateway.request("POST", f"/api/{system}/value/m1", json=value)
    assert answer.status == 200, answer.body


async def test_an_unchanged_system_is_not_disturbed_and_a_changed_password_takes_effect(
    gateway: Gateway, broker: ServerProcess
) -> None:
    (gateway.directory / "plant.password").write_text("p")
    (gateway.directory / "office.password").write_text("wrong")
    plant, office = mqtt(broker, "plant"), mqtt(broker, "office")
    systems = {"plant": plant, "office": office}
    await gateway.start(systems=systems, until_ready=False)
    before = gateway.catalogue.systems
    await until(lambda: before["plant"].state is State.READY)
    await until(lambda: before["office"].state is State.UNAVAILABLE)
    url = "/api/plant/value/m1"
    async with gateway.session.get(url, headers=SSE, timeout=aiohttp.ClientTimeout(total=60)) as answer:
        coming = events(answer)
        await published(gateway, "plant", 1)
        assert (await anext(coming))[1] == b"1"
        connections = broker.log.read_text().count("as reload-plant")
        assert connections
        (gateway.directory / "office.password").write_text("right")
        await gateway.replace(systems)
        now = gateway.catalogue.systems
        assert now["plant"] is before["plant"]
        assert now["office"] is not before["office"]
        assert broker.log.read_text().count("as reload-plant") == connections
        await until(lambda: now["office"].state is State.READY)
        await published(gateway, "office", 2)
        await published(gateway, "plant", 3)
        assert (await anext(coming))[1] == b"3"
        # A second reload finds the stream where the first has left it; a change of its system ends it.
        await gateway.replace({"plant": {**plant, "description": "Machines"}})
        assert await anext(coming, None) is None
    assert (await gateway.request("GET", "/api/office/value/m1")).status == 404


async def test_a_call_that_is_under_way_ends_as_it_began(gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP})
    gateway.script.value = ORDER
    gateway.script.hold = asyncio.Event()
    under_way = asyncio.create_task(gateway.request("POST", "/api/erp/Echo", json=ORDER))
    await until(lambda: bool(gateway.script.requests))
    old = gateway.catalogue.systems["erp"]
    reload = asyncio.create_task(gateway.replace({"erp": {**ERP, "max_in_flight": 2}}))
    await until(lambda: gateway.service.catalogue.systems["erp"] is not old)
    assert not under_way.done()
    assert not reload.done()
    late = asyncio.create_task(gateway.request("POST", "/api/erp/Echo", json=ORDER))
    gateway.script.hold.set()
    assert (await under_way).status == 200
    await reload
    assert (await late).status == 200


async def test_a_call_to_an_unchanged_system_goes_on_and_nobody_waits_for_it(gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP})
    gateway.script.value = ORDER
    gateway.script.hold = asyncio.Event()
    under_way = asyncio.create_task(gateway.request("POST", "/api/erp/Echo", json=ORDER))
    await until(lambda: bool(gateway.script.requests))
    # Far below the grace that a call to a changed system would get.
    async with asyncio.timeout(15):
        await gateway.replace({"erp": ERP, "crm": ERP}, routes={"/orders": {"post": {"call": "erp.Echo"}}})
    assert not under_way.done()
    await until(lambda: gateway.catalogue.systems["crm"].state is State.READY)
    gateway.script.hold.set()
    assert (await under_way).status == 200
    assert (await gateway.request("POST", "/api/orders", json=ORDER)).status == 200


async def test_a_write_whose_caller_left_goes_on_through_reloads_until_the_gateway_stops(
    gateway: Gateway,
) -> None:
    await gateway.start(systems={"erp": ERP})
    gateway.script.hold = asyncio.Event()
    caller = asyncio.create_task(gateway.request("POST", "/api/erp/Notify", json={}))
    await until(lambda: gateway.script.running == 1)
    caller.cancel()
    under_way = gateway.service._application.under_way
    await until(lambda: not under_way._requests)
    await gateway.replace({"erp": ERP})
    stopped = gateway.begin_stop()
    await until(lambda: gateway.service._application._stopping)
    assert gateway.script.cancelled == 0
    gateway.script.hold.set()
    await stopped
    assert (gateway.script.finished, gateway.script.cancelled) == (1, 0)


async def test_calls_to_a_changed_system_are_broken_off_after_the_grace(gateway: Gateway) -> None:
    await gateway.start({"shutdown_grace_s": 0.1}, systems={"erp": ERP})
    gateway.script.hold = asyncio.Event()
    key = {"Idempotency-Key": "k"}
    calls = [("/api/erp/Notify", {}), ("/api/erp/Notify", key), ("/api/erp/rows", {})]
    under_way = [
        asyncio.create_task(gateway.request("POST", path, json={"id": 1}, headers=headers))
        for path, headers in calls
    ]
    await until(lambda: gateway.script.running == 3)
    await gateway.replace({"erp": {**ERP, "max_in_flight": 2}})
    assert gateway.script.cancelled == 3
    for answer in await asyncio.gather(*under_way):
        assert answer.problem(504, "outcome-unknown")["outcome"] == "unknown"
    gateway.script.hold = None
    again = await gateway.request("POST", "/api/erp/Notify", json={"id": 1}, headers=key)
    again.problem(504, "outcome-unknown")
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_stop_during_a_reload_closes_everything(gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP, "crm": ERP})
    gateway.script.hold = asyncio.Event()
    before = gateway.catalogue.systems
    under_way = asyncio.create_task(gateway.request("POST", "/api/erp/Notify", json={}))
    await until(lambda: gateway.script.running == 1)
    reload = asyncio.create_task(gateway.replace({"erp": {**ERP, "max_in_flight": 2}, "crm": ERP}))
    await until(lambda: gateway.service.catalogue.systems["erp"] is not before["erp"])
    stopped = gateway.begin_stop()
    await until(lambda: gateway.service._application._stopping)
    gateway.script.hold.set()
    await asyncio.gather(stopped, reload)
    assert (await under_way).status == 202
    assert not any(task.get_name().startswith("system ") for task in asyncio.all_tasks())
    for system in (*before.values(), *gateway.catalogue.systems.values()):
        assert not system._adapter._connected  # type: ignore[attr-defined]


async def test_a_removed_system_is_gone_and_an_added_one_there(gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP, "old": ERP})
    gateway.script.value = ORDER
    old = gateway.catalogue.systems["old"]
    assert (await gateway.request("POST", "/api/old/Echo", json=ORDER)).status == 200
    assert 'system="old"' in (await gateway.request("GET", "/metrics")).body.decode()
    await gateway.replace({"erp": ERP, "new": ERP})
    assert (await gateway.request("POST", "/api/old/Echo", json=ORDER)).status == 404
    assert (await gateway.request("POST", "/api/new/Echo", json=ORDER)).status == 200
    assert not old._adapter._connected  # type: ignore[attr-defined]
    found = (await gateway.request("GET", "/metrics")).body.decode()
    assert 'system="old"' not in found
    assert 'gateway_system_up{system="new"} 1.0' in found
    paths = (await gateway.request("GET", "/openapi.json")).json["paths"]
    assert "/api/new/Echo" in paths
    assert "/api/old/Echo" not in paths
    ready = (await gateway.request("GET", "/health/ready")).json
    assert set(ready["systems"]) == {"erp", "new"}


BAD: dict[str, dict[str, Any]] = {
    "no such adapter": {"erp": {**ERP, "adapter": "soup"}},
    "unknown key": {"erp": {**ERP, "colour": "red"}},
    "missing secret": {"erp": ERP, "plant": {"adapter": "mqtt", "broker": "${file:none}"}},
    "missing contract": {"erp": ERP, "soap": {"adapter": "soap", "wsdl": "none.wsdl"}},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_configuration_changes_nothing(bad: dict[str, Any], gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP})
    gateway.script.value = ORDER
    before, connects = gateway.service.catalogue, gateway.script.connects
    freezer = Freezer()
    reloader = Reloader(gateway.directory, gateway.service, gateway.engine, freezer)
    try:
        write(gateway.directory / "systems" / "all.yaml", bad)
        assert (await reloader.reload()).problems
        assert gateway.service.catalogue is before
        assert (await gateway.request("POST", "/api/erp/Echo", json=ORDER)).status == 200
        write(gateway.directory / "systems" / "all.yaml", {"erp": ERP, "crm": ERP})
        assert not (await reloader.reload()).problems
    finally:
        freezer.close()
    assert gateway.service.catalogue.systems["erp"] is before.systems["erp"]
    await until(lambda: gateway.script.connects == connects + 1)  # the new one alone


async def test_reloads_under_load_lose_no_call_and_leave_nothing_behind(gateway: Gateway) -> None:
    flows = {"posted": {"from": {"post": {}}, "steps": []}}
    await gateway.start(systems={"erp": ERP, "crm": ERP, "v0": ERP}, flows=flows)
    gateway.script.value = ORDER
    done = asyncio.Event()
    statuses: list[int] = []

    async def caller(path: str) -> None:
        while not done.is_set():
            statuses.append((await gateway.request("POST", path, json=ORDER)).status)

    posted = {"id": 1}
    calling = [asyncio.create_task(caller(f"/api/{one}/Echo")) for one in ("erp", "crm", "erp", "crm")]
    watching = asyncio.create_task(gateway.session.get("/api/erp/topic/a", headers=SSE))
    await until(lambda: len(statuses) > 10)
    stream = await watching
    before: list[weakref.ref[Any]] = []
    listeners = gateway.store._listeners.copy()
    erp = gateway.catalogue.systems["erp"]
    for number in range(1, 8):
        before += [weakref.ref(gateway.catalogue), weakref.ref(gateway.service._application.generation)]
        before += [weakref.ref(gateway.catalogue.systems[one]) for one in ("crm", f"v{number - 1}")]
        systems = {"erp": ERP, "crm": {**ERP, "max_in_flight": 10 + number}, f"v{number}": ERP}
        await gateway.replace(systems)
        assert (await gateway.request("POST", "/api/flows/posted", json=posted)).status == 202
    done.set()
    await asyncio.gather(*calling)
    assert set(statuses) == {200}
    gateway.script.events.put_nowait(Event("1", b"{}"))
    assert await stream.content.readline()
    stream.close()
    assert gateway.catalogue.systems["erp"] is erp
    assert gateway.store._listeners == listeners
    assert len(gateway.catalogue._listeners) == len(gateway.catalogue._state_listeners) + 1 == 2
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert sorted(name for name in names if name.startswith("system ")) == [
        "system crm",
        "system erp",
        "system v7",
    ]
    assert names.count("flows dispatcher") == 1
    assert 'system="v6"' not in metrics.exposition().decode()

    def forgotten() -> bool:
        gc.collect()
        return all(one() is None for one in before)

    await until(forgotten)


@pytest.mark.parametrize("changes", [False, True], ids=["unchanged", "changed"])
async def test_flows_over_a_system_lose_nothing(
    changes: bool, gateway: Gateway, broker: ServerProcess
) -> None:
    (gateway.directory / "plant.password").write_text("p")
    systems = {"plant": {**mqtt(broker, "plant"), "description": f"{False}"}, "erp": ERP}
    flows = {"values": {"from": "plant.value", "steps": [{"call": "erp.Notify"}]}}
    await gateway.start(systems=systems, flows=flows)
    plant = gateway.catalogue.systems["plant"]
    sent = 0
    for number in range(4):
        # Before, while and after the flows change hands.
        sent += 1
        await published(gateway, "plant", {"number": sent})
        reload = asyncio.create_task(
            gateway.replace(
                {
                    "plant": {**systems["plant"], "description": f"{changes and number}"},
                    "erp": ERP,
                    f"other{number}": ERP,
                },
                flows={**flows, f"f{number}": POSTED},
            )
        )
        while not reload.done():
            sent += 1
            await published(gateway, "plant", {"number": sent})
        await reload
    assert (gateway.catalogue.systems["plant"] is plant) is not changes

    def received() -> set[Any]:
        requests: list[Any] = [request for name, request in gateway.script.requests if name == "Notify"]
        return {request.body["number"] for request in requests}

    await until(lambda: received() == set(range(1, sent + 1)), timeout_s=30)


async def test_what_changes_at_a_system_that_stayed_is_told_to_the_new_catalogue(gateway: Gateway) -> None:
    await gateway.start(systems={"erp": ERP})
    await gateway.replace({"erp": ERP})
    gateway.script.up = False
    gateway.catalogue.systems["erp"]._suspect.set()

    told = asyncio.Event()
    gateway.catalogue.on_state(told.set)
    async with asyncio.timeout(30):
        await told.wait()
    await until(lambda: gateway.catalogue.systems["erp"].state is State.UNAVAILABLE)
    gateway.script.up = True
    await until(lambda: gateway.catalogue.systems["erp"].state is State.READY)


def made(folder: Path, previous: Catalogue | None, system: dict[str, Any], **files: Any) -> Catalogue:
    """A catalogue of one system, and other files of the configuration."""
    write(folder / "gateway.yaml", {"listen": "127.0.0.1:0"})
    write(folder / "systems" / "all.yaml", {"s": system})
    for name, content in files.items():
        write(folder / "mappings" / f"{name}.yaml", {name: content})
    return Catalogue(load(folder, {}), previous=previous)


def stays(folder: Path, before: Catalogue, system: dict[str, Any], **files: Any) -> bool:
    return made(folder, before, system, **files).systems["s"] is before.systems["s"]


NUMBERS: dict[str, Any] = {"format": "json", "record": {"type": "number"}}
TEXTS: dict[str, Any] = {"format": "json", "record": {"type": "string"}}


def test_a_format_that_a_system_names_makes_it_another(tmp_path: Path) -> None:
    system = {
        "adapter": "mqtt",
        "broker": "mqtt://127.0.0.1:1",
        "channels": {"value": {"topic": "a", "format": "reading"}},
    }
    before = made(tmp_path, None, system, reading=NUMBERS, other=NUMBERS)
    assert stays(tmp_path, before, system, reading=NUMBERS, other=TEXTS)
    assert not stays(tmp_path, before, system, reading=TEXTS)
    assert not stays(tmp_path, before, {**system, "timeout_s": 3})


ERP_FILES = Path(__file__).parents[2] / "gateway" / "demo" / "config" / "erp"


@pytest.mark.parametrize("changed", ["OrderService.wsdl", "orders.xsd"], ids=["named", "imported"])
def test_a_contract_that_has_changed_makes_it_another(changed: str, tmp_path: Path) -> None:
    folder = tmp_path / "erp"
    shutil.copytree(ERP_FILES, folder)
    (tmp_path / "state").mkdir()
    system = {"adapter": "soap", "wsdl": "erp/OrderService.wsdl", "endpoint": "http://127.0.0.1:1/"}
    before = made(tmp_path, None, system)
    (folder / "notes.txt").write_text("none of it")
    (tmp_path / "state" / "spool.xml").write_text("none of it either")
    assert stays(tmp_path, before, system)
    (folder / changed).write_bytes((folder / changed).read_bytes() + b"<!-- changed -->")
    assert not stays(tmp_path, before, system)


def test_a_certificate_that_has_changed_makes_it_another(tmp_path: Path) -> None:
    Authority.create(tmp_path / "certs")
    system = {
        "adapter": "mqtt",
        "broker": "mqtts://127.0.0.1:1",
        "tls": {"ca": "certs/ca.crt"},
        "channels": {"value": {"topic": "a"}},
    }
    before = made(tmp_path, None, system)
    assert stays(tmp_path, before, system)
    shutil.rmtree(tmp_path / "certs")
    Authority.create(tmp_path / "certs")
    assert not stays(tmp_path, before, system)


def ssh_key() -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )


def test_a_key_file_that_has_changed_makes_it_another(tmp_path: Path) -> None:
    key = tmp_path / "partner.key"
    key.write_bytes(ssh_key())
    key.chmod(0o600)
    system = {
        "adapter": "sftp",
        "host": "127.0.0.1",
        "username": "u",
        "key": "partner.key",
        "host_key": "SHA256:" + "A" * 43,
        "outboxes": {"out": {"path": "/", "name": "a-{uuid}"}},
    }
    before = made(tmp_path, None, system)
    assert before.check() == []
    assert stays(tmp_path, before, system)
    key.write_bytes(ssh_key())
    assert not stays(tmp_path, before, system)
