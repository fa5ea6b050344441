"""The demo's API document: every body has an example, and every example is valid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.demo.running import Demo

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    demo = Demo(tmp_path_factory.mktemp("demo") / "state")
    try:
        demo.wait_until_ready()
        yield demo.call("GET", "/openapi.json").json
    finally:
        assert demo.stop() == 0


def operations(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def check(document: Any, where: str, media_type: str, media: Any) -> None:
    if media["schema"].get("format") == "binary" and media_type == "application/octet-stream":
        # Such as records in EBCDIC, which no text can show.
        assert "example" not in media, where
        return
    assert "example" in media, where
    schema = {**media["schema"], "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    assert [str(error) for error in validator.iter_errors(media["example"])] == [], where


def test_every_request_has_a_valid_example(document: Any) -> None:
    seen = 0
    for where, operation in operations(document):
        for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
            check(document, f"{where} {media_type}", media_type, media)
            seen += 1
    assert seen > 20


def test_every_reply_has_a_valid_example(document: Any) -> None:
    seen = 0
    for where, operation in operations(document):
        for status, reply in operation["responses"].items():
            for media_type, media in reply.get("content", {}).items():
                if status < "300":
                    check(document, f"{where} {status} {media_type}", media_type, media)
                    seen += 1
    assert seen > 40


def test_writes_say_that_they_may_conflict(document: Any) -> None:
    created = [operation for _, operation in operations(document) if "201" in operation["responses"]]
    assert created
    for operation in created:
        assert "409" in operation["responses"]
        assert "Location" in operation["responses"]["201"]["headers"]


def test_an_order_as_a_caller_would_write_it(document: Any) -> None:
    media = document["paths"]["/api/orders"]["post"]["requestBody"]["content"]["application/json"]
    assert media["example"] == {
        "customerId": "C-123",
        "currency": "EUR",
        "line": [{"sku": "AB-1234", "quantity": 12.5, "unitPrice": 12.5}],
    }


def test_headers_by_the_names_they_have_on_the_wire(document: Any) -> None:
    text = document["paths"]["/api/plant/temperature/{line}/{machine}"]["get"]["description"]
    assert "X-Mqtt-Received" in text
    assert "mqtt.received" not in text
