"""What expressions mean: each case an expression, and the value it has for one record."""

from __future__ import annotations

from contextlib import suppress
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.transform.expressions import Expression, compile_expression

RECORD: dict[str, Any] = {
    "line": {
        "invoice": "A-1",
        "amount": Decimal("10.50"),
        "items": [{"sku": "x"}, {"sku": "y"}],
        "note": None,
    },
    "n": 7,
    "double": 0.1,
    "text": "Grüße",
    "yes": True,
    "@id": "attribute",
    "größe": 5,
    "day": "2026-11-23",
    "time": "2026-11-23T08:15:00.5+01:00",
}

VALUES: dict[str, tuple[str, object]] = {
    "path": ("line.invoice", "A-1"),
    "item": ("line.items[1].sku", "y"),
    "member-by-text": ('line["invoice"]', "A-1"),
    "computed-index": ("line.items[n - 6].sku", "y"),
    "this": ('this["@id"]', "attribute"),
    "back-quotes": ("`größe` + `@id`.size()", 14),
    "null-member": ("line.note == null", True),
    "decimal-literal": ("1.50", Decimal("1.50")),
    "exponent": ("15e-1", Decimal("1.5")),
    "escapes": (r'"a\n\"\u00e9\x41"', 'a\n"éA'),
    "raw-text": (r"r'\d'", r"\d"),
    "comment": ("n // the count\n + 1", 8),
    "precedence": ("1 + 2 * 3 - 4 / 2", 5),
    "parentheses": ("(1 + 2) * 3", 9),
    "left-to-right": ("10 - 3 - 2", 5),
    "unary": ("-n + --n", 0),
    "not": ("!yes || !!yes", True),
    "whole-quotient": ("6 / 3", 2),
    "exact-quotient": ("n / 2", Decimal("3.5")),
    "decimal-quotient": ("line.amount / 4", Decimal("2.625")),
    "remainder-sign": ("-7 % 3", -1),
    "decimal-remainder": ("line.amount % 3", Decimal("1.50")),
    "scale-is-kept": ("line.amount * 2", Decimal("21.00")),
    "round-half-up": ("round(2.5)", 3),
    "round-negative": ("round(-2.5)", -3),
    "round-places": ("round(n / 3, 2)", Decimal("2.33")),
    "round-zero-places": ("round(line.amount, 0)", Decimal("11")),
    "round-pads": ("round(n, 2)", Decimal("7.00")),
    "round-half-even": ('round(2.5, 0, "half_even")', Decimal("2")),
    "round-down": ('round(2.99, 1, "down")', Decimal("2.9")),
    "round-up": ('round(2.91, 1, "up")', Decimal("3.0")),
    "round-once-in-the-end": ("round(10 / 3 * 3, 5)", Decimal("10.00000")),
    "round-a-double": ("round(double, 1)", Decimal("0.1")),
    "int-cuts-off": ("int(-7 / 2)", -3),
    "int-of-thirds": ("int(10 / 3)", 3),
    "int-of-text": ('int("-007")', -7),
    "decimal-of-text": ('decimal("1.50")', Decimal("1.50")),
    "decimal-of-double": ("decimal(double) * 3", Decimal("0.3")),
    "string-of-number": ("string(n) + string(1e3) + string(1.50)", "710001.50"),
    "string-of-boolean": ("string(yes)", "true"),
    "bool-of-text": ('bool("false")', False),
    "comparison": ("n >= 7 && n < 7.5 && n != 8", True),
    "texts-compare": ('"a" < "b"', True),
    "kinds-differ": ('n == "7"', False),
    "true-is-not-one": ("1 == true", False),
    "one-is-one": ("1 == 1.0", True),
    "deep-equality": ('[{"a": 1}] == [{"a": 1.0}]', True),
    "in-list": ("n in [1, 7]", True),
    "in-object": ('"invoice" in line', True),
    "short-circuit-and": ("false && nothing.there", False),
    "short-circuit-or": ("true || nothing.there", True),
    "conditional": ('n > 5 ? "big" : nothing.there', "big"),
    "has": ("has(line.items[0].sku) && !has(line.items[2].sku) && !has(a.b.c)", True),
    "has-null": ("has(line.note)", True),
    "list-and-object": ('{"a": [n, 1 + 1]}', {"a": [7, 2]}),
    "lists-add": ("[1] + [2]", [1, 2]),
    "sizes": ("size(text) + line.items.size() + size({})", 7),
    "starts-ends": ('text.startsWith("Gr") && text.endsWith("ße") && text.contains("ü")', True),
    "ascii-case": ("text.lowerAscii() + text.upperAscii()", "grüßeGRüßE"),
    "trim": ('"  a ".trim()', "a"),
    "substring": ("text.substring(2) + text.substring(0, 2)", "üßeGr"),
    "replace": ('"a.b.c".replace(".", "")', "abc"),
    "split-join": ('"a,b".split(",").join("-")', "a-b"),
    "pad": ('string(n).padLeft(3, "0")', "007"),
    "index-of": ('"abc".indexOf("c")', 2),
    "matches-somewhere": ('line.invoice.matches("[0-9]+")', True),
    "matches-all": ('line.invoice.matches("^[0-9]+$")', False),
    "min-max-abs": ("min(1, 2) + max(1, 2.5) + abs(-1)", Decimal("4.5")),
    "date": ("date(time)", "2026-11-23"),
    "date-by-pattern": ('date("23.11.2026", "%d.%m.%Y")', "2026-11-23"),
    "time-by-pattern": ('date("2311202608:15", "%d%m%Y%H:%M")', "2026-11-23T08:15:00"),
    "format-date": ('formatDate(day, "%Y%m%d")', "20261123"),
    "format-period": ('formatDate(day, "%Y%m")', "202611"),
    "format-day-of-time": ('formatDate(time, "%d.%m.%Y")', "23.11.2026"),
    "format-time-of-day": ('formatDate("2026-11-23T08:15:59.999Z", "%H:%M")', "08:15"),
    "format-seconds": ('formatDate("2026-11-23T08:15:59.999Z", "%H%M%S")', "081559"),
    "timestamp": ("timestamp(time)", "2026-11-23T07:15:00.500000Z"),
    "seconds": ('seconds(time) - seconds("2026-11-23T07:15:00Z")', Decimal("0.500000")),
    "days": ('days(day) - days("2026-11-01")', 22),
    "add-days": ("addDays(day, 10)", "2026-12-03"),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_value(text: str, value: object) -> None:
    found = compile_expression(text).evaluate(RECORD)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["0 * -1.5", 'decimal("-0.0")', "-1.5 + 1.5", "-0.0", "round(-0.04, 1)"])
def test_there_is_no_negative_zero(text: str) -> None:
    found = compile_expression(text).evaluate({})
    assert found == 0
    assert not str(found).startswith("-")


def test_scale_survives() -> None:
    assert str(compile_expression("line.amount * 2").evaluate(RECORD)) == "21.00"
    long = Decimal("-" + "1" * 60)
    assert str(compile_expression("-long").evaluate({"long": long})) == "1" * 60


def test_what_is_known_of_an_expression() -> None:
    expression = compile_expression('has(line.amount) && this["x"] > other[name]')
    assert expression.roots == {"line", "this", "other", "name"}
    assert expression.kind == "boolean"
    assert expression.path is None
    assert compile_expression('a.b["c d"].`e-f`').path == ("a", "b", "c d", "e-f")
    assert isinstance(expression, Expression)


def test_names_of_the_record_win() -> None:
    assert compile_expression("this.a").evaluate({"this": {"a": 1}}) == 1
    assert compile_expression("package.return").evaluate({"package": {"return": 1}}) == 1


def test_the_record_is_not_changed() -> None:
    record: dict[str, Any] = {"a": [1], "b": {"c": 2}}
    compile_expression("{'x': a + [2], 'y': this}").evaluate(record)
    assert record == {"a": [1], "b": {"c": 2}}


NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=6),
)
OPERATORS = {"+": Decimal.__add__, "-": Decimal.__sub__, "*": Decimal.__mul__}


@given(NUMBERS, NUMBERS, st.sampled_from(sorted(OPERATORS)))
def test_arithmetic_is_that_of_decimals(left: int | Decimal, right: int | Decimal, operator: str) -> None:
    with localcontext(Context(prec=200)):
        expected = OPERATORS[operator](Decimal(left), Decimal(right))
    assert compile_expression(f"a {operator} b").evaluate({"a": left, "b": right}) == expected


@given(NUMBERS, NUMBERS.filter(bool))
def test_a_quotient_is_exact_or_refused(left: int | Decimal, right: int | Decimal) -> None:
    exactly = Fraction(left) / Fraction(right)
    with suppress(MappingError):
        found = compile_expression("a / b").evaluate({"a": left, "b": right})
        assert isinstance(found, int | Decimal)
        assert Fraction(found) == exactly
    rounded = compile_expression("round(a / b, 6)").evaluate({"a": left, "b": right})
    assert isinstance(rounded, Decimal)
    assert abs(Fraction(rounded) - exactly) <= Fraction(1, 2 * 10**6)


@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30).filter(bool))
def test_quotient_and_remainder_belong_together(left: int, right: int) -> None:
    names = {"a": left, "b": right}
    assert compile_expression("int(a / b) * b + a % b").evaluate(names) == left
