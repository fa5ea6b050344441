"""Syntax tree + table = SQL with bound parameters. Identifiers come only from the catalogue."""

from __future__ import annotations

from difflib import get_close_matches

from adapters.errors import InvalidRequest, Violation
from adapters.odbc import wire
from adapters.odbc.catalogue import Column, Kind, Table
from adapters.odbc.dialects.base import Dialect, Fragment, Pattern, Wildcard
from adapters.odbc.filters import Comparison, Condition, Group, Ordering, Place, Reading, Selected
from adapters.odbc.values import BadValue, check_text

MAX_PLANS = 256

_SYMBOLS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_UNORDERED = {Kind.JSON, Kind.ARRAY}


class Planner:
    """Writes the queries of one table. Select lists are kept ready, since callers ask for few of them."""

    def __init__(self, dialect: Dialect, table: Table, block_rows: int) -> None:
        self._dialect = dialect
        self._table = table
        self._block_rows = block_rows
        self._all = self._prepared(tuple(table.columns.items()))
        self._selected: dict[tuple[Selected, ...], tuple[tuple[tuple[str, Column], ...], str]] = {}

    def rows(self, reading: Reading) -> wire.Query:
        """The query for a read.

        Raises: InvalidRequest with a violation for each thing wrong.
        """
        problems: list[Violation] = []
        members, projection = self._projection(reading.select, problems)
        where, params = self._where(reading.where, problems)
        order = self._order(reading.order, problems)
        if problems:
            raise InvalidRequest("the query does not fit the table", problems)
        return self._dialect.select(
            self._table,
            members,
            projection,
            (where + order, params),
            reading.limit,
            reading.offset,
            self._block_rows,
        )

    def by_key(self, values: tuple[str, ...]) -> wire.Query:
        """The query for the row with this primary key.

        Raises: InvalidRequest.
        """
        comparisons = tuple(
            Comparison(name, "eq", (value,), False, Place("key", 1))
            for name, value in zip(self._table.key, values, strict=True)
        )
        problems: list[Violation] = []
        where, params = self._where(comparisons, problems)
        if problems:
            raise InvalidRequest("the key does not fit the table", problems)
        return self._dialect.select(self._table, *self._all, (where, params), 1, 0, self._block_rows)

    # --- SELECT -----------------------------------------------------------------------------------------

    def _projection(
        self, select: tuple[Selected, ...], problems: list[Violation]
    ) -> tuple[tuple[tuple[str, Column], ...], str]:
        if not select:
            return self._all
        known = self._selected.get(select)
        if known:
            return known
        members: dict[str, Column] = {}
        for selected in select:
            if selected.column == "*":
                wanted = self._table.columns
            else:
                column = self._column(selected.column, selected.place, problems)
                wanted = {selected.name: column} if column else {}
            for name, column in wanted.items():
                if name in members:
                    problems.append(_violation(selected.place, f"{name!r} would be in the row twice"))
                members[name] = column
        if problems:
            return (), ""
        if len(self._selected) >= MAX_PLANS:
            self._selected.clear()
        self._selected[select] = prepared = self._prepared(tuple(members.items()))
        return prepared

    def _prepared(
        self, members: tuple[tuple[str, Column], ...]
    ) -> tuple[tuple[tuple[str, Column], ...], str]:
        return members, self._dialect.projection(members) if members else ""

    # --- WHERE ------------------------------------------------------------------------------------------

    def _where(self, conditions: tuple[Condition, ...], problems: list[Violation]) -> Fragment:
        if not conditions:
            return "", ()
        sql, params = self._joined("and", conditions, problems)
        return f" WHERE {sql}", params

    def _joined(self, joint: str, conditions: tuple[Condition, ...], problems: list[Violation]) -> Fragment:
        parts = [self._condition(condition, problems) for condition in conditions]
        word = " AND " if joint == "and" else " OR "
        return word.join(sql for sql, _ in parts), tuple(value for _, values in parts for value in values)

    def _condition(self, condition: Condition, problems: list[Violation]) -> Fragment:
        if isinstance(condition, Group):
            sql, params = self._joined(condition.joint, condition.members, problems)
            sql = f"({sql})"
        else:
            sql, params = self._comparison(condition, problems)
        return (f"NOT ({sql})" if condition.negated else sql), params

    def _comparison(self, comparison: Comparison, problems: list[Violation]) -> Fragment:
        column = self._column(comparison.column, comparison.place, problems)
        if column is None:
            return "", ()
        try:
            return self._compared(column, comparison)
        except BadValue as error:
            problems.append(_violation(comparison.place, f"{column.name} ({column.declared}): {error}"))
            return "", ()

    def _compared(self, column: Column, comparison: Comparison) -> Fragment:
        operator = comparison.operator
        if operator == "is":
            return self._is(column, comparison.values[0]), ()
        if column.kind in _UNORDERED:
            raise BadValue(f"{operator} does not apply to this type; is.null and is.not_null do")
        if operator in ("like", "ilike"):
            if column.kind not in self._dialect.filterable_as_text:
                raise BadValue(f"{operator} applies to texts only")
            check_text(comparison.values[0])
            pattern = parse_pattern(comparison.values[0])
            return self._dialect.like(column, pattern, ignore_case=operator == "ilike")
        if operator == "in":
            return self._in(column, comparison.values)
        return self._dialect.comparison(column, _SYMBOLS[operator], comparison.values[0])

    def _in(self, column: Column, values: tuple[str, ...]) -> Fragment:
        if not values:
            return "1 = 0", ()
        operands = [self._dialect.operand(column, value) for value in values]
        marks = ", ".join(sql for sql, _ in operands)
        return f"{self._dialect.quote(column.name)} IN ({marks})", tuple(
            param for _, params in operands for param in params
        )

    def _is(self, column: Column, value: str) -> str:
        name = self._dialect.quote(column.name)
        if value == "null":
            return f"{name} IS NULL"
        if value == "not_null":
            return f"{name} IS NOT NULL"
        if column.kind is not Kind.BOOLEAN:
            raise BadValue(f"is.{value} applies to booleans only; is.null and is.not_null to all")
        return f"{name} IS NULL" if value == "unknown" else self._dialect.truth(column, value == "true")

    # --- ORDER BY ---------------------------------------------------------------------------------------

    def _order(self, order: tuple[Ordering, ...], problems: list[Violation]) -> str:
        keys: list[str] = []
        for ordering in order:
            column = self._column(ordering.column, ordering.place, problems)
            if column is None:
                continue
            if column.kind in _UNORDERED:
                problems.append(_violation(ordering.place, f"{column.name} ({column.declared}) has no order"))
                continue
            first = ordering.nulls == "first" if ordering.nulls else ordering.descending
            keys.append(self._dialect.order_key(column, descending=ordering.descending, nulls_first=first))
        return f" ORDER BY {', '.join(keys)}" if keys else ""

    # --- names ------------------------------------------------------------------------------------------

    def _column(self, name: str, place: Place, problems: list[Violation]) -> Column | None:
        column = self._table.columns.get(name)
        if column is None:
            near = get_close_matches(name, self._table.columns, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            problems.append(_violation(place, f"{self._table.name} has no column {name[:80]!r}{hint}"))
        return column


def parse_pattern(text: str) -> Pattern:
    """The pattern of `like`: `*` and `%` match anything, `_` one character, a backslash takes the next
    character as it is."""
    parts: list[str | Wildcard] = []
    literal: list[str] = []
    characters = iter(text)
    for character in characters:
        wildcard = {"*": Wildcard.ANY, "%": Wildcard.ANY, "_": Wildcard.ONE}.get(character)
        if wildcard is None:
            literal.append(next(characters, "\\") if character == "\\" else character)
            continue
        if literal:
            parts.append("".join(literal))
            literal.clear()
        parts.append(wildcard)
    if literal:
        parts.append("".join(literal))
    return tuple(parts)


def _violation(place: Place, message: str) -> Violation:
    return Violation(f"position {place.position}: {message}", parameter=place.parameter)
