"""A server may know a repeated call again: by the key of its effect, and by the word that it is repeated."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import Deadline, Request
from tests.faults.recorder import Recorder
from tests.unit.adapters.soap.conftest import Make
from tests.unit.adapters.soap.test_calls import ORDER


@pytest.mark.parametrize(
    ("carried", "key", "again"),
    [
        pytest.param({}, None, False, id="neither"),
        pytest.param({"idempotency_key": "m-1:1/ledger"}, '"m-1:1/ledger"', False, id="a-key"),
        pytest.param({"idempotency_key": 'a"b\\c d'}, '"a\\"b\\\\c d"', False, id="a-key-to-be-quoted"),
        pytest.param({"idempotency_key": "a\r\nX: y"}, None, False, id="a-key-that-is-no-header"),
        pytest.param({"idempotency_key": "ключ"}, None, False, id="a-key-beyond-ascii"),
        pytest.param(
            {"idempotency_key": "k", "headers": {"gateway.redelivered": "true"}}, '"k"', True, id="again"
        ),
    ],
)
async def test_headers_of_a_repetition(
    carried: dict[str, Any], key: str | None, again: bool, make: Make
) -> None:
    async with Recorder() as recorder:
        adapter = make(endpoint=recorder.settings()["endpoint"])
        await adapter.connect(Deadline.after(10))
        request = Request(body={"order": ORDER}, **carried)
        await adapter.call("CreateOrder", request, Deadline.after(10))
        await adapter.aclose()
    assert [(order.key, order.again) for order in recorder.orders] == [(key, again)]
