from __future__ import annotations

from dataclasses import dataclass

import pytest

from gateway.http import paths
from gateway.http.problems import HttpProblem
from gateway.http.table import RouteTable


@dataclass(frozen=True)
class Route:
    method: str
    path: str


TABLE = RouteTable(
    [
        Route("GET", "/api/erp/orders"),
        Route("POST", "/api/erp/orders"),
        Route("GET", "/api/erp/orders/{id}"),
        Route("GET", "/api/erp/orders/latest"),
        Route("DELETE", "/api/erp/orders/{number}"),
        Route("GET", "/api/erp/{table}/{key}/lines"),
        Route("GET", "/api/plant/{topic+}"),
        Route("GET", "/api/plant/status"),
    ]
)


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/api/erp/orders", "/api/erp/orders", []),
        ("/api/erp/orders/7", "/api/erp/orders/{id}", ["7"]),
        ("/api/erp/orders/latest", "/api/erp/orders/latest", []),
        ("/api/erp/orders/lat%65st", "/api/erp/orders/latest", []),
        ("/api/erp/orders/latest/lines", "/api/erp/{table}/{key}/lines", ["orders", "latest"]),
        ("/api/erp/orders/a%2Fb", "/api/erp/orders/{id}", ["a/b"]),
        ("/api/plant/a/b/c", "/api/plant/{topic+}", ["a/b/c"]),
        ("/api/plant/status", "/api/plant/status", []),
        ("/api/plant/status/x", "/api/plant/{topic+}", ["status/x"]),
        ("/api/erp/orders/", None, None),
        ("/api/erp/orders//lines", None, None),
        ("/api/plant/", None, None),
        ("/api/plant/a//b", None, None),
        ("/api/plant/a/", None, None),
        ("/api/erp", None, None),
        ("/api", None, None),
        ("/", None, None),
    ],
)
def test_find(path: str, template: str | None, values: list[str] | None) -> None:
    found = TABLE.find(paths.segments(path))
    assert (found and (found[0].template, found[1])) == (None if template is None else (template, values))


def test_allow() -> None:
    place = TABLE.static("/api/erp/orders")
    assert place is not None
    assert place.allow == "GET, HEAD, OPTIONS, POST"
    found = TABLE.find(["api", "erp", "orders", "7"])
    assert found is not None
    assert found[0].allow == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path",
    [
        "/%",
        "/%2",
        "/%zz",
        "/%ff",
        "/a/../b",
        "/%2e%2e",
        "/.",
        "/a%00",
        "/a%7f",
        "/\x7f",
        '/"',
        "/a\\b",
        "/" + "a/" * 100,
    ],
)
def test_refused_paths(path: str) -> None:
    with pytest.raises(HttpProblem):
        paths.segments(path)


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a?b=c?d", ("/a", "b=c?d")),
        ("http://evil.example:8/a/b?c", ("/a/b", "c")),
        ("HTTPS://evil.example", ("/", "")),
        ("http://evil.example?x=1", ("/", "x=1")),
    ],
)
def test_split_target(target: str, parts: tuple[str, str]) -> None:
    assert paths.split_target(target) == parts


@pytest.mark.parametrize("target", ["", "a/b", "evil.example:443", "ftp://x/y", "/a#b", "http:/a"])
def test_refused_targets(target: str) -> None:
    with pytest.raises(HttpProblem):
        paths.split_target(target)
