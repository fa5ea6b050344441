"""The base of every format definition that a configuration writes down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict

ReadFile: TypeAlias = Callable[[str], bytes]
"""Reads a file that a configuration names, relative to its folder. Raises: ValueError with what is wrong."""

READ_FILE = "read_file"
"""The key of the validation context that has a `ReadFile`. Without it, nothing can be named by its file."""


class Definition(BaseModel):
    """Unknown keys are errors, values do not change, no input appears in errors, and every field carries a
    description and a bound."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )
