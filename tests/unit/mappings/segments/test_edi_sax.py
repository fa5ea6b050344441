"""Every case of Smooks' edi-sax: its mapping model said as a definition, its input read, its XML compared."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mappings.contract import MappingError
from mappings.segments import SegmentsDefinition, SegmentsFormat
from tests.corpus import needs
from tests.unit.mappings.segments.edi_sax import Model, rendered, tree
from tests.unit.mappings.segments.samples import SAMPLES, read, rules, told, write

FOLDER = SAMPLES / "smooks-edi-cartridge" / "edi-sax"
INPUTS = {str(path.parent.relative_to(FOLDER)): path.parent for path in sorted(FOLDER.rglob("edi-input.txt"))}
NESTED = "test_MILYN_602"

pytestmark = needs(FOLDER)

# What is wrong with those that must fail, as the first rule that is told.
BAD = {
    "error-component": "missing-separator",
    "error-field": "missing-separator",
    "error-segment": "segment-count",
    "error-subcomponent": "missing-separator",
    "reached-end-more-segments": "unknown-segment",
    "reached-end-should-be-more-segments": "segment-minimum",
    "test03": "segment-count",
    "test04": "unknown-segment",
    "test10": "segment-minimum",
    "test11": "segment-minimum",
    "test12": "missing-separator",
    "test13": "missing-separator",
    "test14": "missing-separator",
    "test16": "required-element",
    "test17": "required-element",
    "test18": "required-element",
    "test-MILYN-108-03": "required-element",
    "test_empty_rows/test_extra_segment": "unknown-segment",
    "test_empty_rows/test_newlines_and_segment": "segment-count",
    "v1_1/groups/test_groups_05": "loop-minimum",
    "v1_1/groups/test_groups_09": "unexpected-segment",
    "v1_2/model/maxlength": "too-long",
    "v1_2/model/minlength": "too-short",
    "v1_2/model/type": "code",
}


def _format(path: Path) -> SegmentsFormat:
    return SegmentsFormat(SegmentsDefinition.model_validate(Model(path).definition()))


def test_the_corpus_is_whole() -> None:
    assert len(INPUTS) == 59
    assert BAD.keys() <= INPUTS.keys()


@pytest.mark.parametrize("name", [name for name in INPUTS if name not in BAD])
def test_values_are_those_of_the_corpus(name: str) -> None:
    folder = INPUTS[name]
    codec = _format(folder / "edi-to-xml-mapping.xml")
    data = (folder / "edi-input.txt").read_bytes()
    (record,) = results = read(codec, data)
    tag, expected = tree(ET.parse(folder / "expected.xml").getroot())
    assert (tag, rendered(record)) == ("test-message", expected)
    assert read(codec, data, 1) == results
    again = write(codec, results)
    assert read(codec, again) == results
    assert write(codec, read(codec, again)) == again


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told(name: str) -> None:
    folder = INPUTS[name]
    codec = _format(folder / "edi-to-xml-mapping.xml")
    data = (folder / "edi-input.txt").read_bytes()
    results = read(codec, data)
    assert all(isinstance(one, MappingError) for one in results)
    assert rules(results)[0] == BAD[name]
    assert told(read(codec, data, 1)) == told(results)


# Which model reads which input, and what comes of it: its XML, or the rules that are told.
UNMAPPED = [
    ("edi-to-xml-mapping.xml", "NoUnmapped.txt", "expected.xml"),
    ("edi-to-xml-mapping.xml", "IgnoreUnmappedAtStart.txt", "expected.xml"),
    ("edi-to-xml-mapping.xml", "IgnoreUnmappedInTheMiddle.txt", "expected.xml"),
    ("edi-to-xml-mapping.xml", "IgnoreUnmappedAtEnd.txt", "expected.xml"),
    ("edi-to-xml-mapping.xml", "MissingRequired.txt", ["required-segment"]),
    ("edi-to-xml-mapping.xml", "NoMapped.txt", ["required-segment", "required-segment"]),
    ("edi-to-xml-mapping.xml", "NoUpmapped_MissingRequired.txt", ["required-segment"]),
    ("edi-to-xml-mapping.xml", "NoUpmapped_invalid.txt", ["required-segment", "segment-order"]),
    ("ignoreUnmappedSegments_all_optional.xml", "IgnoreAllUnmapped.txt", "expected_all_optional.xml"),
    ("ignoreUnmappedSegments_default_value_mapping.xml", "NoUnmapped.txt", "expected.xml"),
    ("ignoreUnmappedSegments_default_value_mapping.xml", "IgnoreUnmappedAtEnd.txt", ["unknown-segment"] * 2),
    ("ignoreUnmappedSegments_false_mapping.xml", "NoUnmapped.txt", "expected.xml"),
    ("ignoreUnmappedSegments_false_mapping.xml", "IgnoreUnmappedAtStart.txt", ["unknown-segment"] * 2),
]


@pytest.mark.parametrize(("model", "data", "expected"), UNMAPPED, ids=lambda value: str(value)[:40])
def test_segments_that_are_in_no_model(model: str, data: str, expected: str | list[str]) -> None:
    folder = FOLDER / NESTED
    results = read(_format(folder / model), (folder / data).read_bytes())
    if isinstance(expected, list):
        assert rules(results) == expected
        assert len(results) == len(expected)
    else:
        (record,) = results
        assert rendered(record) == tree(ET.parse(folder / expected).getroot())[1]
