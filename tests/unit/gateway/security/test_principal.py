"""Scopes: default deny, write does not include read."""

from __future__ import annotations

import pytest

from gateway.security import Principal, Scope, parse_scope, parse_scopes

CASES = [
    ("erp:read", "erp", "read", True),
    ("erp:read", "erp", "write", False),
    ("erp:write", "erp", "write", True),
    ("erp:write", "erp", "read", False),
    ("erp:read", "er", "read", False),
    ("erp:read", "erp2", "read", False),
    ("*:read", "erp", "read", True),
    ("*:read", "gateway", "read", True),
    ("*:read", "erp", "write", False),
    ("*:write", "erp", "read", False),
]


@pytest.mark.parametrize(("scope", "system", "access", "allowed"), CASES)
def test_allows(scope: str, system: str, access: str, allowed: bool) -> None:
    principal = Principal("id", "name", parse_scopes([scope]))
    assert principal.allows(system, access) is allowed  # type: ignore[arg-type]


def test_no_scope_allows_nothing() -> None:
    assert not Principal("id", "name", ()).allows("erp", "read")


def test_text_and_back() -> None:
    assert str(parse_scope("erp-2_x:read")) == "erp-2_x:read"
    assert parse_scopes(["*:read", "erp:write", "*:read"]) == (Scope("*", "read"), Scope("erp", "write"))
