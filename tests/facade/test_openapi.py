"""The API document and the page that shows it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.http import openapi_document
from tests.facade.running import Gateway, until

ROUTES = {
    "/orders/{orderId}": {
        "get": {
            "call": "erp.GetOrder",
            "with": {"orderId": "path.orderId"},
            "faults": {"OrderNotFound": 404},
        }
    },
    "/orders": {"post": {"call": "erp.Echo"}},
}


async def test_the_document_is_valid(gateway: Gateway) -> None:
    await gateway.start(routes=ROUTES, system={"description": "Orders & lines"})
    document = (await gateway.request("GET", "/openapi.json")).json
    OpenAPIV31SpecValidator(document).validate()
    paths = document["paths"]
    assert set(paths["/api/erp/rows"]) == {"get", "post"}
    assert set(paths["/api/erp/GetOrder"]) == {"get", "post"}
    assert "/api/erp/tree/{path}" in paths
    assert set(paths["/api/erp/topic/{line}"]["get"]["responses"]["200"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "text/event-stream",
    }
    assert document["tags"][0] == {"name": "erp", "description": "Orders & lines"}
    assert [tag["name"] for tag in document["tags"]] == ["erp", "messages", "flows"]
    by_route = paths["/api/orders/{orderId}"]["get"]
    assert by_route["parameters"][0]["schema"] == {"type": "integer"}
    assert by_route["responses"]["404"]["description"] == "OrderNotFound"
    ids = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(ids) == len(set(ids))


async def test_definitions_are_shared_and_resolve(erp: Gateway) -> None:
    document = (await erp.request("GET", "/openapi.json")).json
    assert [name for name in document["components"]["schemas"] if "Line" in name] == ["erp.Line"]
    for reference in _references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step.replace("~1", "/")]


async def test_events_are_described(erp: Gateway) -> None:
    paths = (await erp.request("GET", "/openapi.json")).json["paths"]

    def events(path: str) -> Any:
        return paths[path]["get"]["responses"]["200"]["content"]["text/event-stream"]["schema"]

    assert events("/api/erp/topic/{line}")["contentSchema"] == {}
    for path, value in (
        ("/api/erp/topic", {}),
        ("/api/erp/raw", {"type": "string", "contentEncoding": "base64"}),
    ):
        schema = events(path)["contentSchema"]
        assert schema["required"] == ["source", "value"]
        assert schema["properties"]["value"] == value


async def test_examples_are_accepted(erp: Gateway) -> None:
    document = (await erp.request("GET", "/openapi.json")).json
    for path in ("/api/erp/Echo", "/api/erp/rows", "/api/erp/GetOrder"):
        media = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        answer = await erp.request("POST", path, json=media["example"])
        assert answer.status in (200, 201), answer.body


async def test_headers_and_preferences_are_described(erp: Gateway) -> None:
    document = (await erp.request("GET", "/openapi.json")).json
    insert = document["paths"]["/api/erp/rows"]["post"]
    prefer, key = [found for found in insert["parameters"] if found["in"] == "header"]
    assert prefer["schema"]["enum"] == ["return=minimal", "return=representation", "respond-async"]
    assert key["name"] == "Idempotency-Key"
    assert set(insert["responses"]["202"]["headers"]) == {
        "X-Correlation-Id",
        "Location",
        "Preference-Applied",
    }
    read = document["paths"]["/api/erp/rows"]["get"]
    assert not [found for found in read["parameters"] if found["in"] == "header"]
    assert "202" not in read["responses"]
    assert set(insert["responses"]["201"]["headers"]) == {
        "X-Correlation-Id",
        "Location",
        "Preference-Applied",
    }
    assert insert["responses"]["201"]["description"] == "Created."
    assert "409" in insert["responses"]
    assert "409" not in document["paths"]["/api/erp/rows"]["get"]["responses"]
    echo = document["paths"]["/api/erp/Echo"]["post"]["parameters"]
    assert [found["name"] for found in echo] == ["Prefer", "Idempotency-Key"]
    busy = document["components"]["responses"]["Problem503"]["headers"]
    assert set(busy) == {"X-Correlation-Id", "Retry-After"}
    lines = insert["requestBody"]["content"]["application/x-ndjson"]
    assert lines["schema"]["type"] == "string"
    assert lines["example"] == '{"id":1}\n'


async def test_paths_are_encoded(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    with sqlite3.connect(file) as database:
        database.execute('CREATE TABLE "order línea" (id INTEGER PRIMARY KEY, received DATE NOT NULL)')
    database.close()
    connection = f"Driver=SQLite3;Database={file}"
    await gateway.start(systems={"shop": {"adapter": "odbc", "connection": connection, "default_limit": 10}})

    async def described() -> bool:
        return bool(_of_systems((await gateway.request("GET", "/openapi.json")).json["paths"]))

    await until(described)  # the document follows what a system says of itself
    paths = (await gateway.request("GET", "/openapi.json")).json["paths"]
    assert _of_systems(paths) == {"/api/shop/order%20l%C3%ADnea", "/api/shop/order%20l%C3%ADnea/{key}"}
    table = paths["/api/shop/order%20l%C3%ADnea"]
    (limit,) = [found for found in table["get"]["parameters"] if found["name"] == "limit"]
    assert limit["schema"]["default"] == 10
    sent = table["post"]["requestBody"]["content"]["application/json"]["example"]
    assert sent == {"received": "2026-01-31"}
    answer = await gateway.request("POST", "/api/shop/order%20l%C3%ADnea", json=sent)
    assert answer.status == 201, answer.body


async def test_replies_fit_their_schema(erp: Gateway) -> None:
    document = (await erp.request("GET", "/openapi.json")).json
    content = document["paths"]["/api/erp/rows"]["get"]["responses"]["200"]["content"]
    rows = (await erp.request("GET", "/api/erp/rows")).json
    schema = content["application/json"]["schema"]
    assert jsonschema_rs.is_valid({**schema, "components": document["components"]}, rows)
    problem = (await erp.request("GET", "/api/erp/rows?x=1")).json
    assert jsonschema_rs.is_valid(document["components"]["schemas"]["Problem"], problem)


async def test_the_same_document_without_a_gateway(erp: Gateway) -> None:
    served = (await erp.request("GET", "/openapi.json")).json
    made = openapi_document(erp.catalogue.configuration, erp.catalogue)
    assert made["paths"].keys() == served["paths"].keys()  # type: ignore[union-attr]


async def test_hidden_automatic_paths(gateway: Gateway) -> None:
    await gateway.start({"expose": "routes"}, routes=ROUTES)
    document = (await gateway.request("GET", "/openapi.json")).json
    assert _of_systems(document["paths"]) == {"/api/orders", "/api/orders/{orderId}"}
    (await gateway.request("GET", "/api/erp/rows")).problem(404, "not-found")


async def test_every_documented_path_answers(erp: Gateway) -> None:
    """The router's list equals the published list."""
    document = (await erp.request("GET", "/openapi.json")).json
    for path, methods in document["paths"].items():
        answer = await erp.request("OPTIONS", re.sub(r"\{\w+\}", "1", path))
        assert answer.status == 204, path
        allowed = set(answer.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"}
        assert allowed == {method.upper() for method in methods}, path


def _of_systems(paths: Any) -> set[str]:
    """Without the gateway's own."""
    return {path for path in paths if not path.startswith(("/api/messages", "/api/flows"))}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


# --- the page --------------------------------------------------------------------------------------


async def test_the_page_loads_nothing_from_elsewhere(erp: Gateway) -> None:
    page = await erp.request("GET", "/docs", key=None)
    assert page.status == 200
    html = page.body.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert loaded
    for path in loaded:
        assert path.startswith("/docs/"), path
        asset = await erp.request("GET", path, key=None)
        assert asset.status == 200, path
        assert asset.headers["X-Content-Type-Options"] == "nosniff"
        if path.endswith(".css"):
            assert not re.search(rb"url\(\s*['\"]?(?!['\"]?data:)", asset.body), path
            assert b"@import" not in asset.body
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", html), "inline code or style"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_page_is_the_root(gateway: Gateway) -> None:
    await gateway.start({"docs": "public"})
    root = await gateway.request("GET", "/", key=None)
    assert (root.status, root.headers["Location"]) == (302, "/docs")
    assert (await gateway.request("GET", "/openapi.json", key=None)).status == 200


async def test_every_answer_has_the_security_headers(erp: Gateway) -> None:
    for path in (
        "/api/erp/rows",
        "/api/nothing",
        "/health/live",
        "/metrics",
        "/openapi.json",
        "/problems/busy",
    ):
        headers = (await erp.request("GET", path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'", path
        assert headers["Cache-Control"] == "no-store", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert "Server" not in headers, path


async def test_the_paths_of_the_gateway_itself_have_valid_examples(gateway: Gateway) -> None:
    flows = {
        "lines": {"from": {"post": {"format": "csv"}}, "steps": [{"call": "erp.Notify"}]},
        "orders": {"from": {"post": {}}, "steps": [{"call": "erp.rows.insert"}]},
    }
    await gateway.start(flows=flows)
    document = (await gateway.request("GET", "/openapi.json")).json
    seen = []
    for path, item in document["paths"].items():
        for operation in item.values() if path.startswith(("/api/messages", "/api/flows")) else ():
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [reply["content"] for status, reply in operation["responses"].items() if status < "3"]
            for media in [media for content in contents for media in content.values()]:
                schema = {**media["schema"], "components": document["components"]}
                jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(media["example"])
                seen.append(path)
    assert len(seen) == 11
    body = document["paths"]["/api/flows/lines"]["post"]["requestBody"]["content"]["text/csv"]["example"]
    key = gateway.key
    answer = await gateway.request(
        "POST", "/api/flows/lines", data=body.encode(), headers={"Content-Type": "text/csv"}, key=key
    )
    assert answer.status == 202, answer.body
