"""What a database offers: its tables, as they were described, compiled into operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapters.contract import MissingOperation, Operation
from adapters.odbc.catalogue import allowed, unmatched
from adapters.odbc.config import OdbcSettings
from adapters.odbc.dialects.base import Dialect
from adapters.odbc.operations import Endpoint, obstacle, of_table
from adapters.odbc.outbox import Outbox, Unfit
from adapters.odbc.query import Planner


@dataclass(frozen=True, slots=True)
class Offer:
    """The operations and what stands behind their names."""

    operations: tuple[Operation, ...] = ()
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    planners: dict[str, Planner] = field(default_factory=dict)
    outboxes: dict[str, Outbox] = field(default_factory=dict)
    missing: tuple[MissingOperation, ...] = ()
    notes: tuple[str, ...] = ()


def offer(
    settings: OdbcSettings, dialect: Dialect, raw: list[dict[str, Any]], *, deduplicates: bool
) -> Offer:
    """Compile the tables that were found. `deduplicates`: inserts can be marked as done."""
    offered: list[tuple[Operation, Endpoint]] = []
    missing: list[MissingOperation] = []
    planners: dict[str, Planner] = {}
    named = {path_name(settings, found): found for found in raw}
    for name, found in named.items():
        if name == settings.applied_table or not allowed(name, settings.tables.allow, settings.tables.deny):
            continue
        reason = found.get("unusable") or obstacle(name)
        reason = reason or ("it has no columns" if not found["columns"] else "")
        if reason:
            missing.append(MissingOperation(name, reason))
            continue
        table = dialect.table(name, found)
        planners[name] = Planner(dialect, table, settings.read_block_rows)
        offered += of_table(
            table,
            writable=not settings.read_only,
            max_limit=settings.max_limit,
            default_limit=settings.default_limit,
            deduplicates=deduplicates,
        )
    outboxes = _outboxes(settings, dialect, named, missing)
    return Offer(
        operations=tuple(operation for operation, _ in offered),
        endpoints={operation.name: endpoint for operation, endpoint in offered},
        planners=planners,
        outboxes=outboxes,
        missing=tuple(missing),
        notes=tuple(unmatched(settings.tables.allow, settings.tables.deny, list(named))),
    )


def _outboxes(
    settings: OdbcSettings,
    dialect: Dialect,
    named: dict[str, dict[str, Any]],
    missing: list[MissingOperation],
) -> dict[str, Outbox]:
    """The channels; those that cannot be are added to `missing`."""
    found: dict[str, Outbox] = {}
    for name, changes in settings.changes.items():
        raw = named.get(changes.table)
        try:
            if raw is None:
                raise Unfit(f"there is no table {changes.table!r}")
            found[name] = Outbox(name, changes, dialect, dialect.table(changes.table, raw))
        except Unfit as error:
            missing.append(MissingOperation(f"changes.{name}", str(error)))
    return found


def path_name(settings: OdbcSettings, found: dict[str, Any]) -> str:
    """A table's name in paths: with its schema unless that is the first or the only one."""
    schema, schemas, name = found.get("schema"), settings.schemas, str(found["table"])
    return f"{schema}.{name}" if schema and schemas and schema != schemas[0] else name
