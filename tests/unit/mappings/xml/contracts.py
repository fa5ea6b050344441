"""Building small schemas for the tests: declarations in one namespace become a model or a codec."""

from __future__ import annotations

import jsonschema_rs

from mappings.contract import JsonValue
from mappings.xml import ElementCodec, SchemaDocument, SchemaModel, parse_xml, read_schemas, serialize

NS = "urn:t"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


def schema(body: str, *, namespace: str = NS, attributes: str = 'elementFormDefault="qualified"') -> bytes:
    target = f'targetNamespace="{namespace}" xmlns="{namespace}"' if namespace else ""
    head = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {target} {attributes}>'
    return f"{head}{body}</xs:schema>".encode()


def model(body: str, **options: str) -> SchemaModel:
    found = read_schemas([SchemaDocument("t.xsd", schema(body, **options))])
    assert found.broken == {}
    return found


def codec(body: str, element: str = "root", **options: str) -> ElementCodec:
    """The codec of `element`; the body declares it, or is the inside of its complex type."""
    if "<xs:element name=" + f'"{element}"' not in body:
        body = f'<xs:element name="{element}"><xs:complexType>{body}</xs:complexType></xs:element>'
    return model(body, **options).element_codec(f"{{{NS}}}{element}")


def typed(kind: str, facets: str = "") -> ElementCodec:
    """The codec of an element with a built-in type, or a restriction of it."""
    if not facets:
        return codec(f'<xs:element name="root" type="{kind}"/>')
    inner = f'<xs:simpleType><xs:restriction base="{kind}">{facets}</xs:restriction></xs:simpleType>'
    return codec(f'<xs:element name="root">{inner}</xs:element>')


def decode(used: ElementCodec, text: str) -> JsonValue:
    """Decode the inside of `<root …>`; prefixes `t`, `xsi` and `xs` are declared, `t` is also the default."""
    if not text.startswith("<root"):
        text = f"<root>{text}</root>"
    spaces = f'xmlns="{NS}" xmlns:t="{NS}" xmlns:xsi="{XSI}" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    document = text.replace("<root", f"<root {spaces}", 1)
    return used.decode(parse_xml(document.encode(), max_bytes=1 << 20))


def written(used: ElementCodec, value: JsonValue) -> str:
    """The encoded element without its prefixes, as it would be written by hand."""
    text = serialize(used.encode(value), declaration=False).decode()
    for number in range(3):
        text = text.replace(f"<n{number}:", "<").replace(f"</n{number}:", "</")
        text = text.replace(f' xmlns:n{number}="{NS}"', "")
    return text.replace(f' xmlns:xsi="{XSI}"', "")


def again(used: ElementCodec, value: JsonValue) -> JsonValue:
    """The value after a journey through bytes; its JSON Schema must accept it."""
    assert accepts(used, value)
    return used.decode(parse_xml(serialize(used.encode(value)), max_bytes=1 << 20))


def accepts(used: ElementCodec, value: JsonValue) -> bool:
    """True when the codec's JSON Schema accepts the value."""
    return jsonschema_rs.Draft202012Validator(used.schema()).is_valid(value)
