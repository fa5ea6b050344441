"""The base of every format definition that a configuration writes down."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Definition(BaseModel):
    """Unknown keys are errors, values do not change, no input appears in errors, and every field carries a
    description and a bound."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )
