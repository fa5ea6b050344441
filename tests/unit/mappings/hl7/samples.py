"""Definitions, messages and ways to read and write that the tests of HL7 share."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mappings.hl7 import Hl7Definition, Hl7Format
from tests.unit.mappings.segments.samples import NOW, read, read_all, rules, told, write

__all__ = [
    "GOLDEN",
    "NOW",
    "golden",
    "golden_records",
    "hl7",
    "message",
    "read",
    "read_all",
    "rules",
    "told",
    "write",
]

GOLDEN = Path(__file__).parents[3] / "golden" / "hl7"


def hl7(**definition: Any) -> Hl7Format:
    """The format of a definition, `format` left out."""
    return Hl7Format(Hl7Definition.model_validate({"format": "hl7", **definition}))


def golden(**changes: Any) -> Hl7Format:
    """The format of the golden sample."""
    text = (GOLDEN / "results.yaml").read_text(encoding="utf-8")
    (found,) = YAML(typ="safe").load(text).values()
    return Hl7Format(Hl7Definition.model_validate({**found, **changes}))


def golden_records() -> list[Any]:
    """The records of the golden sample."""
    lines = (GOLDEN / "results.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def message(*segments: str, kind: str = "ADT^A01", version: str = "2.5", number: str = "7") -> bytes:
    """A message with these segments behind its MSH."""
    first = f"MSH|^~\\&|ADT|HOSP|EHR|CLINIC|20261123||{kind}|{number}|P|{version}"
    return "".join(f"{one}\r" for one in (first, *segments)).encode()
