"""How a configuration says that the data of a format is compressed: the key `compression`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from mappings.definition import Definition

_NAME_PATTERN = r"^[^\\\x00-\x1f\x7f]+$"


class _Limited(Definition):
    max_ratio: Annotated[int, Field(ge=1, le=100_000)] = 200
    """How many times larger than the file what comes out may be. It counts once 10 MiB came out."""

    max_bytes: Annotated[int, Field(ge=1, le=1 << 50)] = 10 << 30
    """Bytes that may come out in all."""

    level: Annotated[int, Field(ge=0, le=9)] = 6
    """How hard to try on writing: 1 is fast, 9 small, 0 stores as it is."""


class GzipDefinition(_Limited):
    """One stream in gzip, also of several members. Source: RFC 1952."""

    type: Literal["gzip"]
    """A gzip file."""


class ZipDefinition(_Limited):
    """A zip archive. Its entries are read in their order in the file."""

    type: Literal["zip"]
    """A zip archive."""

    entry: Annotated[str, Field(min_length=1, max_length=200, pattern=_NAME_PATTERN)] = "*"
    """The names of the entries that are read, upper and lower case different; `*` stands for any characters,
    `?` for one. Without a `/` it is the last part of the name that counts. Others are passed over."""

    entries: Literal["one", "all"] = "one"
    """`one`: exactly one entry has such a name. `all`: each of them is read as a file of its own, and their
    records follow each other. None is an error in both cases."""

    written_name: Annotated[str, Field(min_length=1, max_length=200, pattern=_NAME_PATTERN)] | None = None
    """The name of the entry that is written. Without it, that of `entry`, where `*` becomes `data`."""

    max_entries: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Entries that the archive may have, with those that are passed over."""


def _kind(value: Any) -> str | None:
    """The tag, which errors show: a name, or settings with that name."""
    if isinstance(value, str):
        return value
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"{{type: {kind}}}"


Compression: TypeAlias = Annotated[
    Annotated[Literal["gzip"], Tag("gzip")]
    | Annotated[Literal["zip"], Tag("zip")]
    | Annotated[GzipDefinition, Tag("{type: gzip}")]
    | Annotated[ZipDefinition, Tag("{type: zip}")],
    Discriminator(_kind),
]


class Compressible(Definition):
    """The key of every format that says how its data is compressed."""

    compression: Compression | None = None
    """The data is compressed: `gzip`, `zip`, or one of them with its limits, as
    `{type: zip, entry: "*.csv"}`."""


def settings_of(compression: Compression) -> GzipDefinition | ZipDefinition:
    """The settings behind a name alone are the defaults."""
    if compression == "gzip":
        return GzipDefinition(type="gzip")
    if compression == "zip":
        return ZipDefinition(type="zip")
    return compression
