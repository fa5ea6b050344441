"""Values and documents made to keep a codec busy, and what they get for it. All of them end at once."""

from __future__ import annotations

import pytest

from mappings.contract import JsonValue, MappingError
from mappings.xml import ElementCodec, SchemaDocument, parse_xml, read_schemas
from tests.unit.mappings.xml.contracts import NS, accepts, again, codec, decode, schema, typed

EMAIL = r"\w+([-+.']\w+)*@\w+([-.]\w+)*\.\w+([-.]\w+)*"
BACKTRACKS = {
    "nested-repetition": ("([a-z]+)*", "a" * 50_000 + "!"),
    "alternatives-that-overlap": ("(a|a|ab)*c", "a" * 50_000),
    "repetitions-in-a-row": (r"\d*\d*\d*\d*x", "1" * 50_000),
    "e-mail-address": (EMAIL, "a." * 25_000 + "@"),
    "nested-counts": ("(([a-z]{1,20}){1,20}){1,20}", "a" * 9000 + "!"),
    "half-a-surrogate-pair": ("(a|b)*", "\ud800"),
}


@pytest.mark.parametrize(("pattern", "text"), BACKTRACKS.values(), ids=BACKTRACKS)
def test_patterns_do_not_backtrack(pattern: str, text: str) -> None:
    used = typed("xs:string", f'<xs:pattern value="{pattern}"/>')
    with pytest.raises(MappingError) as caught:
        used.encode(text)
    assert caught.value.rule == "pattern"


MEANINGS: list[tuple[str, str, bool]] = [
    # pattern, text, whether it matches: each with a group, so that the linear engine has it, and without
    (r"(\d)+", "1\u0661", True),
    (r"(\D)+", "a1", False),
    (r"(\s)", "\u00a0", False),
    (r"(\S)+", "\u00a0", True),
    (r"(\w)+", "\u00e4_1+", True),
    (r"(\w)+", "a-b", False),
    (r"(\W)+", "-!", True),
    (r"(\i\c*)", "a:b-1", True),
    (r"([\i-[:]][\c-[:]]*)", "a:b", False),
    (r"([a-z-[aeiou]])+", "bcd", True),
    (r"([a-z-[aeiou]])+", "bad", False),
    (r"(\p{Lu}\p{IsGreek})+", "A\u03b1", True),
    (r"(.)+", "a\rb", False),
    (r"(^a$)", "^a$", True),
    (r"([&amp;~])+", "&&~~", True),
    (r"([\[\]\\^\-])+", "[]\\^-", True),
    (r"(a|b){2}{2}", "abab", True),
    (r"(a)", "a\n", False),
    (r"()", "", True),
]


@pytest.mark.parametrize(("pattern", "text", "matches"), MEANINGS, ids=[f"{c[0]}-{c[2]}" for c in MEANINGS])
def test_patterns_mean_what_xml_schema_says(pattern: str, text: str, matches: bool) -> None:
    plain = pattern[1:].rpartition(")")[0] + pattern.rpartition(")")[2]
    facets = [pattern, f"({pattern})*|{pattern}"]
    if plain and "}{" not in plain and "|" not in plain:
        facets.append(plain)
    for facet in facets:
        assert _encodes(typed("xs:string", f'<xs:pattern value="{facet}"/>'), text) == matches


def _encodes(used: ElementCodec, text: str) -> bool:
    try:
        used.encode(text)
    except MappingError:
        return False
    return True


def test_a_pattern_that_takes_too_much_memory_costs_its_element_alone() -> None:
    pattern = r"(\p{L}{1,2000}\.\p{L}{1,2000}){1,10}"
    kind = f'<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="{pattern}"/></xs:restriction>'
    body = f'<xs:element name="a">{kind}</xs:simpleType></xs:element><xs:element name="b" type="xs:string"/>'
    found = read_schemas([SchemaDocument("t.xsd", schema(body))])
    assert found.elements == (f"{{{NS}}}b",)
    assert "too large to be checked" in found.broken[f"{{{NS}}}a"]


def test_a_large_plain_pattern_is_checked_all_the_same() -> None:
    used = typed("xs:string", r'<xs:pattern value="\w{0,4000}"/>')
    assert _encodes(used, "ä" * 4000)
    assert not _encodes(used, "ä" * 4001)
    assert not _encodes(used, "ä" * 3000 + "-")


# --- namespaces and depth ----------------------------------------------------------------------------

ANY = '<xs:sequence><xs:any maxOccurs="unbounded" processContents="skip"/></xs:sequence>'


def _document(namespaces: int, children: int) -> bytes:
    declared = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(namespaces))
    return f'<root xmlns="{NS}" {declared}>{"<a/>" * children}</root>'.encode()


def test_raw_elements_do_not_carry_the_namespaces_of_all_around_them() -> None:
    value = codec(ANY).decode(parse_xml(_document(100, 3), max_bytes=1 << 20))
    assert value == {"#any": [f'<a xmlns="{NS}"/>'] * 3}


def test_too_many_namespaces_in_scope_are_refused() -> None:
    with pytest.raises(MappingError, match="128 namespaces") as caught:
        codec(ANY).decode(parse_xml(_document(2000, 5000), max_bytes=1 << 20))
    assert caught.value.rule == "namespace-count"


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        ('<t:a xsi:type="t:T"/>', ("xmlns:t=", "xmlns:xsi=")),
        ("<a>t:T</a>", ("xmlns:t=",)),
        ('<a b="(t:T)"/>', ("xmlns:t=",)),
        ("<a>not:T tt:x t :</a>", ()),
    ],
)
def test_raw_elements_keep_the_prefixes_that_values_use(inside: str, kept: tuple[str, ...]) -> None:
    value = decode(codec(ANY), inside)
    assert isinstance(value, dict)
    assert isinstance(value["#any"], list)
    text = str(value["#any"][0])
    assert {part for part in ("xmlns:t=", "xmlns:xsi=", "xmlns:xs=") if part in text} == set(kept)
    parse_xml(text.encode(), max_bytes=1000)


NESTED = (
    '<xs:element name="root" type="T"/><xs:complexType name="T"><xs:choice minOccurs="0"><xs:sequence>'
    '<xs:element name="a" type="T"/><xs:choice minOccurs="0"><xs:element name="x" type="xs:string"/>'
    '<xs:sequence><xs:element name="b" type="T"/></xs:sequence></xs:choice></xs:sequence></xs:choice>'
    "</xs:complexType>"
)


def _nested(depth: int) -> JsonValue:
    value: JsonValue = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def test_as_deep_as_documents_usually_may_be() -> None:
    assert again(codec(NESTED), _nested(63)) == _nested(63)


def test_deeper_than_python_calls_is_an_error_and_no_crash() -> None:
    used = codec(NESTED)
    with pytest.raises(MappingError) as caught:
        used.encode(_nested(2000))
    assert caught.value.rule == "depth"
    document = f'<root xmlns="{NS}">{"<a>" * 249}{"</a>" * 249}</root>'.encode()
    with pytest.raises(MappingError) as caught:
        used.decode(parse_xml(document, max_bytes=1 << 20, max_depth=250))
    assert caught.value.rule == "depth"


# --- dates before our era ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "within"),
    [("-0001-02-29", True), ("-0001-12-31", True), ("0001-01-01", False), ("-0005-02-29", True)],
)
def test_bounds_of_dates_hold_before_our_era(text: str, within: bool) -> None:
    used = typed("xs:date", '<xs:maxExclusive value="0001-01-01"/>')
    assert accepts(used, text)
    assert _encodes(used, text) == within
