"""What is encoded comes back equal, for generated values of a contract with most of the rules in it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import JsonValue, MappingError
from mappings.xml import parse_xml
from tests.laws import law
from tests.unit.mappings.xml.contracts import NS, again, codec

ORDER = codec(
    '<xs:simpleType name="Sku"><xs:restriction base="xs:token">'
    '<xs:pattern value="[A-Z]{1,4}-\\d{1,6}"/></xs:restriction></xs:simpleType>'
    '<xs:simpleType name="Money"><xs:restriction base="xs:decimal"><xs:fractionDigits value="2"/>'
    "</xs:restriction></xs:simpleType>"
    '<xs:complexType name="Line"><xs:sequence><xs:element name="sku" type="Sku"/>'
    '<xs:element name="price" type="Money"/>'
    '<xs:element name="note" type="xs:string" minOccurs="0" nillable="true"/></xs:sequence>'
    '<xs:attribute name="no" type="xs:positiveInteger" use="required"/></xs:complexType>'
    '<xs:complexType name="Gift"><xs:complexContent><xs:extension base="Line"><xs:sequence>'
    '<xs:element name="card" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent>'
    "</xs:complexType>"
    '<xs:element name="root"><xs:complexType><xs:sequence>'
    '<xs:element name="id" type="xs:long"/><xs:element name="on" type="xs:date"/>'
    '<xs:element name="at" type="xs:dateTime"/>'
    '<xs:choice><xs:element name="iban" type="xs:string"/><xs:sequence>'
    '<xs:element name="card" type="xs:string"/>'
    '<xs:element name="cvc" type="xs:int" minOccurs="0"/></xs:sequence></xs:choice>'
    '<xs:choice minOccurs="0" maxOccurs="unbounded"><xs:element name="tag" type="xs:string"/>'
    '<xs:element name="n" type="xs:double"/></xs:choice>'
    '<xs:element name="line" type="Line" maxOccurs="unbounded"/>'
    '<xs:element name="blob" type="xs:hexBinary" minOccurs="0"/><xs:element name="flags" minOccurs="0">'
    '<xs:simpleType><xs:list itemType="xs:boolean"/></xs:simpleType></xs:element>'
    "</xs:sequence></xs:complexType></xs:element>"
)

# Every character that XML 1.0 carries: no controls but tab and line ends, no surrogates, no U+FFFE, U+FFFF.
XML_TEXT = st.text(
    st.characters(
        exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n\r"
    )
)
MONEY = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["INF", "-INF", "NaN"])
LINE = st.fixed_dictionaries(
    {
        "@no": st.integers(1, 10**30),
        "sku": st.from_regex(r"[A-Z]{1,4}-[0-9]{1,6}", fullmatch=True),
        "price": MONEY,
    },
    optional={"note": st.none() | XML_TEXT},
)
GIFT = st.tuples(LINE, XML_TEXT).map(lambda pair: {**pair[0], "@type": f"{{{NS}}}Gift", "card": pair[1]})
PAYMENT = st.fixed_dictionaries({"iban": XML_TEXT}) | st.fixed_dictionaries(
    {"card": XML_TEXT}, optional={"cvc": st.integers(0, 999)}
)
ITEM = st.fixed_dictionaries({"tag": XML_TEXT}) | st.fixed_dictionaries({"n": DOUBLES})
REST = st.fixed_dictionaries(
    {
        "id": st.integers(-(2**63), 2**63 - 1),
        "on": st.dates().map(lambda day: day.isoformat()),
        "at": st.datetimes().map(lambda moment: moment.isoformat()),
        "line": st.lists(LINE | GIFT, min_size=1, max_size=4),
    },
    optional={
        "#choice": st.lists(ITEM, min_size=1, max_size=5),
        "blob": st.sampled_from(["", "AA==", "AAEC/w=="]),
        "flags": st.lists(st.booleans()),
    },
)
ORDERS = st.tuples(REST, PAYMENT).map(lambda pair: {**pair[0], **pair[1]})


@law(ORDERS, quick=50, long=1500)
def test_order_comes_back_equal(order: dict[str, JsonValue]) -> None:
    assert again(ORDER, order) == order


NUMBERS = codec(
    '<xs:element name="root"><xs:simpleType><xs:list itemType="xs:decimal"/></xs:simpleType></xs:element>'
)


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**50), max_value=10**50)))
@settings(deadline=None)
def test_every_digit_of_a_decimal_comes_back(numbers: list[Decimal]) -> None:
    if any(len(f"{number:f}") > 400 or abs(number.adjusted()) > 400 for number in numbers):
        # The only way out: more digits than the gateway's JSON rules carry.
        with pytest.raises(MappingError):
            NUMBERS.encode([*numbers])
        return
    back = again(NUMBERS, [*numbers])
    assert back == numbers
    assert isinstance(back, list)
    exponents = [Decimal(str(number)).as_tuple().exponent for number in numbers]
    written_exponents = [Decimal(str(number)).as_tuple().exponent for number in back]
    assert [min(int(exponent), 0) for exponent in exponents] == written_exponents


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_rubbish_is_refused_not_crashed_on(data: bytes) -> None:
    try:
        ORDER.decode(parse_xml(data, max_bytes=1000))
    except MappingError:
        return
    raise AssertionError("rubbish was accepted")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "on", "at", "line", "#choice", "@no", "x", "iban", "card"]) | st.text(),
            inner,
            max_size=5,
        )
    ),
    max_leaves=10,
)


@law(
    ORDERS,
    st.sampled_from(["id", "on", "at", "line", "#choice", "iban", "blob", "flags", "x"]),
    JSON,
    quick=60,
    long=1500,
)
def test_any_json_is_carried_or_refused(order: dict[str, JsonValue], member: str, value: JsonValue) -> None:
    changed = {**order, member: value}
    try:
        element = ORDER.encode(changed)
    except MappingError:
        return
    back = ORDER.decode(element)
    assert back == {key: item for key, item in changed.items() if item != [] or key == "flags"}
