"""Flows that turn out not to run: what callers and whoever runs the gateway are told."""

from __future__ import annotations

from typing import Any

from gateway.admin import AdminClient
from tests.facade.running import Gateway, until
from tests.facade.test_admin import run
from tests.facade.test_async import message


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


async def test_a_corrected_flow_runs_what_the_mistaken_one_could_not(gateway: Gateway) -> None:
    """From the mistake to the end, with the commands that a person uses."""

    def flows(condition: str) -> dict[str, Any]:
        return {
            "orders": {
                "from": {"post": {}},
                "steps": [{"filter": condition}, {"call": "erp.rows.insert", "with": {"id": "id"}}],
            }
        }

    await gateway.start(flows=flows("quantty > 0"))
    answer = await gateway.request("POST", "/api/flows/orders", json={"id": 1, "quantity": 2})
    identifier = answer.json["id"]
    await message(gateway, identifier, "dead")
    erp = {"erp": {"adapter": "scripted", "timeout_s": 5}}
    await gateway.replace(erp, flows=flows("quantity > 0 && id == 1"))
    assert (await run(gateway, "messages", "replay", identifier)).code == 0
    await message(gateway, identifier, "dead")
    result = await run(gateway, "messages", "replay", "--all", "--flow", "orders", "--current-flow")
    assert (result.code, result.out) == (0, "1 message will be tried again by the present flow.\n")
    await message(gateway, identifier, "done")
    assert [request.body for _, request in gateway.script.requests] == [{"id": 1}]
