"""What is in the log of a request, and what never is."""

from __future__ import annotations

import io
import json

import pytest

from adapters.errors import Blame, PeerRejected, ProtocolViolation
from gateway.telemetry import configure, shut_down
from tests.facade.running import Gateway

CANARY = "canary-7f3a9"


async def test_access_lines_and_no_payloads(gateway: Gateway) -> None:
    written = io.BytesIO()
    configure("debug", "json", written)
    try:
        await gateway.start()
        order = {"id": 1, "note": CANARY, "lines": [{"sku": CANARY}]}
        query = f"/api/erp/rows?id={CANARY}"
        await gateway.request("GET", query, headers={"Cookie": CANARY, "X-Correlation-Id": "order-7"})
        await gateway.request("POST", "/api/erp/Echo", json=order)
        await gateway.request("POST", "/api/erp/Echo", json={**order, CANARY: 1})
        await gateway.request(
            "POST",
            "/api/erp/Echo",
            data=b'{"' + CANARY.encode(),
            headers={"Content-Type": "application/json"},
        )
        await gateway.request("GET", f"/api/{CANARY}")
        await gateway.request("GET", "/api/erp/rows", key=f"lgw_{CANARY}")
        await gateway.raw(f"GET /{CANARY} HTTP/9\r\n{CANARY}\r\n\r\n".encode(), timeout_s=1)
        gateway.script.error = PeerRejected("No.", code="1", blame=Blame.CALLER, detail={"x": CANARY})
        await gateway.request("POST", "/api/erp/Echo", json=order)
        gateway.script.error = ProtocolViolation("rubbish", excerpt=CANARY)
        await gateway.request("GET", "/api/erp/rows")
        await gateway.stop()
    finally:
        shut_down()
        configure()
    text = written.getvalue().decode()
    assert CANARY not in text
    assert gateway.key not in text
    assert gateway.key.split("_")[2] not in text
    assert "Traceback" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    access = [line for line in lines if line["component"] == "access" and line["route"] != "/health/ready"]
    first = access[0]
    assert (first["method"], first["route"], first["status"]) == ("GET", "/api/erp/rows", 200)
    assert first["correlation_id"] == "order-7"
    assert first["key"] == gateway.key.split("_")[1]
    assert [line["status"] for line in access] == [200, 200, 422, 400, 404, 401, 422, 502]
    assert {line["route"] for line in access} == {"/api/erp/rows", "/api/erp/Echo", "unmatched"}
    failed = next(line for line in lines if line["event"] == "call failed")
    assert (failed["system"], failed["error"]) == ("erp", "PeerRejected")
    assert failed["correlation_id"]
    assert sum(line["event"] == "malformed request" for line in lines) == 1


async def test_a_flood_of_malformed_requests_does_not_fill_the_log(
    gateway: Gateway, capfd: pytest.CaptureFixture[str]
) -> None:
    written = io.BytesIO()
    configure("info", "json", written)
    try:
        await gateway.start()
        for _ in range(50):
            await gateway.raw(b"\x00\x01\r\n\r\n", timeout_s=1)
    finally:
        shut_down()
        configure()
    assert written.getvalue().count(b"malformed request") == 10
