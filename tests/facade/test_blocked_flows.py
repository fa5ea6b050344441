"""Flows that turn out not to run: what callers and whoever runs the gateway are told."""

from __future__ import annotations

from gateway.admin import AdminClient
from tests.facade.running import Gateway, until


async def test_readiness_and_listings_say_why_a_flow_waits(gateway: Gateway) -> None:
    """The operation is not there, which is known only once the system is connected."""
    flows = {"orders": {"from": {"post": {}}, "steps": [{"call": "erp.rows.insret"}]}}
    await gateway.start(flows=flows, system={"adapter": "scripted_late"})
    answer = await gateway.request("POST", "/api/flows/orders", json={"id": 1})

    async def blocked() -> bool:
        return "blocked" in (await gateway.request("GET", "/health/ready")).json["flows"]["orders"]

    await until(blocked)
    found = (await gateway.request("GET", "/health/ready")).json
    reason = found["flows"]["orders"]["blocked"]
    assert "erp has no operation 'rows.insret'; did you mean rows.insert" in reason
    assert found["flows"]["orders"]["pending"] == 1
    assert found["channels"] == {}
    async with AdminClient(gateway.directory / "state") as admin:
        (shown,) = (await admin.get("/messages"))["messages"]
    assert shown["waits_for"] == f"blocked: {reason}"
    refused = await gateway.request(
        "POST", f"/api/messages/{answer.json['id']}/replay", json={"current_flow": True}
    )
    assert "cannot run now" in refused.problem(409, "message-state")["detail"]
    wrong = await gateway.request(
        "POST", f"/api/messages/{answer.json['id']}/replay", json={"current_flow": "yes"}
    )
    assert wrong.status == 422
