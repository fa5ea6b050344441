"""What expressions refuse: when they are compiled, with the column; when evaluated, with the reason."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.transform.expressions import ExpressionError, compile_expression

NOT_COMPILED: dict[str, tuple[str, int, str]] = {
    "empty": ("", 1, "a value is missing; found the end"),
    "spaces": ("   ", 4, "a value is missing"),
    "half-a-sum": ("a +", 4, "a value is missing"),
    "two-values": ("a b", 3, "`b` may not follow"),
    "assignment": ("a = 1", 3, "comparing is `==`"),
    "single-ampersand": ("a & b", 3, "`and` is `&&`"),
    "single-bar": ("a | b", 3, "`or` is `||`"),
    "power": ("2 ^ 10", 3, "no power operator"),
    "double-star": ("2 ** 10", 4, "a value is missing"),
    "semicolon": ("a; b", 2, "one value"),
    "dollar": ("$a", 1, "without `$`"),
    "other-letters": ("größe", 3, "back-quotes"),
    "open-parenthesis": ("(a", 3, "`)` is missing to close the `(` of column 1"),
    "open-bracket": ("a[1", 4, "`]` is missing"),
    "open-call": ("size(a", 7, "`)` is missing"),
    "open-brace": ('{"a": 1', 8, "`}` is missing"),
    "closing-only": (")", 1, "a value is missing"),
    "open-text": ('"abc', 1, "no closing quote"),
    "text-over-lines": ('"a\nb"', 1, "no closing quote"),
    "open-back-quote": ("`abc", 1, "no closing back-quote"),
    "bad-escape": (r'"a\q"', 3, "is no escape"),
    "surrogate-escape": (r'"\ud800"', 2, "is no escape"),
    "escape-beyond-unicode": (r'"\UFFFFFFFF"', 2, "is no escape"),
    "number-and-letters": ("1a", 2, "may not follow"),
    "two-points": ("1.2.3", 5, "a member's name must follow"),
    "member-of-nothing": ("a.", 3, "a member's name must follow"),
    "member-number": ("a.1", 3, "a member's name must follow"),
    "keyword-member": ("a.in", 3, "`in` for a member of that name"),
    "chained-comparison": ("1 < a < 3", 7, "do not chain"),
    "conditional-without-else": ("a ? 1", 6, "`:` is missing"),
    "lambda": ("lambda: 1", 7, "may not follow"),
    "keyword-argument": ("size(a=1)", 7, "comparing is `==`"),
    "unknown-function": ("sise(a)", 1, "did you mean size?"),
    "unknown-function-lists": ("exec(a)", 1, "allowed: abs, addDays, bool"),
    "unknown-method": ('a.startWith("x")', 3, "did you mean startsWith?"),
    "method-as-function": ('startsWith(a, "x")', 1, "is called on a value: text.startsWith(text)"),
    "function-as-method": ("a.round()", 3, "is not called on a value but as round"),
    "python-method": ("a.format(1)", 3, "there is no function format"),
    "python-import": ('__import__("os")', 1, "there is no function __import__"),
    "call-of-a-call": ("size(a)(b)", 8, "may not follow"),
    "too-few-arguments": ('a.replace("x")', 3, "text.replace(old, new)"),
    "too-many-arguments": ("size(a, b)", 1, "size(text, list or object)"),
    "has-nothing": ("has()", 1, "has takes one member"),
    "has-a-value": ("has(1 + 1)", 1, "has takes one member"),
    "rounding-word": ('round(a, 2, "bankers")', 13, '"half_up", "half_even"'),
    "rounding-computed": ("round(a, 2, b)", 13, "how to round is one of"),
    "pattern-computed": ("a.matches(b)", 11, "a text written in the expression"),
    "pattern-broken": ('a.matches("(x")', 11, "no regular expression"),
    "pattern-look-around": ('a.matches("(?=x)")', 11, "look-around"),
    "pattern-back-reference": (r'a.matches(r"(x)\1")', 11, "back-references"),
    "pattern-huge": ('a.matches("(x{1000}){1000}")', 11, "too large"),
    "text-minus": ('"a" - 1', 1, "an operand of `-` must be a number, this is text"),
    "text-plus-number": ('"a" + 1', 5, "string(x) makes a text"),
    "text-times": ('"a" * 10000000', 1, "must be a number"),
    "boolean-plus": ("true + 1", 1, "must be a number or text or a list"),
    "number-and": ("1 && true", 1, "must be true or false, this is a number"),
    "not-a-number": ("!1", 2, "must be true or false"),
    "negative-text": ('-"a"', 2, "must be a number"),
    "condition-is-text": ('"a" ? 1 : 2', 1, "the condition of `?:` must be true or false"),
    "ordered-unlike": ('1 < "a"', 3, "allowed are two of a kind"),
    "in-a-text": ('"a" in "abc"', 8, "must be a list or an object"),
    "member-of-text": ('"a".b', 1, "must be an object"),
    "index-of-number": ("(1 + 1)[0]", 4, "must be a list or an object"),
    "split-of-number": ('(1).split(",")', 2, "must be text"),
    "key-computed": ("{a: 1}", 2, "a key is a text written down"),
    "key-twice": ('{"a": 1, "a": 2}', 10, "there twice"),
    "key-without-value": ('{"a"}', 5, "`:` is missing"),
    "too-long": ("1" + " " * 10_000, 10_001, "longer than the 10000 characters"),
    "too-many-nodes": ("[" + ",".join("1" * 600) + "]", 1001, "more than the 1000"),
    "too-deep": ("(" * 51 + "1" + ")" * 51, 51, "nested deeper than 50"),
    "far-too-deep": ("[" * 5000, 51, "nested deeper than 50"),
    "too-many-in-a-row": ("1" + "+1" * 200, 200, "more than 100 operators"),
    "minus-in-a-row": ("-" * 500 + "1", 101, "more than 100 operators"),
    "number-too-long": ("1" * 101, 1, "more than 100 digits"),
    "exponent-too-large": ("1e401", 1, "exponent is beyond"),
    "exponent-absurd": ("1e999999999", 1, "exponent is beyond"),
    "null-byte": ("a\0", 2, "may not stand here"),
}


@pytest.mark.parametrize(("text", "column", "reason"), NOT_COMPILED.values(), ids=NOT_COMPILED)
def test_not_compiled(text: str, column: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    assert reason in str(caught.value)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column}: ")
    assert len(str(caught.value)) < 500


NAMES: dict[str, Any] = {
    "a": {"b": {"c": 1}, "text": "x"},
    "list": [1, "b"],
    "n": 7,
    "third": Decimal(1),
    "double": 0.5,
    "nan": float("nan"),
    "text": "secret-value",
    "none": None,
    "huge": int("9" * 400),
    "tiny": Decimal("1E-400"),
    "large": Decimal("1E+400"),
    "long": "x" * (1 << 20),
    "many": [0] * 100_000,
    "odd": object(),
}
FAILING: dict[str, tuple[str, str]] = {
    "missing-name": ("nothing", "nothing is missing; there are a, list, n"),
    "missing-member": ("a.b.x", "a.b.x is missing; there is c"),
    "missing-below": ("a.x.y", "a.x is missing"),
    "member-of-a-text": ("text.length", "text.length is missing: text is text"),
    "member-of-null": ("none.x", "none.x is missing: none is null"),
    "python-attribute": ("a.__class__", "a.__class__ is missing"),
    "python-global": ("__builtins__", "__builtins__ is missing"),
    "index-beyond": ("list[2]", "the list has 2 items; there is no item 2"),
    "index-negative": ("list[-1]", "there is no item -1"),
    "index-fraction": ("list[1.5]", "cannot be indexed by a number"),
    "index-text": ("text[0]", "text cannot be indexed"),
    "thirds": ("third / 3", "round(a / b, 2)"),
    "whole-thirds": ("n / 3", "not exact within 34 digits"),
    "by-zero": ("n / 0", "division by zero"),
    "by-zero-decimal": ("n / 0.00", "division by zero"),
    "by-zero-rounded": ("round(n / (n - 7), 2)", "division by zero"),
    "remainder-by-zero": ("n % 0", "division by zero"),
    "double-arithmetic": ("double + 1", "a double is not exact; decimal(x)"),
    "double-in-round": ("round(double / 3, 2)", "a double is not exact"),
    "double-and-decimal": ("double == 0.5", "a double is compared with a decimal"),
    "double-below-decimal": ("double < 0.6", "a double is compared with a decimal"),
    "nan": ("decimal(nan)", "decimal takes a text or a number"),
    "null-arithmetic": ("none + 1", "arithmetic takes numbers, not null"),
    "text-and-number": ("text + n", "text and a number cannot be added; string(x)"),
    "null-condition": ("none ? 1 : 2", "true or false is needed, not null"),
    "number-and": ("n && true", "true or false is needed, not a number"),
    "no-order": ("list < list", "have no order"),
    "unlike-order": ("n < text", "have no order"),
    "in-a-text": ('"s" in text', "text.contains(part)"),
    "huge-sum": ("huge + 1", "more than 100 digits"),
    "huge-product": ("huge * huge", "more than 100 digits"),
    "huge-decimal": ("large * large", "no number of at most 100 digits"),
    "tiny-decimal": ("tiny * tiny", "digits"),
    "apart": ("large + tiny", "not exact within 100 digits"),
    "huge-text": ("string(huge * 1.0)", "digits"),
    "long-text": ("long + long", "longer than 1048576 characters"),
    "long-replacement": ('long.replace("x", "yy")', "longer than 1048576 characters"),
    "long-join": ("[long, long].join()", "longer than 1048576 characters"),
    "long-pad": ('text.padLeft(1000000000, "x")', "longer than 1048576 characters"),
    "many-parts": ('long.split("x")', "more than 100000 items"),
    "many-items": ("many + many", "more than 100000 items"),
    "empty-separator": ('text.split("")', "cannot be split by an empty text"),
    "empty-replacement": ('text.replace("", "x")', "an empty text cannot be replaced"),
    "join-of-numbers": ("many.join()", "a list of texts"),
    "substring-beyond": ("text.substring(5, 100)", "the text has 12 characters"),
    "substring-backwards": ("text.substring(3, 2)", "no part from 3 to 2"),
    "substring-fraction": ("text.substring(1.5)", "a whole number"),
    "pad-too-short": ('text.padLeft(3, "0")', "more than 3"),
    "pad-with-two": ('text.padLeft(30, "ab")', "one character"),
    "int-of-words": ("int(text)", "no whole number in ASCII digits"),
    "int-of-other-digits": ('int("٣")', "no whole number in ASCII digits"),
    "int-of-null": ("int(none)", "a number is needed, not null"),
    "decimal-of-words": ("decimal(text)", "no decimal number"),
    "decimal-infinity": ('decimal("Infinity")', "no decimal number"),
    "decimal-nan": ('decimal("NaN")', "no decimal number"),
    "decimal-exponent": ('decimal("1e99999")', "at most 100 digits"),
    "string-of-null": ("string(none)", "not null"),
    "string-of-list": ("string(list)", "not a list"),
    "bool-of-words": ("bool(text)", 'bool takes true, false, "true" and "false"'),
    "size-of-number": ("size(n)", "size(text, list or object) is given a number"),
    "method-of-null": ("none.trim()", "text.trim() is given null"),
    "matches-number": ('n.matches("7")', "matched with a text, not a number"),
    "round-places": ("round(n, 35)", "0 to 34 digits"),
    "round-places-fraction": ("round(n, 1.5)", "a whole number"),
    "date-of-words": ("date(text)", "no date such as 2026-11-23"),
    "date-not-in-calendar": ('date("2026-02-30")', "no date such as"),
    "date-by-pattern": ('date(text, "%Y%m%d")', "does not have the date's pattern"),
    "date-pattern-unknown": ('date(text, "%Y%j")', "%j is not one of"),
    "date-pattern-of-no-century": ('date(text, "%y%m%d")', "which century %y means"),
    "date-pattern-short": ('date(text, "%Y%m")', "lacks %d"),
    "format-has-time": ('formatDate("2026-11-23", "%H:%M")', "a date, which has no time of day"),
    "format-has-offset": ('formatDate("2026-11-23T08:15:00", "%H:%M%z")', "no offset from UTC"),
    "timestamp-too-fine": ('timestamp("2026-11-23T08:15:00.1234567Z")', "finer than microseconds"),
    "timestamp-without-offset": ('timestamp("2026-11-23T08:15:00")', "no offset from UTC"),
    "timestamp-before-year-one": ('timestamp("0001-01-01T00:00:00+10:00")', "beyond the years"),
    "add-days-far": ('addDays("2026-11-23", 999999999999)', "beyond the years"),
    "add-days-fraction": ('addDays("2026-11-23", 1.5)', "a whole number"),
    "no-json-value": ("odd == 1", "of a kind that records do not have"),
}


@pytest.mark.parametrize(("text", "reason"), FAILING.values(), ids=FAILING)
def test_failing(text: str, reason: str) -> None:
    expression = compile_expression(text)
    with pytest.raises(MappingError) as caught:
        expression.evaluate(NAMES)
    assert reason in caught.value.reason
    assert caught.value.rule == "expression"
    assert "secret-value" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_missing_member_has_a_pointer() -> None:
    with pytest.raises(MappingError) as caught:
        compile_expression('a.b["x/y"]').evaluate(NAMES)
    assert caught.value.place.path == "/a/b/x~1y"


def test_no_pattern_backtracks() -> None:
    expression = compile_expression('text.matches("^(a+)+$")')
    start = time.monotonic()
    assert expression.evaluate({"text": "a" * 50_000 + "b"}) is False
    assert time.monotonic() - start < 20


def test_rounds_inside_each_other_compile_once() -> None:
    start = time.monotonic()
    assert compile_expression("round(" * 48 + "n / 3" + ")" * 48).evaluate({"n": 7}) == 2
    assert time.monotonic() - start < 20


@given(st.text(alphabet="ab01.\"'`+-*/%<>=!&|?:()[]{},\\ \n_e", max_size=60))
def test_any_text_compiles_or_has_a_column(text: str) -> None:
    column, rule = 1, "expression"
    try:
        compile_expression(text).evaluate({"a": 1, "b": {"a": "x"}})
    except ExpressionError as error:
        column = error.column
    except MappingError as error:
        rule = error.rule
    assert 1 <= column <= len(text) + 1
    assert rule == "expression"
