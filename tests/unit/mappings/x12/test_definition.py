"""Definitions that contradict themselves, and the page that explains them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from mappings.contract import MappingError
from mappings.formats import FormatDefinition, build, built_in
from mappings.x12.schema import Leniency, X12Definition
from tests.unit.mappings.x12.samples import definition, read, read_all, write, x12

PAGE = Path(__file__).parents[4] / "docs" / "mappings" / "x12.md"


def of(*content: Any, **more: Any) -> dict[str, Any]:
    return {"transaction": "850", "content": list(content), **more}


def element(**given: Any) -> dict[str, Any]:
    return of({"segment": "BEG", "elements": [given]})


LOOP = {"loop": "N1", "content": [{"segment": "N1"}]}
UNSOUND = [
    pytest.param({"transaction": "850"}, "content: is needed", id="no content"),
    pytest.param(
        {"content": [{"segment": "BEG"}]}, "transaction: is needed with content", id="no transaction"
    ),
    pytest.param({"record": "N1"}, "record: is a loop of content", id="record without content"),
    pytest.param({"segments": {"N1": {"elements": []}}}, "segments: are for content", id="segments alone"),
    pytest.param(of({"segment": "ISA"}), "content.0.segment: ISA is read and written", id="control segment"),
    pytest.param(of({"segment": "REF", "name": "envelope"}), "content.0.name: 'envelope'", id="reserved"),
    pytest.param(
        of({"segment": "N1"}, {"segment": "N1"}), "content.1.name: 'N1' is the name", id="name twice"
    ),
    pytest.param(
        of({"segment": "N1", "min": 3, "max": 2}), "content.0.max: is less than min", id="max below min"
    ),
    pytest.param(
        of({"loop": "A", "content": [LOOP]}),
        "content.0.content.0: a loop begins with a segment",
        id="loop first",
    ),
    pytest.param(
        of({"loop": "A", "content": [{"segment": "N1", "max": 2}]}),
        "content.0.content.0.max: the segment that begins",
        id="trigger repeats",
    ),
    pytest.param(
        of({"segment": "REF", "name": "a"}, {"segment": "REF", "name": "b"}),
        "content.1.match: REF may be 'a' too",
        id="ambiguous neighbours",
    ),
    pytest.param(
        of(
            {"segment": "REF", "name": "a", "match": {"at": 1, "value": ["X", "Y"]}},
            {"segment": "REF", "name": "b", "match": {"at": 1, "value": "Y"}},
        ),
        "content.1.match: REF may be 'a' too",
        id="overlapping matches",
    ),
    pytest.param(of(LOOP, record="N2"), "record: there is no loop 'N2'", id="no such record"),
    pytest.param(
        of({"loop": "N1", "content": [{"segment": "N1"}, {**LOOP, "loop": "N1"}]}, record="N1"),
        "record: the loop 'N1' is inside of itself",
        id="record in record",
    ),
    pytest.param(
        of({"segment": "N1", "match": {"at": 2, "value": "A"}, "elements": [{}]}),
        "content.0.match: element 2 is not defined",
        id="match beyond",
    ),
    pytest.param(
        of({"segment": "N1", "match": {"at": 1, "value": "A"}, "elements": [{"codes": ["B"]}]}),
        "content.0.match: 'A' is none of the element's codes",
        id="match no code",
    ),
    pytest.param(
        of({"segment": "N1", "match": {"at": 1, "component": 1, "value": "A"}, "elements": [{}]}),
        "content.0.match: give a component",
        id="match component",
    ),
    pytest.param(
        of({"segment": "N1", "conditions": ["P0102"]}), "content.0.conditions: are about", id="no elements"
    ),
    pytest.param(
        of({"segment": "N1", "elements": [{}], "conditions": ["P0102"]}),
        "P0102 is about 2",
        id="condition beyond",
    ),
    pytest.param(
        of({"segment": "N1", "elements": [{"name": "N102"}, {}]}),
        "content.0.elements.1.name: 'N102' is the name of 2",
        id="element names",
    ),
    pytest.param(element(type="AN 5/2"), "type: at least 5 and at most 2", id="lengths"),
    pytest.param(element(type="R 1/500"), "type: a number has at most", id="long number"),
    pytest.param(element(type="DT 6/8"), "century_from: is needed", id="century"),
    pytest.param(element(type="DT 7/7"), "type: a date has 6 or 8", id="date"),
    pytest.param(element(type="TM 1/8"), "type: a time has 4 to 8", id="time"),
    pytest.param(
        element(type="AN 1/2", century_from=1970), "century_from: only dates", id="century of a text"
    ),
    pytest.param(
        element(type="N0 1/2", codes=["1"]), "codes: a value of type N0 has none", id="codes of a number"
    ),
    pytest.param(element(type="ID 2/2", codes=["ABC"]), "codes: 'ABC' has 3 characters", id="code too long"),
    pytest.param(
        element(type="AN 1/2", components=[{}]),
        "elements.0.type: its components have one each",
        id="composite type",
    ),
    pytest.param(
        {"delimiters": {"element": "+", "component": "+"}},
        "delimiters.component: is element's",
        id="delimiters",
    ),
    pytest.param({"delimiters": {"element": "§"}}, "delimiters.element: is not a character", id="no ASCII"),
]


@pytest.mark.parametrize(("given", "said"), UNSOUND)
def test_a_contradiction_is_told_with_its_place(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        x12(**given)


def test_every_contradiction_is_told_at_once() -> None:
    with pytest.raises(ValueError) as caught:
        x12(**of({"segment": "N1", "min": 3, "max": 2, "elements": [{"type": "AN 5/2"}]}, record="X"))
    assert len(str(caught.value).splitlines()) == 3


def test_a_fixed_number_of_neighbours_needs_no_match() -> None:
    codec = x12(**of({"segment": "L11", "name": "a", "min": 1}, {"segment": "L11", "name": "b"}))
    record = {"a": {"L1101": "1"}, "b": {"L1101": "2"}}
    envelope = {"interchange": {"sender": "A", "receiver": "B"}, "group": group()}
    (back,) = read(codec, write(codec, [{"envelope": envelope, **record}]))
    assert {name: back[name] for name in record} == record


def group() -> dict[str, str]:
    return {"functional_identifier": "PO", "sender": "AA", "receiver": "BB", "version": "004010"}


def test_a_definition_says_what_is_not_written_again() -> None:
    losses = build(TypeAdapter[Any](FormatDefinition).validate_python(definition("claims"))).losses()
    assert any("neighbours of one tag" in one for one in losses)
    assert all(re.match(r"[a-z_.]+: ", one) for one in losses)


EXAMPLES = re.findall(
    r"```yaml\n(.*?)```\n.*?```edi\n(.*?)```\n.*?```json\n(.*?)```",
    PAGE.read_text(encoding="utf-8") if PAGE.exists() else "",
    re.DOTALL,
)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize(("given", "file", "shown"), EXAMPLES)
def test_the_examples_of_the_page_give_what_they_say(given: str, file: str, shown: str) -> None:
    """Each is a definition, the data, and the records, a line each; written again they are the data."""
    (named,) = YAML(typ="safe").load(given).values()
    codec = build(TypeAdapter[Any](FormatDefinition).validate_python(named))
    results = read(codec, file.encode())
    expected = [json.loads(line, parse_float=Decimal) for line in shown.splitlines() if line.startswith("{")]
    bare = [
        str(one) if isinstance(one, MappingError) else {k: v for k, v in one.items() if k != "envelope"}
        for one in results
    ]
    assert bare == expected


def test_the_page_names_every_key_and_every_rule() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in X12Definition.model_fields.keys() - {"format"}:
        assert f"| `{name}` |" in text, name
    for word in Leniency:
        assert f"`{word.value}`" in text, word
    for rule in sorted(_rules()):
        assert f"`{rule}`" in text, rule


def _rules() -> set[str]:
    found: set[str] = set()
    for folder in ("edi", "x12"):
        for path in (PAGE.parents[2] / "mappings" / folder).glob("*.py"):
            source = path.read_text(encoding="utf-8")
            if path.name == "codes.py":
                found |= set(re.findall(r'^    "([a-z]+-[a-z-]+)": "', source, re.MULTILINE))
            for call in ("BrokenRule", "Unwritable", "Finding", "Strange", "_misplaced"):
                found |= set(re.findall(rf'{call}\(\s*"([a-z-]+)"', source))
    # Of formats whose tags have a separator of their own; and what is never told.
    return found - {"missing-separator", "unusual"}


def test_the_built_in_format_needs_no_definition() -> None:
    assert built_in("x12") is not None


def test_the_answer_of_the_page_is_the_one_that_is_given() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (data,), (answer,) = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("x12", "answer"))
    (named,) = YAML(typ="safe").load(EXAMPLES[0][0]).values()
    given = {**named, "acknowledge": {"group": "997"}}
    codec = build(TypeAdapter[Any](FormatDefinition).validate_python(given))
    (error,), summary = read_all(codec, data.encode())
    assert (error.rule, error.place.path) == ("number", "/lines/0/item/quantity")
    assert summary.acknowledgement.decode() == answer.replace("\n", "")
