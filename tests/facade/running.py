"""A gateway in this process: configuration written to a folder, read, served on a free port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from gateway.admin import AdminServer, Reloaded
from gateway.catalogue import Catalogue
from gateway.config import load
from gateway.flows import Engine
from gateway.http import Service
from gateway.messages import SqliteStore
from gateway.security import KeyStore
from tests.facade.scripted import Script, ScriptedAdapter

SYSTEM = "erp"


class Gateway:
    """Started by `start`, stopped by `stop`. Speaks through `request`, or bytes through `raw`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.script = ScriptedAdapter.script = Script()
        self.url = ""
        self._stop = asyncio.Event()
        self._served: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self.key = ""
        self.other_keys: dict[str, str] = {}
        self.chance: Callable[[float, float], float] = random.uniform
        """Chooses how long messages wait for their next attempt."""

    async def start(
        self,
        gateway: Mapping[str, Any] | None = None,
        *,
        system: Mapping[str, Any] | None = None,
        systems: Mapping[str, Mapping[str, Any]] | None = None,
        routes: Mapping[str, Any] | None = None,
        keys: Mapping[str, tuple[Sequence[str], str]] | None = None,
        flows: Mapping[str, Any] | None = None,
        until_ready: bool = True,
    ) -> None:
        settings = {"listen": "127.0.0.1:0", "state_dir": "./state", **(gateway or {})}
        write(self.directory / "gateway.yaml", settings)
        write(
            self.directory / "systems" / "all.yaml",
            systems or {SYSTEM: {"adapter": "scripted", "timeout_s": 5, **(system or {})}},
        )
        if routes:
            write(self.directory / "routes" / "all.yaml", routes)
        if flows:
            write(self.directory / "flows" / "all.yaml", flows)
        keystore = KeyStore(load(self.directory, {}).gateway.keys_file)
        if not self.key:
            _, self.key = keystore.create("test", ["*:read", "*:write"])
        for name, (scopes, numbers) in (keys or {}).items():
            self.other_keys[name] = keystore.create(name, scopes, numbers=numbers)[1]  # type: ignore[arg-type]
        await self.serve()
        if until_ready:
            await until(self._is_ready)

    async def serve(self) -> None:
        """Serve what the folder says."""
        configuration = load(self.directory, {})
        settings = configuration.gateway
        self.catalogue = Catalogue(configuration)
        assert self.catalogue.check() == []
        self.keys = KeyStore(settings.keys_file)
        self.store = SqliteStore(settings.state_dir, settings.messages)
        self.engine = engine = Engine(configuration, self.catalogue, self.store, chance=self.chance)
        assert engine.check() == []
        self.service = Service(self.catalogue, self.keys, self.store, engine)
        self._stop = asyncio.Event()
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.reloads = 0
        admin = AdminServer(settings.state_dir, self.store, engine, self._reload)
        self._served = asyncio.create_task(
            self.service.run(ready=listening.set_result, stop=self._stop, admin=admin)
        )
        both: set[asyncio.Future[Any]] = {self._served, listening}
        done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if self._served in done:
            self._served.result()
        self.url = listening.result()
        self._session = aiohttp.ClientSession(
            self.url,
            headers={"X-API-Key": self.key},
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=20),
            connector=aiohttp.TCPConnector(limit=0),
        )

    async def restart(self) -> None:
        """Stop, and serve the same again, by another script."""
        await self.stop()
        self.script = ScriptedAdapter.script = Script()
        await self.serve()
        await until(self._is_ready)

    async def replace(self, systems: Mapping[str, Mapping[str, Any]], **more: Any) -> list[str]:
        """Serve other systems from now on, as a reload does."""
        write(self.directory / "systems" / "all.yaml", systems)
        for name, content in more.items():
            write(self.directory / name / "all.yaml", content)
        self.catalogue = Catalogue(load(self.directory, {}), previous=self.service.catalogue)
        assert self.catalogue.check() == []
        return await self.service.replace(self.catalogue)

    async def _reload(self) -> Reloaded:
        """Stands for what the command line does, which has its own tests."""
        self.reloads += 1
        return Reloaded(problems=("flows/f.yaml:1:1: wrong",))

    async def _is_ready(self) -> bool:
        return (await self.request("GET", "/health/ready")).status == 200

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None
        return self._session

    async def request(self, method: str, path: str, **options: Any) -> Response:
        key = options.pop("key", self.key)
        headers = (
            {"X-API-Key": key, **options.pop("headers", {})}
            if key is not None
            else options.pop("headers", {})
        )
        async with (
            aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=20))
            if key is None
            else _Borrowed(self.session) as session,
            session.request(
                method, URL(self.url + path, encoded=True), headers=headers, allow_redirects=False, **options
            ) as response,
        ):
            return Response(response.status, response.headers.copy(), await response.read())

    async def raw(self, data: bytes, *, timeout_s: float = 5.0, half_close: bool = False) -> bytes:
        """Send bytes and read until the gateway closes the connection or `timeout_s` has passed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            if half_close:
                writer.write_eof()
            received = bytearray()
            try:
                async with asyncio.timeout(timeout_s):
                    while chunk := await reader.read(65536):
                        received += chunk
            except (TimeoutError, ConnectionError):
                pass
            return bytes(received)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def begin_stop(self) -> asyncio.Task[None]:
        self._stop.set()
        assert self._served is not None
        return self._served

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()
        self._stop.set()
        if self.script.hold is not None:
            self.script.hold.set()
        if self._served is not None:
            async with asyncio.timeout(40):
                await self._served


class _Borrowed:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: object) -> None:
        return None


class Response:
    """A whole answer."""

    def __init__(self, status: int, headers: CIMultiDict[str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def problem(self, status: int, name: str) -> Any:
        """Insist on a problem of this kind and return it."""
        assert (self.status, self.headers.get("Content-Type")) == (status, "application/problem+json"), (
            self.body
        )
        document = self.json
        assert document["type"] == f"/problems/{name}", document
        assert document["status"] == status
        assert document["title"]
        assert document["detail"]
        assert document["instance"].startswith("urn:uuid:")
        return document


def write(path: Path, content: Any) -> None:
    """YAML's superset of JSON saves a YAML writer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], timeout_s: float = 10.0
) -> None:
    """Wait for a condition to become true."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = condition()
            if (await found) if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)
