"""Passwords and keys appear nowhere: not in a repr, an error, its causes, nor a log record of any level."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import pytest

from adapters.contract import Deadline
from adapters.errors import AdapterError
from adapters.registry import AdapterType
from tests.conformance.answers import connect_and_answer, works
from tests.conformance.conftest import Make
from tests.conformance.kit import Kit
from tests.peers.process import free_port


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def _assert_absent(kit: Kit, *texts: str) -> None:
    assert kit.secrets or kit.wrong_credentials() is None
    for secret in kit.secrets:
        assert not any(secret in text for text in texts)


async def test_settings_and_adapters_print_without_secrets(
    kit: Kit, make: Make, adapter_type: AdapterType
) -> None:
    adapter = make(kit.settings())
    settings = next(v for v in vars(adapter).values() if isinstance(v, adapter_type.settings))
    _assert_absent(kit, repr(settings), str(settings), repr(adapter), settings.model_dump_json())


async def test_a_good_call_logs_no_secret(
    kit: Kit, make: Make, everything_logged: pytest.LogCaptureFixture
) -> None:
    adapter = make(kit.settings())
    await adapter.connect(Deadline.after(10))
    await works(adapter, kit.read)
    await works(adapter, kit.write)
    await adapter.probe(Deadline.after(5))
    await adapter.aclose()
    _assert_absent(kit, everything_logged.text, *map(repr, everything_logged.records))


async def test_failures_tell_no_secret(
    kit: Kit, make: Make, everything_logged: pytest.LogCaptureFixture
) -> None:
    for raw in (kit.wrong_credentials(), kit.settings(free_port())):
        if raw is None:
            continue
        adapter = make(raw)
        with pytest.raises(AdapterError) as caught:
            await connect_and_answer(adapter, kit.read, Deadline.after(10))
        found = await adapter.probe(Deadline.after(5))
        trace = "".join(traceback.format_exception(caught.value))
        _assert_absent(kit, str(caught.value), repr(caught.value), trace, found.detail)
    _assert_absent(kit, everything_logged.text)
