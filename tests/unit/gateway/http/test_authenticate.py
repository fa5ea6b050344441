"""Which of a request's headers hold its key, and what happens when several do."""

from __future__ import annotations

from pathlib import Path

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.http.authenticate import authenticate, authenticate_if_offered
from gateway.http.problems import HttpProblem
from gateway.security import KeyStore

A, B = "first", "second"


@pytest.fixture
def store(tmp_path: Path) -> tuple[KeyStore, dict[str, str]]:
    store = KeyStore(tmp_path / "keys.json")
    return store, {name: store.create(name, ["*:read"])[1] for name in (A, B)}


def headers(keys: dict[str, str], *pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    made: CIMultiDict[str] = CIMultiDict()
    for name, value in pairs:
        made.add(name, value.format(**keys))
    return CIMultiDictProxy(made)


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("Authorization", "Bearer {first}")], id="bearer"),
        pytest.param([("authorization", "bearer  {first}")], id="lower-case"),
        pytest.param([("X-API-Key", "{first}")], id="x-api-key"),
        pytest.param([("apikey", "{first}")], id="apikey"),
        pytest.param([("Authorization", "Bearer {first}"), ("X-API-Key", "{first}")], id="the-same-twice"),
    ],
)
def test_one_key(store: tuple[KeyStore, dict[str, str]], pairs: list[tuple[str, str]]) -> None:
    keys, texts = store
    assert authenticate(headers(texts, *pairs), keys).name == A


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("Authorization", "Bearer {first}"), ("X-API-Key", "{second}")], id="two-headers"),
        pytest.param([("Authorization", "Bearer {first}"), ("apikey", "nonsense")], id="key-and-nonsense"),
        pytest.param([("Authorization", "Basic dTpw"), ("X-API-Key", "{first}")], id="basic-and-key"),
        pytest.param([("X-API-Key", "{first}"), ("apikey", "{second}")], id="x-api-key-and-apikey"),
        pytest.param([("X-API-Key", "{first}"), ("X-API-Key", "{second}")], id="x-api-key-twice"),
        pytest.param([("X-API-Key", "{first}"), ("X-API-Key", "")], id="key-and-empty"),
        pytest.param(
            [("Authorization", "Bearer {first}"), ("Authorization", "Bearer {second}")], id="bearers"
        ),
        pytest.param(
            [("Authorization", "Bearer {first}"), ("Authorization", "Bearer {first}")], id="repeated"
        ),
    ],
)
def test_more_than_one_credential(
    store: tuple[KeyStore, dict[str, str]], pairs: list[tuple[str, str]]
) -> None:
    keys, texts = store
    for check in (authenticate, authenticate_if_offered):
        with pytest.raises(HttpProblem, match="more than one credential") as caught:
            check(headers(texts, *pairs), keys)
        assert caught.value.status == 401
        assert 'error="invalid_request"' in caught.value.headers["WWW-Authenticate"]


def test_no_key(store: tuple[KeyStore, dict[str, str]]) -> None:
    keys, texts = store
    assert authenticate_if_offered(headers(texts), keys) is None
    with pytest.raises(HttpProblem, match="no API key"):
        authenticate(headers(texts), keys)
