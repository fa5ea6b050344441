"""BeanIO's XML streams, their mappings said as declared paths: what is read and written is what it writes.

`CASES` has every file of the corpus. White space between elements and the choice of prefixes are not
compared; where BeanIO drops a bad record, here it is an error value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mappings.contract import MappingError
from tests.corpus import CORPUS, needs
from tests.unit.mappings.xml.path_samples import canonical, read, rules, write, xml

FOLDER = CORPUS / "xml" / "beanio" / "parser" / "xml"
pytestmark = needs(FOLDER)

XSI = {"xi": "http://www.w3.org/2001/XMLSchema-instance"}
PERSON: dict[str, Any] = {"root": "stream", "record": "person"}
ADDRESS: dict[str, Any] = {"state": {}, "zip": {}}
NS: dict[str, Any] = {
    "root": "s:stream",
    "record": "g:group/r:person",
    "namespaces": {"s": "stream", "g": "group", "r": "record", "f": "field"},
    "fields": {"firstName": "f:firstName"},
}


@dataclass(frozen=True)
class Case:
    """Files, the definition, the rules of the records that are bad, and records that BeanIO's test adds by
    itself. Where there is no `out`, what is written is what was read; an input that is None is not read."""

    definition: dict[str, Any]
    broken: list[str] = field(default_factory=list)
    out: str | None = None
    more: list[dict[str, Any]] = field(default_factory=list)
    source: str | None = ""


def person(fields: dict[str, Any], *broken: str, out: str | None = None, **more: Any) -> Case:
    return Case({**PERSON, "fields": fields, **more}, list(broken), out)


def group(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"fields": fields, **more}


NAMES: dict[str, Any] = {"firstName": {}, "lastName": {}}
NIL_NAMES = {"firstName": {"nullable": True}, "lastName": {}}
CASES: dict[str, Case] = {
    "bean/b1_in.xml": person(
        {"firstName": {}, "address": group(ADDRESS, path="homeAddress", nullable=True)}, out="bean/b1_out.xml"
    ),
    # The third person's address is in another namespace; BeanIO's test reads two.
    "bean/b2_in.xml": person(
        {"firstName": {}, "address": group({"state": "a:state", "zip": "a:zip"}, path="a:homeAddress")},
        "unexpected-element",
        namespaces={"a": "address"},
        out="bean/b2_out.xml",
    ),
    "bean/b3_in.xml": person({"states": group({"state": "."}, path="address", repeat=True), "firstName": {}}),
    "bean/b4_in.xml": person({"firstName": {}, "state": {}, "zip": {"required": True}}),
    # An address has both or is null there, by the `minOccurs` of a nillable segment's fields.
    "bean/b5_in.xml": person(
        {
            "firstName": {},
            "address": group({"state": {"required": True}, "zip": {"required": True}}, nullable=True),
        },
        "required",
        out="bean/b5_out.xml",
    ),
    "collection/c1_in.xml": person({"firstName": {}, "color": {"repeat": True}}),
    # BeanIO pads numbers; here the text is kept as it is.
    "field/f1_in.xml": person({"age": {"required": True}}),
    "field/f2_in.xml": person({"age": {"max_length": 5}}, out="field/f2_out.xml"),
    "field/f3_in.xml": person({"firstName": {}, "lastName": {"nullable": True}, "age": "@age"}),
    "groups/g1_in.xml": Case(
        {
            "root": "stream",
            "record": "contact",
            "around": "skip",
            "fields": {
                "person": "person",
                "address": "address",
                "parents": {"path": "parents/person", "repeat": True},
            },
        }
    ),
    "groups/g2_in.xml": Case(
        {
            "root": "stream",
            "record": "person",
            "around": "skip",
            "fields": {"type": "@type", "firstName": "text()"},
        }
    ),
    "multiline/ml1_in.xml": Case(
        {
            "root": "orders",
            "record": "item",
            "around": "skip",
            "fields": {"name": {}, "quantity": {"type": "integer"}},
        },
        ["integer", "integer", "integer"],
    ),
    "record/r1_in.xml": person({**NAMES, "age": {"type": "integer"}}),
    "typehandler/th1_in.xml": Case(
        {
            "root": "stream",
            "record": "record",
            "fields": {
                "date": {"type": "date"},
                "datetime": {"type": "datetime", "pattern": "%Y-%m-%dT%H:%M:%S", "offset": "local"},
                "time": {},
                "customdate": {"type": "date", "pattern": "%m/%d/%Y"},
                "boolean": {"type": "boolean"},
            },
        }
    ),
    "types/t1_in.xml": Case(
        {**PERSON, "fields": {"gender": "@gender", "firstName": {"nullable": True}, "lastName": {}}},
        out="types/t1_out.xml",
        more=[{"gender": "M", "firstName": None}],
    ),
    "types/t2_in.xml": Case(
        {
            **PERSON,
            "namespaces": {"ns": "fieldNS"},
            "fields": {"gender": "@ns:gender", "firstName": "@ns:first", "lastName": "@last"},
        },
        out="types/t2_out.xml",
    ),
    "types/t3_in.xml": Case(
        {**PERSON, "fields": {"gender": "@gender", "firstName": "text()"}}, out="types/t3_out.xml"
    ),
    "types/t5_in.xml": person({"gender": ".", "firstName": "@firstName"}),
    "types/t6_in.xml": person({"gender": {}, "firstName": {}}),
    "types/t7_out.xml": Case({**PERSON, "fields": {"firstName": {}, "lastName": {"nullable": True}}}),
    "validation/v1_in.xml": person(
        {"firstName": {"required": True}, "lastName": {"required": True}},
        "null",
        "null",
        "required",
        "required",
    ),
    "validation/v2_in.xml": person({"address": group({"state": {}}, required=True)}, "null", "required"),
    "wrapper/w1_in.xml": person(
        {
            "firstName": {},
            "name": group({"lastName": "@lastName"}),
            "colors": {"path": "colors/color", "repeat": True},
            "addresses": group({"states": {"path": "address", "repeat": True}}, nullable=True),
        }
    ),
    "wrapper/w2_in.xml": person(
        {"colors": group({"colors": {"path": "color", "repeat": True}}, nullable=True)}
    ),
    "wrapper/w3_in.xml": person({"colors": {"path": "colors/color", "repeat": True}}),
    "namespace/ns2_out.xml": Case(NS),
    "namespace/ns_noMatchingField.xml": Case(NS, ["unexpected-element"]),
    "namespace/ns_noMatchingGroup.xml": Case(NS, ["unexpected-element"]),
    "namespace/ns_noMatchingRecord.xml": Case(NS, ["unexpected-element"]),
    "namespace/ns1_out.xml": Case({"root": "stream", "record": "group/person", "fields": {"firstName": {}}}),
    "namespace/ns3_out.xml": Case(
        {**NS, "record": "g:group/g:person", "fields": {"firstName": "g:firstName"}}
    ),
    "namespace/ns4_out.xml": Case({**NS, "fields": {"firstName": "r:firstName"}}),
    "namespace/ns5_out.xml": Case({**NS, "record": "s:group/s:person"}),
    "namespace/ns6_out.xml": Case(
        {**NS, "record": "s:group/r:person", "fields": {"firstName": "r:firstName"}}
    ),
    "namespace/ns7_out.xml": Case(NS),
    "namespace/ns8_out.xml": Case(
        {**NS, "record": "s:group/r:person", "fields": {"firstName": "r:firstName"}}
    ),
    "namespace/ns9_out.xml": Case(
        {**NS, "record": "g:group/s:person", "fields": {"firstName": "s:firstName"}}
    ),
    "namespace/ns10_out.xml": Case(
        {
            "root": "s:stream",
            "record": "g:group/g:person",
            "namespaces": {"s": "stream", "g": "group", **XSI},
            "fields": {"first": {"path": "g:firstName", "nullable": True}, "last": "g:lastName"},
        }
    ),
    "namespace/ns11_out.xml": Case(
        {
            "root": "s:stream",
            "record": "g:group/r:person",
            "namespaces": {"s": "stream", "g": "urn:group", "r": "urn:record"},
            "fields": {"first": "r:firstName", "last": "r:lastName"},
        }
    ),
    "namespace/ns12_out.xml": Case(
        {
            "root": "person",
            "namespaces": {"": "urn:stream", "r": "urn:record", "e": "urn:external"},
            "fields": {"address": group({"city": "@e:city"}, path="r:address")},
        }
    ),
    "namespace/ns13_out.xml": Case(
        {
            "root": "person",
            "namespaces": {"": "urn:stream", "r": "urn:record", "e": "urn:external"},
            "fields": {"city": "r:address/@e:city"},
        }
    ),
}
LOST = {
    # The root of another namespace ends the stream at once.
    "namespace/ns_noMatchingStream.xml": (NS, "unexpected-element"),
    # BeanIO's namespace `*`, any, is not said by a path; the elements are not in the declared ones.
    "namespace/ns1_in.xml": (
        {"root": "stream", "record": "group/person", "fields": {"firstName": {}}},
        "unexpected-element",
    ),
    # Text with an element behind it: not read by declared paths.
    "groups/g3_in.xml": (
        {"root": "contact", "record": "person", "fields": {"name": "text()"}},
        "unexpected-element",
    ),
}
OUTPUTS = {one.out for one in CASES.values() if one.out} | {
    # Groups of several types of record make one object there, with the defaults of its Java classes.
    "multiline/ml1_out.xml"
}


def test_every_file_is_looked_at() -> None:
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.xml") if "mapping" not in path.name}
    assert files == {*CASES, *LOST, *OUTPUTS}


@pytest.mark.parametrize("name", CASES)
def test_a_stream_is_read_and_written(name: str) -> None:
    case, data = CASES[name], (FOLDER / name).read_bytes()
    codec = xml(**case.definition)
    results = read(codec, data)
    assert rules(results) == case.broken
    assert read(codec, data, 3) is not None
    records = [one for one in results if not isinstance(one, MappingError)]
    assert records or case.broken
    written = write(codec, records)
    assert read(codec, written) == records
    if case.out is not None:
        expected = canonical((FOLDER / case.out).read_bytes())
        assert canonical(write(codec, [*records[: _count(case)], *case.more])) == expected
    elif not case.broken and case.definition.get("around") != "skip":
        assert canonical(written) == canonical(data)


def _count(case: Case) -> int | None:
    """Records that BeanIO's test writes again."""
    return 2 if case.out == "field/f2_out.xml" else None


@pytest.mark.parametrize("name", LOST)
def test_what_is_not_read(name: str) -> None:
    definition, rule = LOST[name]
    data = (FOLDER / name).read_bytes()
    codec = xml(**definition)
    if name.endswith(("noMatchingStream.xml", "ns1_in.xml")):
        with pytest.raises(MappingError) as caught:
            read(codec, data)
        assert caught.value.rule == rule
    else:
        assert rules(read(codec, data)) == [rule]
