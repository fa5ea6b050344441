"""Samples written by hand: a copybook in fixed form that copies another, its data, its records."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from ruamel.yaml import YAML

from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.xml_definition import READ_FILE
from tests.unit.mappings.copybook.samples import read, write

GOLDEN = Path(__file__).parents[3] / "golden" / "copybook"


def beside(name: str) -> bytes:
    path = GOLDEN / name
    if not path.is_file():
        raise ValueError(f"{name}: there is no such file")
    return path.read_bytes()


def test_golden() -> None:
    definition = YAML(typ="safe").load((GOLDEN / "policy.yaml").read_text(encoding="utf-8"))
    codec = CopybookFormat(CopybookDefinition.model_validate(definition, context={READ_FILE: beside}))
    lines = (GOLDEN / "policy.ndjson").read_text(encoding="utf-8").splitlines()
    expected = [json.loads(line, parse_float=Decimal) for line in lines]
    data = (GOLDEN / "policy.ebc").read_bytes()
    for size in (1, 7, len(data)):
        assert read(codec, data, size) == expected
    assert write(codec, expected) == data
