"""What a sysadmin writes about one table whose new rows are to be taken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from adapters.settings import Settings

Name = Annotated[str, Field(min_length=1, max_length=200)]
ChannelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=100)]
Word = (
    Annotated[str, Field(max_length=200)]
    | Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
    | Annotated[bool, Field()]
    | None
)


class Status(Settings):
    """The column that tells which rows are new."""

    column: Name
    """The column's name."""

    new: Word = "new"
    """Its value in rows that are to be taken; null for rows without one."""

    done: Word = "done"
    """The value it is given when the row is stored in the gateway; null to empty it."""

    error: Word = None
    """The value it is given when the gateway will never take the row; such rows stay new when absent."""

    @model_validator(mode="after")
    def _leads_away(self) -> Status:
        if self.done == self.new:
            raise ValueError("done is the same as new, so that rows would be taken again and again")
        if self.error is not None and self.error == self.new:
            raise ValueError("error is the same as new, so that rows would be taken again and again")
        return self


class Changes(Settings):
    """A table whose new rows are messages, each of which is marked once it is stored."""

    table: Name
    """The table or view, by the name it has in paths. It need not be among the tables offered."""

    key: Annotated[tuple[Name, ...], Field(max_length=32)] | Name = ()
    """The column or columns that tell the rows apart; the primary key when absent."""

    status: Status | None = None
    """The column that tells which rows are new, and how they are marked."""

    delete: bool = False
    """Delete each row once it is stored, instead of marking it: all rows are new."""

    version: Name | None = None
    """A column whose value changes whenever a row becomes new again, such as a counter or a time; a column of
    the key where none ever does. PostgreSQL keeps one by itself, elsewhere it is required: a row of the same
    key and version is the same arrival and is stored once."""

    where: Annotated[dict[Name, Annotated[str, Field(max_length=2000)]], Field(max_length=32)] = Field(
        default_factory=dict
    )
    """Further conditions on the rows to be taken, as in a query: `{region: eq.north}`."""

    order_by: Annotated[str | None, Field(min_length=1, max_length=2000)] = None
    """The order in which rows are taken, as in a query: `priority.desc,id`. By the key when absent."""

    columns: Annotated[tuple[Name, ...], Field(max_length=2000)] = ()
    """The columns that a message holds; all when absent."""

    poll_interval_s: Annotated[float, Field(ge=0.05, le=86_400)] = 5.0
    """Seconds between two looks for new rows while there are none."""

    batch: Annotated[int, Field(ge=1, le=1000)] = 100
    """Rows read at a time, and rows in hand that are not marked yet, at most."""

    @model_validator(mode="after")
    def _marked_one_way(self) -> Changes:
        if (self.status is None) is not self.delete:
            raise ValueError("needs either status or delete: true, so that a row is taken once")
        return self

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of `key`; none for the primary key."""
        return (self.key,) if isinstance(self.key, str) else self.key
