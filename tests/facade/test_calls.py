"""The journey of a call, by the shape of the operation."""

from __future__ import annotations

from tests.facade.running import Gateway
from tests.facade.scripted import MONEY


async def test_a_value(erp: Gateway) -> None:
    erp.script.value = {"amount": MONEY, "big": 2**70}
    answer = await erp.request("POST", "/api/erp/Echo", json={"id": 7, "lines": [{"sku": "a"}]})
    assert answer.status == 200
    assert answer.body == b'{"amount":12345678901234567890.123456789012345678,"big":1180591620717411303424}'
    assert answer.headers["Content-Type"] == "application/json"
    ((name, request),) = erp.script.requests
    assert (name, request.body) == ("Echo", {"id": 7, "lines": [{"sku": "a"}]})
    assert request.correlation_id == answer.headers["X-Correlation-Id"]


async def test_query_as_body(erp: Gateway) -> None:
    answer = await erp.request("GET", "/api/erp/GetOrder?orderId=12&full=true&tag=a&tag=b")
    assert answer.status == 200, answer.body
    assert erp.script.requests[0][1].body == {"orderId": 12, "full": True, "tag": ["a", "b"]}


async def test_rows(erp: Gateway) -> None:
    answer = await erp.request("GET", "/api/erp/rows?limit=3")
    assert answer.json == [{"id": 1}, {"id": 2}, {"id": 3}]
    lines = await erp.request("GET", "/api/erp/rows", headers={"Accept": "application/x-ndjson"})
    assert lines.body == b'{"id":1}\n{"id":2}\n{"id":3}\n'
