"""Another project's messages: read and written again they are the same, and what they say is what that
project makes of them as FHIR. `EXPECTED` lists every message with such a file; what is not compared is said
beside it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.hl7 import Hl7Definition, Hl7Format
from mappings.transform import TransformDefinition, build_transform
from tests.corpus import CORPUS, needs
from tests.unit.mappings.hl7.samples import golden, hl7, read, read_all, write

FOLDER = CORPUS / "hl7v2" / "microsoft-fhir-converter"
pytestmark = needs(FOLDER)

INPUTS = sorted(path.stem for path in (FOLDER / "input").glob("*.hl7")) if FOLDER.is_dir() else []
FACTS = YAML(typ="safe").load((Path(__file__).parent / "facts.yaml").read_text(encoding="utf-8"))
CODEC = Hl7Format(Hl7Definition.model_validate(FACTS["definition"]))
TRANSFORM = build_transform(
    TransformDefinition.model_validate_json(json.dumps({"transform": FACTS["transform"]}))
)
# In a merge, a link or a move the patient is only referred to: the other project makes no Patient of PID.
LINKAGE = ["ADT-A40-01", "ADT-A41-01", "ADT-A45-01", "ADT-A47-01"]
# The number of patients and of observations in each message that has an expected result.
EXPECTED = {
    **dict.fromkeys(
        ["ADT-A09-01", "ADT-A10-01", "ADT-A11-01", "ADT-A25-01", "ADT-A26-01", "ADT-A27-01"], (1, 1)
    ),
    **dict.fromkeys(["ADT-A29-01", "MDHHS-OML-O21-2", "MDM-T06-01", "MDM-T10-01", "ORM-O01-02"], (1, 1)),
    **dict.fromkeys(["ORM-O01-04", "ORM-O01-06", "ORU-R01-RMGEAD"], (1, 1)),
    **dict.fromkeys(LINKAGE, (0, 0)),
    **dict.fromkeys(["ADT-A60-01", "ADT01-23", "ADT04-23", "ADT04-28", "MDM-T01-02", "MDM-T05-01"], (1, 0)),
    **dict.fromkeys(["MDM-T09-01", *(f"SIU-S{at}-02" for at in (12, 13, 14, 15, 16, 17, 26))], (1, 0)),
    "BAR-P02-02": (2, 0),
    "LAB-ORU-1": (1, 10),
    "LRI_2.0-NG_CBC_Typ_Message": (1, 28),
    "MDM-T02-02": (1, 2),
    "OUL-R22-02": (1, 3),
    "OUL-R24-02": (1, 2),
    "REF-I14-02": (1, 2),
}


def canonical(data: bytes, end: bytes) -> bytes:
    """A message as it is written: without byte order mark and blank lines, each segment ended."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").split(b"\n")
    return b"".join(line + end for line in lines if line.strip())


def test_every_message_is_looked_at() -> None:
    assert len(INPUTS) == 66
    expected = {path.stem.removesuffix("-expected") for path in (FOLDER / "expected-fhir").iterdir()}
    assert expected == EXPECTED.keys()
    assert len(EXPECTED) == 39


@pytest.mark.parametrize("name", INPUTS)
def test_a_message_read_and_written_is_the_same(name: str) -> None:
    data = (FOLDER / "input" / f"{name}.hl7").read_bytes()
    records = read(hl7(), data)
    for line_end, end in (("lf", b"\n"), ("cr", b"\r"), ("crlf", b"\r\n")):
        codec, expected = hl7(line_end=line_end), canonical(data, end)
        assert read(codec, expected, 100) == records
        assert write(codec, records) == expected


@pytest.mark.parametrize("name", INPUTS)
def test_a_definition_loses_nothing_but_separators_behind_the_last_value(name: str) -> None:
    data = canonical((FOLDER / "input" / f"{name}.hl7").read_bytes(), b"\r")
    tags = dict.fromkeys(line.split(b"|")[0].decode() for line in data.split(b"\r") if line)
    # Every segment that the message has, in any order and number.
    others = [{"segment": tag} for tag in tags if tag != "MSH"]
    loose = hl7(content=[{"segment": "MSH", "min": 1}, *({**one, "max": "unbounded"} for one in others)])
    results, summary = read_all(loose, data)
    if summary.errors == 0:
        assert read(loose, write(loose, results)) == results
    else:
        assert {one.rule for one in results} <= {"segment-order"}


def fhir(name: str) -> dict[str, list[dict[str, Any]]]:
    """The resources that are expected, by their type."""
    text = (FOLDER / "expected-fhir" / f"{name}-expected.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(text, parse_float=Decimal)["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    return found


def value_of(observation: dict[str, Any]) -> Any:
    """The value of an expected observation, None where it has none."""
    if "valueQuantity" in observation:
        return observation["valueQuantity"]["value"]
    if "valueCodeableConcept" in observation:
        return observation["valueCodeableConcept"]["coding"][0]["code"]
    return observation.get("valueString")


def said(values: list[Any]) -> Any:
    """The same of what was read. The other project makes no value of a repeated OBX-5, and none of an HD."""
    if len(values) != 1 or (isinstance(values[0], dict) and "namespace" in values[0]):
        return None
    (one,) = values
    if isinstance(one, dict):
        return one["code"] if "code" in one else one["first"]
    return one


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_message_says(name: str) -> None:
    results, summary = read_all(CODEC, (FOLDER / "input" / f"{name}.hl7").read_bytes())
    assert summary.errors == 0, results
    facts: Any = TRANSFORM.apply(results[0])
    expected = fhir(name)
    patients, observations = EXPECTED[name]
    assert facts["event"] == expected["MessageHeader"][0]["eventCoding"]["code"]
    assert len(expected.get("Patient", [])) == patients
    if name in LINKAGE:
        assert len(facts["patients"]) == 1
    else:
        assert len(facts["patients"]) == patients
        for ours, theirs in zip(facts["patients"], expected["Patient"], strict=True):
            assert ours["born"] == theirs["birthDate"]
            assert ours["gender"] == theirs["gender"]
            assert {one["id"] for one in ours["ids"]} <= {one.get("value") for one in theirs["identifier"]}
            for mine, its in zip(ours["names"], theirs["name"], strict=False):
                assert mine["family"] == its["family"]
                assert mine.get("given", its["given"][0]) == its["given"][0]
    # One observation is of the accident segment ACC, not of an OBX.
    others = [one for one in expected.get("Observation", []) if value_of(one) != "vehicle accident"]
    assert len(others) == observations
    # Pictures and documents are no observations there.
    ours = [one for one in facts["observations"] if one["kind"] not in ("ED", "RP")]
    assert [one["code"] for one in ours] == [one["code"]["coding"][0]["code"] for one in others]
    assert [said(one.get("values", [])) for one in ours] == [value_of(one) for one in others]


def test_a_laboratory_report_by_its_definition() -> None:
    codec = golden(messages=["ORU"], versions=["2.5"], lenient=["unknown_segments", "segment_order", "codes"])
    (record,) = read(codec, (FOLDER / "input" / "LAB-ORU-1.hl7").read_bytes())
    values = [one["observation"].get("values") for order in record["orders"] for one in order["observations"]]
    assert [one[0] for one in values if one] == [Decimal("4.06"), Decimal("40.1"), 221, 72, 2, 20, 6, 0]
    assert record["patient"]["born"] == "1924-10-10"
    assert record["patient"]["insurance"] == "123121234"
