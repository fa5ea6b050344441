"""The documents about mappings name every function and key, and their examples are good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.config import load_mappings
from mappings.transform import FieldMap
from mappings.transform.build import build_transform
from mappings.transform.expressions import ExpressionError, compile_expression
from mappings.transform.expressions.functions import FUNCTIONS, METHODS, SPECIAL

DOCUMENTS = Path(__file__).parents[4] / "docs" / "mappings"
EXPRESSIONS = (DOCUMENTS / "expressions.md").read_text(encoding="utf-8")
TRANSFORMS = (DOCUMENTS / "transforms.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted({*FUNCTIONS, *METHODS, *SPECIAL}))
def test_a_function_is_described(name: str) -> None:
    table = EXPRESSIONS.partition("## Functions")[2].partition("## Limits")[0]
    assert re.search(rf"`(\w+\.)?{name}\(", table)


@pytest.mark.parametrize("name", [field.alias or name for name, field in FieldMap.model_fields.items()])
def test_a_key_of_a_field_is_described(name: str) -> None:
    assert f"| `{name}`" in TRANSFORMS or f", `{name}` |" in TRANSFORMS


def test_examples_of_expressions_compile() -> None:
    lines = EXPRESSIONS.split("```")[3].strip().splitlines()
    assert len(lines) == 5
    for line in lines:
        compile_expression(line)
    with pytest.raises(ExpressionError, match="did you mean round"):
        compile_expression("1 + (rount(2))")


def test_the_example_of_a_transform_is_good(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    example = re.search(r"```yaml\n(.*?)```", TRANSFORMS, re.DOTALL)
    assert example
    (tmp_path / "mappings" / "bank.yaml").write_text(example[1])
    transforms = load_mappings(tmp_path, {}).transforms
    assert build_transform(transforms["statement-to-payment"]).why_one_way is None
    assert build_transform(transforms["payment-summary"]).inverse() is None
