"""SYSTEM.OPERATION, as routes and flows name what they call."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_PATTERN = re.compile(r"[a-z][a-z0-9_-]*\.[^\s/]+")


def _checked(value: str) -> str:
    if not _PATTERN.fullmatch(value):
        raise ValueError("must be SYSTEM.OPERATION, such as erp.GetOrder or warehouse.payments.insert")
    return value


OperationName = Annotated[str, Field(max_length=300), AfterValidator(_checked)]
