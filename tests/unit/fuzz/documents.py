"""EDI, segments and XML: definitions, and data that they read."""

from __future__ import annotations

from typing import Any

from tests.unit.fuzz.flat_files import defined
from tests.unit.mappings.hl7 import samples as hl7
from tests.unit.mappings.x12 import samples as x12

_SCHEMA = """\
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop" xmlns="urn:shop"
           elementFormDefault="qualified">
  <xs:element name="orders"><xs:complexType><xs:sequence>
    <xs:element name="order" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="sku" type="xs:string"/>
      <xs:element name="price" type="xs:decimal" minOccurs="0"/>
      <xs:element name="on" type="xs:date" minOccurs="0" nillable="true"/>
    </xs:sequence><xs:attribute name="id" type="xs:int" use="required"/></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>
"""
ORDERS = defined(
    format="xml", schema=[{"location": "shop.xsd", "content": _SCHEMA}], root="orders", record="order"
)
ORDERS_DATA = (
    b'<?xml version="1.0" encoding="UTF-8"?><orders xmlns="urn:shop"><order id="1"><sku>A &amp; B</sku>'
    b'<price>1.50</price></order><order id="2"><sku/><on>2026-11-23</on></order></orders>'
)
_NAD = {
    "segment": "NAD",
    "name": "by",
    "match": {"at": 1, "value": "BY"},
    "elements": [{"type": "an..3"}, {}],
}
_LIN: dict[str, Any] = {
    "segment": "LIN",
    "min": 1,
    "elements": [{"type": "n..6"}, {"components": [{"type": "an..9", "required": True}, {"codes": ["EN"]}]}],
}
_EDIFACT: dict[str, Any] = {
    "message": "ORDERS",
    "acknowledge": {"when": "always"},
    "content": [
        {"segment": "BGM", "min": 1},
        _NAD,
        {**_NAD, "name": "su", "match": {"at": 1, "value": "SU"}},
        {
            "loop": "SG25",
            "max": 3,
            "content": [_LIN, {"segment": "FTX", "max": 9, "elements": [{"repeat": 2}]}],
        },
    ],
}
MESSAGES = defined(format="edifact", **_EDIFACT)
MESSAGE_LINES = defined(format="edifact", **_EDIFACT, record="SG25", lenient=["too_long", "envelope"])
SEGMENTS = defined(
    format="segments",
    delimiters={"segment": "\n", "component": ":", "subcomponent": "&", "release": "?", "separators": "all"},
    content=[
        {"segment": "A", "min": 1, "elements": [{"components": [{"components": [{}, {}]}, {}]}, {}]},
        _LIN,
    ],
)
INTERCHANGE = (
    b"UNA:+.?*'\r\nUNB+UNOC:4+A:14+B+20261123:1015+1'UNG+ORDERS+A+B+261123:1015+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1'"
    b"NAD+BY+x?'y'LIN+1+471:EN'FTX+a*b'LIN+2'UNT+7+1'UNE+1+1'UNZ+1+1'\nUNB+UNOA:1+A+B+261123:1015+2'UNZ+0+2'"
)
ORDERS_X12 = (x12.GOLDEN / "purchase-order.edi").read_bytes()
CLAIMS_X12 = (x12.GOLDEN / "claims.edi").read_bytes()
RESULTS_HL7 = (hl7.GOLDEN / "results.hl7").read_bytes()
