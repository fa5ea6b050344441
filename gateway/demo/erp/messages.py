"""SOAP 1.1 envelopes and faults, checked against the contract's schema in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

NAMESPACE = "http://erp.example.com/orders/v1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE_12 = "http://www.w3.org/2003/05/soap-envelope"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def make(name: str, *content: str | etree._Element, **attributes: str) -> etree._Element:
    """An element of the contract's namespace with text or children, and attributes."""
    return _element(f"{{{NAMESPACE}}}{name}", {None: NAMESPACE}, *content, **attributes)


def nil(name: str) -> etree._Element:
    """An element that says it has no value."""
    return etree.Element(f"{{{NAMESPACE}}}{name}", {f"{{{_INSTANCE}}}nil": "true"}, {"xsi": _INSTANCE})


def _soap(name: str, *content: etree._Element) -> etree._Element:
    return _element(f"{{{ENVELOPE}}}{name}", {"soap": ENVELOPE}, *content)


def _element(
    tag: str,
    prefixes: Mapping[Any, str] | None,
    *content: str | etree._Element,
    **attributes: str,
) -> etree._Element:
    element = etree.Element(tag, attributes, prefixes)
    for item in content:
        if isinstance(item, str):
            element.text = item
        else:
            element.append(item)
    return element


class SoapFault(Exception):
    """A negative answer: SOAP 1.1 fault code, reason, and the declared detail element if there is one."""

    def __init__(self, code: str, reason: str, detail: etree._Element | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.detail = detail

    def envelope(self) -> bytes:
        """The fault as a whole message. Source: SOAP 1.1, section 4.4."""
        fault = _soap("Fault")
        fault.append(_element("faultcode", None, f"soap:{self.code}"))
        fault.append(_element("faultstring", None, self.reason))
        if self.detail is not None:
            fault.append(_element("detail", None, self.detail))
        return _serialised(fault)


class Contract:
    """The schema of all messages."""

    def __init__(self, schema: Path) -> None:
        self._schema = etree.XMLSchema(etree.parse(schema))

    def read_request(self, data: bytes) -> etree._Element:
        """The valid element in the body of a request. Raises SoapFault."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise SoapFault("Client", f"not well-formed: {error.msg}") from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise SoapFault("Client", "a document type declaration is not allowed in SOAP")
        if root.tag == f"{{{_ENVELOPE_12}}}Envelope":
            raise SoapFault("VersionMismatch", "this service speaks SOAP 1.1")
        if root.tag != f"{{{ENVELOPE}}}Envelope":
            raise SoapFault("VersionMismatch", "the root element is not a SOAP 1.1 envelope")
        for header in root.iterfind(f"{{{ENVELOPE}}}Header/*"):
            if header.get(f"{{{ENVELOPE}}}mustUnderstand") in ("1", "true"):
                raise SoapFault("MustUnderstand", f"header {header.tag} is not understood")
        bodies = root.findall(f"{{{ENVELOPE}}}Body")
        if len(bodies) != 1 or len(bodies[0]) != 1:
            raise SoapFault("Client", "exactly one element is expected in exactly one body")
        element = bodies[0][0]
        try:
            self._schema.assertValid(element)
        except etree.DocumentInvalid as error:
            raise SoapFault("Client", f"the request is not valid: {error}") from None
        return element

    def write_reply(self, element: etree._Element) -> bytes:
        """The reply as a whole message. Raises SoapFault when the ERP would break its own contract."""
        try:
            self._schema.assertValid(element)
        except etree.DocumentInvalid as error:
            raise SoapFault("Server", f"the reply would not be valid: {error}") from None
        return _serialised(element)


def _serialised(element: etree._Element) -> bytes:
    envelope = _soap("Envelope", _soap("Body", element))
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
