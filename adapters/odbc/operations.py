"""Tables as operations, and requests as readings and rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.contract import (
    Binding,
    JsonSchema,
    JsonShape,
    JsonValue,
    Operation,
    Parameter,
    Request,
    Result,
    RowsShape,
)
from adapters.errors import InvalidRequest, Violation
from adapters.odbc.catalogue import Table, insert_schema, key_schema, row_schema
from adapters.odbc.dialects.base import Row
from adapters.odbc.filters import Condition, Reading
from adapters.odbc.grammar import (
    LOGIC,
    OPERATORS,
    RESERVED,
    GrammarError,
    parse_filter,
    parse_logic,
    parse_order,
    parse_select,
)

MAX_OFFSET = 2**53 - 1
MAX_LIMIT = 2**53 - 1
"""What every JSON reader can say; databases and their drivers count further, but not all to the same end."""
MINIMAL = "return=minimal"
REPRESENTATION = "return=representation"

_NOT_IN_PATHS = re.compile(r"[/{}\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one operation's name stands for."""

    verb: Literal["read", "get", "insert"]
    table: Table


def obstacle(name: str) -> str:
    """Why a table of this name cannot have a path; "" when it can."""
    if not name or name in (".", ".."):
        return "its name cannot be a path segment"
    if _NOT_IN_PATHS.search(name):
        return "its name holds a character that paths cannot hold (a slash, a brace or a control character)"
    return ""


def of_table(
    table: Table,
    *,
    writable: bool,
    max_limit: int | None,
    default_limit: int | None = None,
    deduplicates: bool = False,
) -> list[tuple[Operation, Endpoint]]:
    """The operations that a table or view offers."""
    offered = [(_read(table, max_limit, default_limit), Endpoint("read", table))]
    if table.key:
        offered.append((_get(table), Endpoint("get", table)))
    if writable and table.writable:
        offered.append((_insert(table, deduplicates), Endpoint("insert", table)))
    return offered


def _read(table: Table, max_limit: int | None, default_limit: int | None) -> Operation:
    what = "view" if table.view else "table"
    return Operation(
        name=f"{table.name}.read",
        summary=f"Rows of the {what} {table.name}",
        description=table.comment,
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path=f"/{table.name}"),),
        request=None,
        reply=RowsShape(row_schema(table)),
        parameters=(*_general_parameters(max_limit, default_limit), *_column_parameters(table)),
    )


def _general_parameters(max_limit: int | None, default_limit: int | None) -> tuple[Parameter, ...]:
    text: JsonSchema = {"type": "string"}
    maximum = MAX_LIMIT if max_limit is None else max_limit
    limit: JsonSchema = {"type": "integer", "minimum": 0, "maximum": maximum}
    if default_limit is not None:
        limit["default"] = default_limit
    return (
        _query("select", text, "Columns to return, comma-separated; `alias:column` renames one."),
        _query("order", text, "Sort keys, comma-separated: `column.asc|desc.nullsfirst|nullslast`."),
        _query("limit", limit, "Rows to return at most."),
        _query(
            "offset", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}, "Rows to leave out first."
        ),
        *(
            _query(
                name, text, f"Conditions joined by {name}: `(a.gte.1,or(b.eq.2,c.is.null))`.", repeated=True
            )
            for name in LOGIC
        ),
    )


def _column_parameters(table: Table) -> tuple[Parameter, ...]:
    return tuple(
        _query(
            column.name,
            {"type": "string"},
            f"Condition on {column.name} ({column.declared or column.kind}): `[not.]operator.value` with "
            f"{', '.join(OPERATORS)}.",
            repeated=True,
        )
        for column in table.columns.values()
        if column.name not in RESERVED
    )


def _query(name: str, schema: JsonSchema, description: str, *, repeated: bool = False) -> Parameter:
    return Parameter(name=name, location="query", schema=schema, description=description, repeated=repeated)


def _get(table: Table) -> Operation:
    parts = " , ".join(table.key)
    how = f"The primary key: {parts}." if len(table.key) == 1 else f"The parts of the primary key: {parts}."
    return Operation(
        name=f"{table.name}.get",
        summary=f"The row of {table.name} with this key",
        safe=True,
        idempotent=True,
        bindings=(Binding(method="GET", path=f"/{table.name}/{{key}}"),),
        request=None,
        reply=JsonShape(row_schema(table)),
        parameters=(
            Parameter(name="key", location="path", schema=key_schema(table), description=how, required=True),
        ),
    )


def _insert(table: Table, deduplicates: bool) -> Operation:
    return Operation(
        name=f"{table.name}.insert",
        summary=f"Insert one row or many into {table.name}",
        description="Many rows: all or none. `Prefer: return=minimal` leaves the stored rows out.",
        safe=False,
        idempotent=False,
        bindings=(Binding(method="POST", path=f"/{table.name}"),),
        request=JsonShape(insert_schema(table)),
        reply=JsonShape(row_schema(table)),
        result=Result.CREATED,
        takes_batches=True,
        deduplicates=deduplicates,
        honours=(MINIMAL, REPRESENTATION),
    )


# --- requests ------------------------------------------------------------------------------------------


def reading(request: Request, *, default_limit: int | None, max_limit: int | None) -> Reading:
    """The read that a request asks for.

    Raises: InvalidRequest with a violation for each parameter that is wrong.
    """
    parameters = request.parameters
    problems: list[Violation] = []
    where: list[Condition] = []
    for name, value in parameters.items():
        if name in RESERVED and name not in LOGIC:
            continue
        for text in value if isinstance(value, list) else [value]:
            try:
                where.append(parse_logic(name, str(text)) if name in LOGIC else parse_filter(name, str(text)))
            except GrammarError as error:
                problems.append(_violation(error))
    select, order = _parsed(parameters, problems)
    limit = _count(parameters, "limit", MAX_LIMIT if max_limit is None else max_limit, problems)
    offset = _count(parameters, "offset", MAX_OFFSET, problems)
    if problems:
        raise InvalidRequest("the query is not well formed", problems)
    if limit is None and "ndjson" not in request.headers.get("accept", ""):
        limit = default_limit
    return Reading(select, tuple(where), order, limit, offset or 0)


def _parsed(parameters: Mapping[str, JsonValue], problems: list[Violation]) -> tuple:  # type: ignore[type-arg]
    found = []
    for name, parse in (("select", parse_select), ("order", parse_order)):
        text = parameters.get(name)
        try:
            found.append(parse(str(text)) if text is not None else ())
        except GrammarError as error:
            problems.append(_violation(error))
            found.append(())
    return tuple(found)


def _count(
    parameters: Mapping[str, JsonValue], name: str, maximum: int, problems: list[Violation]
) -> int | None:
    value = parameters.get(name)
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        problems.append(Violation("expected a whole number from 0", parameter=name))
        return None
    if value > maximum:
        problems.append(Violation(f"at most {maximum} is allowed", parameter=name))
    return value


def _violation(error: GrammarError) -> Violation:
    return Violation(str(error), parameter=error.place.parameter)


def rows_of(body: JsonValue, table: Table) -> list[Row]:
    """The rows of an insert's body: one object or a list of them.

    Raises: InvalidRequest when a member is not a writable column.
    """
    items = body if isinstance(body, list) else [body]
    rows: list[Row] = []
    problems: list[Violation] = []
    good: tuple[str, ...] = ()
    for index, item in enumerate(items):
        if isinstance(item, dict) and tuple(item) == good:
            rows.append(Row(index, item))
            continue
        at = f"/{index}" if isinstance(body, list) else ""
        if not isinstance(item, dict):
            problems.append(Violation("expected an object", pointer=at))
            continue
        for name in item:
            column = table.columns.get(name)
            if column is None or not column.writable:
                reason = "is computed by the database" if column else "is not a column"
                problems.append(Violation(f"{name[:80]!r} {reason}", pointer=f"{at}/{_escaped(name)}"))
        rows.append(Row(index, item))
        good = tuple(item) if not problems else ()
    if problems:
        raise InvalidRequest("the body does not fit the table", problems)
    return rows


def pointer(body: JsonValue, index: int, column: str) -> str:
    """The JSON pointer to a column of a row of an insert's body."""
    return (f"/{index}" if isinstance(body, list) else "") + f"/{_escaped(column)}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def wants_representation(headers: Mapping[str, str]) -> bool:
    """False when the caller prefers `return=minimal` (or `headers-only`).

    Source: RFC 7240 §4.2; PostgREST.
    """
    preferences = headers.get("prefer", "").replace(" ", "").lower().replace(";", ",").split(",")
    return not {"return=minimal", "return=headers-only"} & set(preferences)
