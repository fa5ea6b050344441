"""Definitions of EDIFACT: what contradicts itself is refused with its key; what the pages say is so."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from mappings.contract import MappingError
from mappings.edifact import EdifactDefinition
from mappings.edifact.charsets import ENCODINGS
from mappings.edifact.schema import Leniency
from mappings.formats import FormatDefinition, build, built_in
from mappings.segments import SegmentsDefinition
from mappings.segments.schema import Delimiters
from mappings.segments.schema import Leniency as SegmentsLeniency
from tests.unit.mappings.edi.streams import read, read_all, write
from tests.unit.mappings.edifact.samples import definition, edifact, golden

ROOT = Path(__file__).parents[4]
PAGES = {name: ROOT / "docs" / "mappings" / f"{name}.md" for name in ("edifact", "segments")}
BGM = {"segment": "BGM"}

UNSOUND: list[tuple[dict[str, Any], str]] = [
    ({"message": "ORDERS"}, "content: is needed"),
    ({"record": "SG1"}, "record: is a segment group of content"),
    ({"segments": {"BGM": {"elements": []}}}, "segments: are for content"),
    ({"directory": {"version": "D"}}, "directory: is of the message type"),
    ({"content": [BGM]}, "message: is needed with content"),
    ({"delimiters": {"element": ":"}}, "delimiters.element: is component's already"),
    ({"delimiters": {"element": "."}}, "delimiters.element: '.' stands in numbers"),
    ({"delimiters": {"element": ",", "decimal": ","}}, "delimiters.element: ',' stands in numbers"),
    ({"delimiters": {"element": "-"}}, "delimiters.element: '-' stands in numbers"),
    ({"delimiters": {"element": "é"}}, "delimiters.element: is not a character of ASCII"),
    ({"delimiters": {"element": "\n"}}, "delimiters.element: is a line end"),
    ({"message": "X", "content": [{"segment": "UNH"}]}, "content.0.segment: UNH is read and written"),
    (
        {"message": "X", "content": [{**BGM, "name": "envelope"}]},
        "content.0.name: 'envelope' has another meaning",
    ),
    (
        {"message": "X", "others": "segments", "content": [{**BGM, "name": "segments"}]},
        "content.0.name: 'segments' has another meaning",
    ),
    ({"message": "X", "content": [BGM, BGM]}, "'BGM' is the name of another"),
    ({"message": "X", "content": [BGM], "record": "SG9"}, "record: there is no loop 'SG9'"),
    (
        {"message": "X", "content": [{**BGM, "elements": [{"type": "N2 1/9"}]}]},
        "content.0.elements.0.type: N2 1/9",
    ),
    (
        {"message": "X", "content": [{**BGM, "elements": [{"components": [{"type": "DT 8/8"}]}]}]},
        "content.0.elements.0.components.0.type: DT 8/8 is a type of X12",
    ),
    (
        {"message": "X", "content": [{**BGM, "elements": [{"components": [{"components": [{}]}]}]}]},
        "content.0.elements.0.components.0.components: nothing separates",
    ),
    (
        {"message": "X", "content": [{"loop": "SG1", "content": [{"loop": "SG2", "content": [BGM]}]}]},
        "content.0.content.0: a loop begins with a segment",
    ),
    (
        {
            "message": "X",
            "content": [
                {"segment": "NAD", "name": "a", "match": {"at": 1, "value": "BY"}, "max": 9},
                {"segment": "NAD", "name": "b", "match": {"at": 1, "value": ["SU", "BY"]}},
            ],
        },
        "content.1.match: NAD may be 'a' too",
    ),
]


@pytest.mark.parametrize(("given", "said"), UNSOUND, ids=[said[:45] for _, said in UNSOUND])
def test_a_definition_that_contradicts_itself_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        edifact(**given)
    assert said in str(caught.value)


def test_only_segments_have_parts_of_components() -> None:
    content = [{**BGM, "elements": [{"components": [{"components": [{}]}]}]}]
    given = {"format": "x12", "transaction": "850", "content": content}
    with pytest.raises(ValueError, match=r"nothing separates sub-components here"):
        build(TypeAdapter[Any](FormatDefinition).validate_python(given))


def test_all_contradictions_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        edifact(message="X", delimiters={"element": ":"}, record="SG1")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"unknown": 1}, id="unknown key"),
        pytest.param({"message": "orders"}, id="small letters"),
        pytest.param({"interchange": {"syntax": "UNOX"}}, id="a set without an encoding"),
        pytest.param({"interchange": {"syntax_version": "5"}}, id="a version"),
        pytest.param({"delimiters": {"segment": "''"}}, id="two characters"),
        pytest.param({"lenient": ["everything"]}, id="a leniency"),
        pytest.param({"message": "X", "content": []}, id="no content"),
    ],
)
def test_what_the_types_do_not_allow_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        edifact(**given)


def test_losses_are_told() -> None:
    losses = build(TypeAdapter[Any](FormatDefinition).validate_python(definition("orders"))).losses()
    assert any("neighbours of one tag" in one for one in losses)
    assert any("decimal mark" in one for one in losses)
    assert all(re.match(r"[a-z_.]+: ", one) for one in losses)
    assert any("too_long" in one for one in golden("orders", lenient=["too_long"]).losses())


def test_the_built_in_format_needs_no_definition() -> None:
    codec = built_in("edifact")
    assert codec is not None
    assert read(codec, b"UNB+UNOC:3+A+B+261123:1015+1'UNZ+0+1'") == []


EXAMPLES = [
    pytest.param(*found, id=f"{name} {at}")
    for name, page in PAGES.items()
    for at, found in enumerate(
        re.findall(
            r"```yaml\n(.*?)```\n.*?```edi\n(.*?)```\n.*?```json\n(.*?)```",
            page.read_text("utf-8"),
            re.DOTALL,
        )
    )
]


def test_the_pages_have_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize(("given", "file", "shown"), EXAMPLES)
def test_the_examples_of_the_pages_give_what_they_say(given: str, file: str, shown: str) -> None:
    """Each is a definition, the data, and the records, a line each; written again they read the same."""
    (named,) = YAML(typ="safe").load(given).values()
    codec = build(TypeAdapter[Any](FormatDefinition).validate_python(named))
    results = read(codec, file.encode())
    expected = [json.loads(line, parse_float=Decimal) for line in shown.splitlines() if line.startswith("{")]
    bare = [
        str(one) if isinstance(one, MappingError) else {k: v for k, v in one.items() if k != "envelope"}
        for one in results
    ]
    assert bare == expected
    assert read(codec, write(codec, results, now=None)) == results


def test_the_answer_of_the_page_is_the_one_that_is_given() -> None:
    text = PAGES["edifact"].read_text("utf-8")
    found = (
        re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("yaml", "interchange", "answer")
    )
    (given, *_), (data,), (said,) = found
    (named,) = YAML(typ="safe").load(given).values()
    answering = {"acknowledge": {"when": "errors"}, "delimiters": {"line_end": "lf"}}
    codec = build(TypeAdapter[Any](FormatDefinition).validate_python({**named, **answering}))
    (error,), summary = read_all(codec, data.encode())
    assert (error.rule, error.place.path) == ("number", "/lines/0/quantities/0/quantity/value")
    assert summary.acknowledgement.decode() == said


def test_the_pages_name_every_key_and_every_rule() -> None:
    text = PAGES["edifact"].read_text("utf-8")
    for name in EdifactDefinition.model_fields.keys() - {"format"}:
        assert f"| `{name}` |" in text, name
    for word in Leniency:
        assert f"`{word.value}`" in text, word
    for rule in sorted(_rules()):
        assert f"`{rule}`" in text, rule
    for identifier in ENCODINGS:
        assert f"`{identifier}`" in text, identifier
    text = PAGES["segments"].read_text("utf-8")
    for name in (*SegmentsDefinition.model_fields.keys() - {"format"}, *Delimiters.model_fields):
        assert f"| `{name}` |" in text, name
    for leniency in SegmentsLeniency:
        assert f"`{leniency.value}`" in text, leniency
    for rule in ("missing-separator", "record-count"):
        assert f"`{rule}`" in text


def _rules() -> set[str]:
    found: set[str] = set()
    for folder in ("edi", "edifact"):
        for path in (ROOT / "mappings" / folder).glob("*.py"):
            source = path.read_text(encoding="utf-8")
            if path.name == "codes.py":
                found |= set(re.findall(r'^    "([a-z]+-[a-z-]+)": "', source, re.MULTILINE))
            for call in ("BrokenRule", "Unwritable", "Finding", "Strange", "_misplaced"):
                found |= set(re.findall(rf'{call}\(\s*"([a-z-]+)"', source))
    # What is never told, and what only other formats tell.
    return found - {"unusual", "missing-separator"}
