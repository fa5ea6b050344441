"""What was created: whether it is sent back, and where it is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.facade.running import Gateway

LOCATION = {"location": "/rows/a%2Fb"}


@pytest.fixture
async def shop(gateway: Gateway, tmp_path: Path) -> Gateway:
    """A database in a file, behind its ODBC driver."""
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as database:
        database.execute('CREATE TABLE "order line" (id TEXT PRIMARY KEY, amount DECIMAL(10,2))')
    database.close()
    settings = {"adapter": "odbc", "connection": f"Driver=SQLite3;Database={file}"}
    await gateway.start(systems={"shop": settings})
    return gateway


@pytest.mark.parametrize("prefer", [None, "return=representation", "wait=5"])
async def test_representation(shop: Gateway, prefer: str | None) -> None:
    headers = {} if prefer is None else {"Prefer": prefer}
    answer = await shop.request(
        "POST", "/api/shop/order%20line", json={"id": "a/b é", "amount": 1.5}, headers=headers
    )
    assert (answer.status, answer.json) == (201, {"id": "a/b é", "amount": 1.5})
    assert "Preference-Applied" not in answer.headers
    location = answer.headers["Location"]
    assert location == "/api/shop/order%20line/a%2Fb%20%C3%A9"
    found = await shop.request("GET", location)
    assert (found.status, found.json["id"]) == (200, "a/b é")


@pytest.mark.parametrize("prefer", ["return=minimal", "handling=strict, return=minimal"])
async def test_minimal(shop: Gateway, prefer: str) -> None:
    answer = await shop.request(
        "POST", "/api/shop/order%20line", json={"id": "a"}, headers={"Prefer": prefer}
    )
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (201, b"", "0")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Preference-Applied"] == "return=minimal"
    assert answer.headers["Location"] == "/api/shop/order%20line/a"


async def test_several_have_no_location(shop: Gateway) -> None:
    answer = await shop.request("POST", "/api/shop/order%20line", json=[{"id": "a"}, {"id": "b"}])
    assert answer.status == 201
    assert "Location" not in answer.headers


async def test_preferences_reach_only_operations_that_honour_them(erp: Gateway) -> None:
    for path, body in (("/rows", {"id": 1}), ("/Notify", {})):
        await erp.request("POST", f"/api/erp{path}", json=body, headers={"Prefer": "return=minimal"})
    assert [dict(request.headers) for _, request in erp.script.requests] == [{"prefer": "return=minimal"}, {}]


@pytest.mark.parametrize(
    ("settings", "location"),
    [
        ({}, "/api/erp/rows/a%2Fb"),
        ({"public_url": "https://gw.example.com/x"}, "https://gw.example.com/x/api/erp/rows/a%2Fb"),
        ({"expose": "routes"}, None),
    ],
    ids=["plain", "public-url", "routes-only"],
)
async def test_location(gateway: Gateway, settings: dict[str, str], location: str | None) -> None:
    await gateway.start(settings, routes={"/lines": {"post": {"call": "erp.rows.insert"}}})
    gateway.script.reply_headers = LOCATION
    answer = await gateway.request("POST", "/api/lines", json={"id": 1})
    assert (answer.status, answer.headers.get("Location")) == (201, location)
