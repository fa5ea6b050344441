"""The suite's own tools find what they are there to find."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field, SecretStr

from adapters.settings import ExistingFile, Settings
from tests.conformance.leftovers import Leftovers
from tests.conformance.test_registry import _properties, _unbounded


@contextmanager
def _a_task() -> Iterator[None]:
    task = asyncio.get_running_loop().create_task(asyncio.sleep(60))
    yield
    task.cancel()


@contextmanager
def _a_thread() -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="left-behind")
    thread.start()
    yield
    stop.set()
    thread.join()


@contextmanager
def _a_socket() -> Iterator[None]:
    with socket.socket():
        yield


@contextmanager
def _a_process() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield
        process.kill()


@pytest.mark.parametrize("left_behind", [_a_task, _a_thread, _a_socket, _a_process])
async def test_leftovers_are_found_and_their_end_is_seen(
    left_behind: Callable[[], AbstractContextManager[None]],
) -> None:
    before = await Leftovers.now()
    with left_behind(), pytest.raises(AssertionError, match="left behind"):
        await before.wait_until_gone(within_s=0)
    await before.wait_until_gone()


class _Inner(Settings):
    ratio: Annotated[float, Field(gt=0)]


class _Unbounded(Settings):
    count: int
    name: str | None = None
    names: list[Annotated[str, Field(max_length=1)]]
    pairs: Annotated[dict[str, int], Field(max_length=3)]
    token: SecretStr
    inner: _Inner


class _Bounded(Settings):
    count: Annotated[int, Field(ge=0, le=1)]
    name: Annotated[str, Field(max_length=1)] | None = None
    file: ExistingFile | None = None
    folder: Path = Path()
    names: Annotated[list[Annotated[str, Field(max_length=1)]], Field(max_length=3)] = Field(
        default_factory=list
    )
    token: Annotated[SecretStr, Field(max_length=10)]


def _flawed(model: type[Settings]) -> dict[str, list[str]]:
    schema: dict[str, Any] = model.model_json_schema()
    return {key: flaws for _, key, value in _properties(schema) if (flaws := list(_unbounded(value)))}


def test_unbounded_settings_are_found() -> None:
    assert set(_flawed(_Unbounded)) == {"count", "name", "names", "pairs", "token", "ratio"}
    assert _flawed(_Bounded) == {}
