"""omniparser's samples of fixed length: its layouts and templates as a definition and a transform of ours.

All seven pairs are here. `fixedlength` and `fixedlength2` are two generations of that project's language for
the same three files, and the second has a fourth.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.contract import MappingError
from mappings.transform import TransformDefinition, build_transform
from tests.corpus import CORPUS, needs
from tests.unit.mappings.fixed_width.samples import GOLDEN, fixed, read

FOLDER = CORPUS / "fixedwidth" / "omniparser"
pytestmark = needs(FOLDER)

CASES = [
    pytest.param("fixedlength", "1_single_row", "Test1_Single_Row", "single", ["short-record"], id="1-1"),
    pytest.param("fixedlength", "2_multi_rows", "Test2_Multi_Rows", "rows", [], id="1-2"),
    pytest.param("fixedlength", "3_header_footer", "Test3_Header_Footer", "headers", [], id="1-3"),
    pytest.param("fixedlength2", "1_single_row", "Test1_Single_Row", "single", ["short-record"], id="2-1"),
    pytest.param("fixedlength2", "2_multi_rows", "Test2_Multi_Rows", "rows", [], id="2-2"),
    pytest.param("fixedlength2", "3_header_footer", "Test3_Header_Footer", "headers", [], id="2-3"),
]


@pytest.mark.parametrize(("folder", "name", "result", "layout", "refused"), CASES)
def test_records_are_what_that_project_makes_of_them(
    folder: str, name: str, result: str, layout: str, refused: list[str]
) -> None:
    """`refused` is the line `DO NOT PROCESS`, which that schema filters out by its text."""
    given = _layout(layout)
    codec = fixed(given["format"])
    transform = build_transform(TransformDefinition.model_validate({"transform": given["transform"]}))
    results = read(codec, (FOLDER / folder / f"{name}.input.txt").read_bytes())
    assert [one.rule for one in results if isinstance(one, MappingError)] == refused
    see = codec.details()
    seen = [one for one in map(see, results) if one is not None]
    assert [transform.apply(one) for one in seen] == _expected(folder, result)


def test_lines_of_several_levels_are_nested_by_that_project() -> None:
    """Nesting lines into one object is a join, which belongs to what comes after reading; it is done here."""
    codec = fixed(_layout("nested")["format"])
    works: list[dict[str, Any]] = []
    for result in read(codec, (FOLDER / "fixedlength2" / "4_nested.input.txt").read_bytes()):
        ((name, values),) = result.items()
        values.pop("rest", None)
        if name == "NWR":
            works.append(values)
        elif name in ("SPU", "SWR"):
            works[-1].setdefault(name, []).append(values)
        elif name in ("SPT", "SWT"):
            works[-1]["SPU" if name == "SPT" else "SWR"][-1][name] = values
    for work in works:  # that project writes a list of one as its only item
        for name in ("SPU", "SWR"):
            if len(work.get(name, ())) == 1:
                work[name] = work[name][0]
    assert works == _expected("fixedlength2", "Test4_Nested")


def test_no_pair_is_left_out() -> None:
    pairs = {(path.parent.name, path.name.split(".")[0]) for path in FOLDER.glob("*/*.input.txt")}
    assert pairs == {(case.values[0], case.values[1]) for case in CASES} | {("fixedlength2", "4_nested")}


def _layout(name: str) -> dict[str, Any]:
    text = (GOLDEN / "omniparser" / f"{name}.yaml").read_text(encoding="utf-8")
    given: dict[str, Any] = YAML(typ="safe").load(text)
    return given


def _expected(folder: str, name: str) -> list[Any]:
    text = (FOLDER / folder / "expected" / f"{name}.json").read_text(encoding="utf-8")
    return [one["TransformedRecord"] for one in json.loads(text, parse_float=Decimal)]
