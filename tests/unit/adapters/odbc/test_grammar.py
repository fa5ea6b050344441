"""The grammar by itself: what it reads, and what it refuses and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.odbc.filters import Comparison, Group
from adapters.odbc.grammar import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_LIST,
    GrammarError,
    join_key,
    parse_filter,
    parse_logic,
    parse_order,
    parse_select,
    split_key,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [("a", "a")]),
        ("a,b", [("a", "a"), ("b", "b")]),
        ("*", [("*", "*")]),
        ("short:a_long_name", [("a_long_name", "short")]),
        ('"a,b",c', [("a,b", "a,b"), ("c", "c")]),
        ('x:"say \\"hi\\""', [('say "hi"', "x")]),
    ],
)
def test_select(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(selected.column, selected.name) for selected in parse_select(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", [("a", False, "")]),
        ("a.asc,b.desc", [("a", False, ""), ("b", True, "")]),
        ("a.desc.nullslast", [("a", True, "last")]),
        ("a.nullsfirst", [("a", False, "first")]),
        ('"a.desc".asc', [("a.desc", False, "")]),
    ],
)
def test_order(text: str, expected: list[tuple[str, bool, str]]) -> None:
    assert [(key.column, key.descending, key.nulls) for key in parse_order(text)] == expected


@pytest.mark.parametrize(
    ("text", "operator", "values", "negated"),
    [
        ("eq.5", "eq", ("5",), False),
        ("not.eq.5", "eq", ("5",), True),
        ("eq.", "eq", ("",), False),
        ("eq.a.b,c)(", "eq", ("a.b,c)(",), False),
        ('eq."quoted"', "eq", ('"quoted"',), False),
        ("eq.not.x", "eq", ("not.x",), False),
        ("in.(1,2,3)", "in", ("1", "2", "3"), False),
        ("in.()", "in", (), False),
        ('in.("a,b","c\\"d","e\\\\f")', "in", ("a,b", 'c"d', "e\\f"), False),
        ("not.in.(1)", "in", ("1",), True),
        ("is.null", "is", ("null",), False),
        ("is.NULL", "is", ("null",), False),
        ("like.*a*", "like", ("*a*",), False),
    ],
)
def test_filter(text: str, operator: str, values: tuple[str, ...], negated: bool) -> None:
    found = parse_filter("c", text)
    assert (found.operator, found.values, found.negated) == (operator, values, negated)


def test_logic() -> None:
    group = parse_logic("or", '(a.eq.1,not.and(b.gt.2,c.is.null),"d.e".not.in.(x,"y,z"))')
    assert group.joint == "or"
    assert not group.negated
    first, second, third = group.members
    assert isinstance(first, Comparison)
    assert (first.column, first.values) == ("a", ("1",))
    assert isinstance(second, Group)
    assert second.negated
    assert [member.column for member in second.members if isinstance(member, Comparison)] == ["b", "c"]
    assert isinstance(third, Comparison)
    assert (third.column, third.negated, third.values) == ("d.e", True, ("x", "y,z"))


def test_negated_logic_parameter() -> None:
    assert parse_logic("not.and", "(a.eq.1)").negated


DEEP = "and(" * MAX_DEPTH + "a.eq.1" + ")" * MAX_DEPTH

BAD = [
    ("select", "", 1, "expected a column"),
    ("select", "a,", 3, "expected a column"),
    ("select", ",a", 1, "expected a column"),
    ("select", "a:", 3, "expected a column after the alias"),
    ("select", "a::text", 2, "casts"),
    ("select", "x:a::int", 4, "casts"),
    ("select", "other(*)", 6, "embedded"),
    ("select", "doc->>name", 1, "JSON paths"),
    ("select", "x:*", 3, "alias"),
    ("select", "a b.c", 4, "expected the end"),
    ("select", '"open', 1, "not closed"),
    ("select", "a)", 2, "expected the end"),
    ("order", "", 1, "expected a column"),
    ("order", "a.up", 3, "expected asc or desc"),
    ("order", "a.asc.desc", 7, "expected asc or desc"),
    ("order", "a.nullslast.asc", 13, "expected asc or desc"),
    ("order", "a.asc;DROP TABLE x", 3, "expected asc or desc"),
    ("order", "a.", 3, "expected asc or desc"),
    ("filter", "", 1, "expected one of eq"),
    ("filter", "5", 1, "expected one of eq"),
    ("filter", "equals.5", 1, "found 'equals'"),
    ("filter", "eq", 3, "expected '.' after eq"),
    ("filter", "EQ.5", 1, "found 'EQ'"),
    ("filter", "not.5", 5, "expected one of eq"),
    ("filter", "not.not.eq.5", 5, "found 'not'"),
    ("filter", "in.5", 4, "expected '(' after in."),
    ("filter", "in.(1,2", 8, "expected ')'"),
    ("filter", "in.(1,2)3", 9, "expected the end"),
    ("filter", 'in.("a"b)', 8, "expected ')'"),
    ("filter", 'in.("a)', 5, "not closed"),
    ("filter", "in.((1))", 5, "expected ')'"),
    ("filter", "is.5", 4, "is takes one of"),
    ("filter", "is.", 4, "is takes one of"),
    ("filter", "fts.word", 1, "found 'fts'"),
    ("filter", "in.(" + "1," * MAX_LIST + "1)", None, "more than"),
    ("filter", "eq." + "x" * MAX_LENGTH, None, "longer than"),
    ("and", "", 1, "expected '('"),
    ("and", "a.eq.1", 1, "expected '('"),
    ("and", "()", 2, "expected a column"),
    ("and", "(a.eq.1", 8, "expected ')'"),
    ("and", "(a.eq.1))", 9, "expected the end"),
    ("and", "(a.eq.1,)", 9, "expected a column"),
    ("and", "(a)", 3, "expected '.' after the column"),
    ("and", "(a.b.c)", 4, "expected one of eq"),
    ("and", "(a.eq.1)or(b.eq.2)", 9, "expected the end"),
    ("and", "(" + DEEP + ")", None, "nested deeper"),
    ("and", "(" + ",".join(["a.eq.1"] * (MAX_CONDITIONS + 1)) + ")", None, "more than"),
]


def _parse(parameter: str, text: str) -> object:
    match parameter:
        case "select":
            return parse_select(text)
        case "order":
            return parse_order(text)
        case "filter":
            return parse_filter("c", text)
        case _:
            return parse_logic(parameter, text)


def _error_of(parameter: str, text: str) -> GrammarError | None:
    try:
        _parse(parameter, text)
    except GrammarError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("parameter", "text", "position", "message"), BAD, ids=[f"{p}={t[:24]}" for p, t, _, _ in BAD]
)
def test_bad_grammar_is_refused_with_its_place(
    parameter: str, text: str, position: int | None, message: str
) -> None:
    with pytest.raises(GrammarError) as caught:
        _parse(parameter, text)
    assert message in str(caught.value)
    assert position in (None, caught.value.place.position)


@given(st.text(max_size=60))
def test_any_text_parses_or_is_a_grammar_error(text: str) -> None:
    for parameter in ("select", "order", "filter", "and"):
        for spelled in (text, f"({text})"):
            error = _error_of(parameter, spelled)
            assert error is None or 1 <= error.place.position <= len(spelled) + 1


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_any_texts_survive_as_a_list(values: list[str]) -> None:
    quoted = ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values)
    assert parse_filter("c", f"in.({quoted})").values == tuple(values)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_keys_round_trip(values: list[str]) -> None:
    assert split_key(join_key(values), len(values)) == tuple(values)


@pytest.mark.parametrize("text", ["1", "1,2,3", "", ",,", '"a', '"a"b,c'])
def test_a_key_with_the_wrong_number_of_parts_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        split_key(text, 2)
