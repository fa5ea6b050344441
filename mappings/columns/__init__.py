"""Flat files in columns: many records at once, with the results of the record path.

Needs numpy and pyarrow, the extra `bulk`, which are loaded when they are first used; without them everything
goes record by record.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import cast

from mappings.contract import BlockDecoder, Context, Format

__all__ = ["block_decoder", "is_installed"]


def is_installed() -> bool:
    """Whether the libraries are there."""
    return find_spec("numpy") is not None and find_spec("pyarrow") is not None


def block_decoder(format_: Format, context: Context) -> BlockDecoder | None:
    """A decoder that gives lines of NDJSON: the same that the format's own decoder and `encode_line` give,
    byte for byte, errors included. None where the format's structure does not allow columns, or the libraries
    are not there.

    Raises: MappingError when records are longer than the context allows.
    """
    if not is_installed():
        return None
    return cast(
        "BlockDecoder | None", import_module("mappings.columns.decoding").block_decoder(format_, context)
    )
