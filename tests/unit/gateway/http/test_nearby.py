from __future__ import annotations

import pytest

from gateway.http.nearby import nothing_at

TEMPLATES = (
    "/api/bank/statements",
    "/api/bank/statements/{file}",
    "/api/bank/payments",
    "/api/plant/temperature/{line}/{machine}",
    "/api/flows",
    "/api/flows/orders",
)
ALL = "Below /api there are: bank, flows, plant."
BANK = "Below /api/bank there are: payments, statements."


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param("api/bnak", f"; did you mean /api/bank? {ALL}", id="first-step"),
        pytest.param("api/bank/statement", f"; did you mean /api/bank/statements? {BANK}", id="second-step"),
        pytest.param("api/BANK", f"; did you mean /api/bank? {ALL}", id="case"),
        pytest.param("api/bank", f". {BANK}", id="folder"),
        pytest.param("api", f". {ALL}", id="all"),
        pytest.param("api/zzz/statements", f". {ALL}", id="nothing-alike"),
        pytest.param(
            "api/flows/order",
            "; did you mean /api/flows/orders? Below /api/flows there are: orders.",
            id="flow",
        ),
        pytest.param(
            "api/plant/temperature/<b>",
            ". Below /api/plant/temperature/{line} there are: {machine}.",
            id="parameter",
        ),
        pytest.param("api/bank/statements/a/b", ".", id="below-a-leaf"),
        pytest.param("api/" + "x" * 100_000, f". {ALL}", id="long"),
        pytest.param("", f". {'Below / there are: api.'}", id="empty"),
    ],
)
def test_what_is_near_is_told(path: str, told: str) -> None:
    assert nothing_at(path.split("/"), TEMPLATES) == f"There is nothing at this path{told}"


def test_who_may_know_of_nothing_is_told_nothing() -> None:
    assert nothing_at(["api", "bank"], []) == "There is nothing at this path."


def test_many_are_cut() -> None:
    told = nothing_at(["api", "erp"], [f"/api/erp/Operation{number:04}" for number in range(3000)])
    assert told.endswith("Operation0019 and 2980 more.")
