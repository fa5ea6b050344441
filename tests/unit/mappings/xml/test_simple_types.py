"""Every built-in type and facet, both ways, and what each refuses."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappings.contract import JsonValue, MappingError
from tests.unit.mappings.xml.contracts import NS, again, codec, decode, typed, written

D = Decimal

BOTH_WAYS: list[tuple[str, str, JsonValue]] = [
    ("string", "a  b ", "a  b "),
    ("string", "", ""),
    ("string", "&lt;&amp;&gt;]]&gt;", "<&>]]>"),
    ("normalizedString", " a b ", " a b "),
    ("token", "a b", "a b"),
    ("anyURI", "http://a/?b=c&amp;d", "http://a/?b=c&d"),
    ("language", "de-CH", "de-CH"),
    ("NCName", "a.b-c", "a.b-c"),
    ("NMTOKEN", "1a:b", "1a:b"),
    ("ID", "x1", "x1"),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("integer", "-" + "9" * 60, -int("9" * 60)),
    ("int", "2147483647", 2**31 - 1),
    ("long", "-9223372036854775808", -(2**63)),
    ("unsignedLong", "18446744073709551615", 2**64 - 1),
    ("byte", "-128", -128),
    ("decimal", "1.50", D("1.50")),
    ("decimal", "-0.000000000000000000001", D("-1E-21")),
    ("decimal", "12345678901234567890123456789.1234567890", D("12345678901234567890123456789.1234567890")),
    ("double", "1.5", 1.5),
    ("double", "INF", "INF"),
    ("double", "-INF", "-INF"),
    ("double", "NaN", "NaN"),
    ("float", "0.1", 0.1),
    ("date", "2024-02-29", "2024-02-29"),
    ("date", "2024-12-31+14:00", "2024-12-31+14:00"),
    ("date", "-0044-03-15", "-0044-03-15"),
    ("date", "12024-01-01Z", "12024-01-01Z"),
    ("dateTime", "2024-06-30T23:59:59.999999999", "2024-06-30T23:59:59.999999999"),
    ("dateTime", "2024-06-30T24:00:00Z", "2024-06-30T24:00:00Z"),
    ("time", "08:30:00-05:00", "08:30:00-05:00"),
    ("duration", "P1Y2M3DT4H5M6.7S", "P1Y2M3DT4H5M6.7S"),
    ("duration", "-P1D", "-P1D"),
    ("gYear", "2024", "2024"),
    ("gYearMonth", "2024-02", "2024-02"),
    ("gMonth", "--02", "--02"),
    ("gMonthDay", "--02-29", "--02-29"),
    ("gDay", "---31", "---31"),
    ("base64Binary", "AAEC/w==", "AAEC/w=="),
    ("base64Binary", "", ""),
    ("hexBinary", "0FB7", "D7c="),
    ("NMTOKENS", "a b c", ["a", "b", "c"]),
]


@pytest.mark.parametrize(("kind", "text", "value"), BOTH_WAYS, ids=[f"{k}-{t}"[:40] for k, t, _ in BOTH_WAYS])
def test_value_both_ways(kind: str, text: str, value: JsonValue) -> None:
    used = typed(f"xs:{kind}")
    seen = decode(used, text)
    assert seen == value
    assert type(seen) is type(value)
    assert decode(used, written(used, value)) == value
    assert written(used, value) in (f"<root>{text}</root>", f"<root/>{text}")


READ_ONLY: list[tuple[str, str, JsonValue]] = [
    ("boolean", " 1 ", True),
    ("boolean", "0", False),
    ("integer", "\n +007\t", 7),
    ("decimal", " +1. ", D("1")),
    ("decimal", ".5", D("0.5")),
    ("double", "1E3", 1000.0),
    ("token", "\n a \t b ", "a b"),
    ("normalizedString", "a\tb", "a b"),
    ("base64Binary", "AA EC\n/w==", "AAEC/w=="),
    ("hexBinary", "0fb7", "D7c="),
    ("string", "a<!-- c -->b<?pi?>c", "abc"),
    ("string", "<![CDATA[<x>]]>", "<x>"),
]


@pytest.mark.parametrize(
    ("kind", "text", "value"), READ_ONLY, ids=[f"{k}-{t.strip()}" for k, t, _ in READ_ONLY]
)
def test_other_lexical_forms(kind: str, text: str, value: JsonValue) -> None:
    assert decode(typed(f"xs:{kind}"), text) == value


BAD_TEXT = [
    ("boolean", "yes", "lexical"),
    ("boolean", "", "lexical"),
    ("boolean", "TRUE", "lexical"),
    ("int", "2147483648", "range"),
    ("int", "1.0", "lexical"),
    ("int", "1_000", "lexical"),
    ("int", "٣", "lexical"),
    ("int", "", "lexical"),
    ("integer", "9" * 401, "number-length"),
    ("unsignedByte", "-1", "range"),
    ("positiveInteger", "0", "range"),
    ("decimal", "1e3", "lexical"),
    ("decimal", "1,5", "lexical"),
    ("decimal", "INF", "lexical"),
    ("decimal", ".", "lexical"),
    ("double", "1e999", "range"),
    ("double", "inf", "lexical"),
    ("double", "+INF", "lexical"),
    ("date", "2023-02-29", "lexical"),
    ("date", "2024-1-1", "lexical"),
    ("date", "0000-01-01", "lexical"),
    ("date", "2024-01-01T00:00:00", "lexical"),
    ("date", "1900-02-29", "lexical"),
    ("dateTime", "2024-01-01 00:00:00", "lexical"),
    ("dateTime", "2024-01-01T25:00:00", "lexical"),
    ("dateTime", "2024-01-01T23:59:60", "lexical"),
    ("dateTime", "2024-01-01T24:00:01", "lexical"),
    ("dateTime", "2024-01-01T00:00:00+14:30", "lexical"),
    ("time", "8:30:00", "lexical"),
    ("duration", "P", "lexical"),
    ("duration", "P1DT", "lexical"),
    ("gYear", "0000", "lexical"),
    ("gMonthDay", "--02-30", "lexical"),
    ("gMonth", "--13", "lexical"),
    ("base64Binary", "AAE", "base64"),
    ("base64Binary", "!!!!", "base64"),
    ("base64Binary", "AB==", "base64"),
    ("hexBinary", "0F0", "lexical"),
    ("hexBinary", "xy", "lexical"),
    ("NCName", "a:b", "lexical"),
    ("NCName", "1a", "lexical"),
    ("language", "", "lexical"),
    ("string", "a<b/>", "unexpected-element"),
]


@pytest.mark.parametrize(("kind", "text", "rule"), BAD_TEXT, ids=[f"{k}-{t}"[:40] for k, t, _ in BAD_TEXT])
def test_bad_text_is_refused(kind: str, text: str, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        decode(typed(f"xs:{kind}"), text)
    assert caught.value.rule == rule
    assert caught.value.place.line == 1


BAD_VALUES: list[tuple[str, JsonValue, str]] = [
    ("string", 1, "type"),
    ("string", None, "type"),
    ("string", "a\x00b", "xml-character"),
    ("string", "\x1f", "xml-character"),
    ("string", "\ud800", "xml-character"),
    ("string", "\ufffe", "xml-character"),
    ("normalizedString", "a\tb", "white-space"),
    ("token", " a", "white-space"),
    ("token", "a  b", "white-space"),
    ("boolean", "true", "type"),
    ("boolean", 1, "type"),
    ("int", "1", "type"),
    ("int", True, "type"),
    ("int", 1.0, "type"),
    ("int", D("1.5"), "type"),
    ("int", 2**31, "range"),
    ("integer", 10**400, "number-length"),
    ("decimal", "1.5", "type"),
    ("decimal", 1.5, "type"),
    ("decimal", D("NaN"), "range"),
    ("decimal", D("1E+500"), "range"),
    ("decimal", D("1E-500"), "range"),
    ("decimal", True, "type"),
    ("double", float("nan"), "type"),
    ("double", "nan", "type"),
    ("double", D("0.1234567890123456789012"), "precision"),
    ("double", 2**53 + 1, "precision"),
    ("double", 10**400, "range"),
    ("float", 16777217, "precision"),
    ("float", 1e39, "range"),
    ("date", "2024-02-30", "lexical"),
    ("date", 20240101, "type"),
    ("dateTime", "yesterday", "lexical"),
    ("base64Binary", "AA EC", "base64"),
    ("hexBinary", "0FB", "base64"),
    ("QName", "t:a", "lexical"),
    ("NMTOKENS", "a b", "type"),
    ("NMTOKENS", ["a b"], "lexical"),
]


@pytest.mark.parametrize(
    ("kind", "value", "rule"), BAD_VALUES, ids=[f"{k}-{v!r}"[:40] for k, v, _ in BAD_VALUES]
)
def test_bad_value_is_refused(kind: str, value: JsonValue, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        typed(f"xs:{kind}").encode(value)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("int", D("5.00"), "5"),
        ("decimal", 5, "5"),
        ("decimal", D("1E+3"), "1000"),
        ("double", 5, "5"),
        ("double", D("0.1"), "0.1"),
        ("double", 1e300, "1e+300"),
    ],
    ids=str,
)
def test_equal_numbers_are_carried(kind: str, value: JsonValue, text: str) -> None:
    assert written(typed(f"xs:{kind}"), value) == f"<root>{text}</root>"


def facet(name: str, value: str) -> str:
    return f'<xs:{name} value="{value}"/>'


FACETS: list[tuple[str, str, JsonValue, JsonValue, str]] = [
    ("xs:string", facet("minLength", "2"), "ab", "a", "min-length"),
    ("xs:string", facet("maxLength", "2"), "äö", "abc", "max-length"),
    ("xs:string", facet("length", "3"), "abc", "ab", "min-length"),
    ("xs:string", facet("pattern", "[A-Z]{2}\\d+"), "AB12", "ab12", "pattern"),
    ("xs:string", facet("pattern", "a|b") + facet("pattern", "c"), "c", "d", "pattern"),
    ("xs:string", facet("pattern", "[\\i-[:]][\\c-[:]]*"), "name", ":x", "pattern"),
    ("xs:string", facet("enumeration", "x") + facet("enumeration", ""), "", "y", "enumeration"),
    ("xs:decimal", facet("enumeration", "1.0"), D("1.00"), D("1.01"), "enumeration"),
    ("xs:int", facet("minInclusive", "10"), 10, 9, "min-inclusive"),
    ("xs:int", facet("maxExclusive", "10"), 9, 10, "max-exclusive"),
    ("xs:decimal", facet("minExclusive", "0"), D("0.01"), D("0.00"), "min-exclusive"),
    ("xs:decimal", facet("maxInclusive", "99.99"), D("99.99"), D("100"), "max-inclusive"),
    ("xs:decimal", facet("fractionDigits", "2"), D("1.230"), D("1.234"), "fraction-digits"),
    ("xs:decimal", facet("totalDigits", "3"), D("12.30"), D("12.34"), "total-digits"),
    ("xs:decimal", facet("totalDigits", "1"), D("0.0"), D("0.01"), "total-digits"),
    ("xs:integer", facet("totalDigits", "3"), -999, 1000, "total-digits"),
    ("xs:double", facet("maxInclusive", "1"), 1.0, "NaN", "max-inclusive"),
    ("xs:double", facet("minInclusive", "0"), "INF", "-INF", "min-inclusive"),
    ("xs:date", facet("minInclusive", "2024-01-01"), "2024-01-01", "2023-12-31", "min-inclusive"),
    (
        "xs:dateTime",
        facet("maxExclusive", "2024-01-01T00:00:00Z"),
        "2024-01-01T00:30:00+01:00",
        "2023-12-31T23:30:00-01:00",
        "max-exclusive",
    ),
    ("xs:base64Binary", facet("maxLength", "2"), "AAE=", "AAEC", "max-length"),
    ("xs:hexBinary", facet("length", "1"), "/w==", "AAE=", "max-length"),
]


@pytest.mark.parametrize(
    ("base", "facets", "good", "bad", "rule"), FACETS, ids=[f"{f[0]}-{f[4]}" for f in FACETS]
)
def test_facets(base: str, facets: str, good: JsonValue, bad: JsonValue, rule: str) -> None:
    used = typed(base, facets)
    assert again(used, good) == good
    with pytest.raises(MappingError) as caught:
        used.encode(bad)
    assert caught.value.rule == rule
    with pytest.raises(MappingError) as caught:
        used.decode(typed(base).encode(bad))
    assert caught.value.rule == rule


def test_facets_of_all_derivation_steps_hold() -> None:
    used = codec(
        '<xs:simpleType name="A"><xs:restriction base="xs:string"><xs:pattern value="[a-z]*"/>'
        "</xs:restriction></xs:simpleType>"
        '<xs:simpleType name="B"><xs:restriction base="A"><xs:pattern value=".{2}"/></xs:restriction>'
        "</xs:simpleType>"
        '<xs:element name="root" type="B"/>'
    )
    assert again(used, "ab") == "ab"
    for bad in ("AB", "abc"):
        with pytest.raises(MappingError, match="pattern"):
            used.encode(bad)


def test_list() -> None:
    used = codec(
        '<xs:element name="root"><xs:simpleType><xs:list itemType="xs:decimal"/></xs:simpleType></xs:element>'
    )
    assert decode(used, " 1.0\n2 ") == [D("1.0"), D("2")]
    assert again(used, []) == []
    assert written(used, [D("1.50"), 3]) == "<root>1.50 3</root>"
    with pytest.raises(MappingError) as caught:
        used.encode([D(1), "x"])
    assert caught.value.place.path == "/1"
    with pytest.raises(MappingError) as caught:
        decode(used, "1 2 x")
    assert caught.value.place.path == "/2"


def test_union_takes_the_first_member_that_fits() -> None:
    used = codec(
        '<xs:element name="root"><xs:simpleType><xs:union memberTypes="xs:int xs:date xs:string"/>'
        "</xs:simpleType></xs:element>"
    )
    for text, value in (("5", 5), ("2024-01-01", "2024-01-01"), ("five", "five"), ("5.5", "5.5")):
        assert decode(used, text) == value
        assert again(used, value) == value
    # "5" as text would come back as a number: refused, not altered.
    with pytest.raises(MappingError) as caught:
        used.encode("5")
    assert caught.value.rule == "union"


def test_qname_is_resolved_and_declared() -> None:
    used = typed("xs:QName")
    assert decode(used, "t:a") == f"{{{NS}}}a"
    assert decode(used, "a") == f"{{{NS}}}a"
    assert again(used, "{urn:other}x") == "{urn:other}x"
    with pytest.raises(MappingError) as caught:
        decode(used, "nope:a")
    assert caught.value.rule == "prefix"
