"""What a sysadmin writes about one database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator

from adapters.odbc.changes import Changes, ChannelName
from adapters.odbc.connection import odbc_quote, parse
from adapters.settings import Settings, SystemSettings

Pattern = Annotated[str, Field(min_length=1, max_length=200)]


class Tables(Settings):
    """Which tables and views are offered."""

    allow: Annotated[tuple[Pattern, ...], Field(max_length=1000)] = ("*",)
    """Names or glob patterns of the tables and views to offer; `schema.table` where several schemas are."""

    deny: Annotated[tuple[Pattern, ...], Field(max_length=1000)] = ()
    """Names or glob patterns of tables and views not to offer, even if allowed."""


class OdbcSettings(SystemSettings):
    """A database behind an ODBC driver."""

    interpolation: ClassVar[Mapping[str, Callable[[str], str]]] = {"connection": odbc_quote}

    connection: Annotated[SecretStr, Field(min_length=1, max_length=8192)]
    """The ODBC connection string, such as `Driver=PostgreSQL Unicode;Server=db;Database=wh;Uid=gw;Pwd=…`."""

    tables: Tables = Tables()
    """The tables and views to offer: all but the database's own when absent."""

    catalog: Annotated[str | None, Field(min_length=1, max_length=128)] = None
    """The catalogue (database) to look for tables in, where the driver knows several."""

    schemas: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...], Field(max_length=100)
    ] = ()
    """The schemas to look for tables in; the connection's default schema when empty. Tables of the first go
    by their names, those of others by `schema.table`."""

    max_connections: Annotated[int, Field(ge=1, le=100)] = 4
    """Connections, each in a driver process of its own."""

    idle_s: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """Seconds after which an unused connection is closed."""

    read_block_rows: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Rows fetched and handed on at a time, at most; blocks of long rows have fewer."""

    default_limit: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    """Rows of a read that names no limit; all of them when absent. NDJSON streams are not cut."""

    max_limit: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    """The largest limit a read may name; any when absent."""

    statement_timeout_s: Annotated[float | None, Field(gt=0, le=3600)] = None
    """Seconds after which the database itself ends a statement, where it can."""

    read_only: bool = False
    """Offer no inserts, and ask the database to refuse changes."""

    applied_table: Annotated[str | None, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)] = None
    """A table in which inserts that come with an idempotency key are marked as done, in their own
    transaction, so that none is done twice. Made when it is not there; not offered."""

    applied_keep_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Days after which such a mark is removed. A repetition that comes later is a new insert."""

    changes: Annotated[dict[ChannelName, Changes], Field(max_length=100, default_factory=dict)]
    """Channels: tables whose new rows are messages, by name."""

    @field_validator("connection")
    @classmethod
    def _well_formed(cls, value: SecretStr) -> SecretStr:
        keywords = parse(value.get_secret_value())
        if not {"driver", "dsn", "filedsn"} & set(keywords):
            raise ValueError("names neither Driver nor DSN")
        return value

    @model_validator(mode="after")
    def _writes_are_possible(self) -> OdbcSettings:
        if self.read_only and self.applied_table:
            raise ValueError("applied_table has no use where read_only offers no inserts")
        if self.read_only and self.changes:
            raise ValueError("changes marks the rows it takes, which read_only does not allow")
        return self

    @model_validator(mode="after")
    def _limits_agree(self) -> OdbcSettings:
        if (
            self.max_limit is not None
            and self.default_limit is not None
            and self.default_limit > self.max_limit
        ):
            raise ValueError("default_limit is larger than max_limit")
        return self
