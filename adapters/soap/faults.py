"""SOAP faults as `PeerRejected`: the peer's own code, text, actor and detail, kept as they are.

Source: SOAP 1.1 §4.4; WS-I Basic Profile 1.1 §3.3 (dotted codes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from adapters.contract import JsonValue
from adapters.errors import Blame, PeerRejected
from adapters.soap.envelope import SOAP11
from mappings.contract import MappingError
from mappings.xml import ElementCodec

MAX_DETAIL_CHARACTERS = 64 * 1024
MAX_TEXT_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class DeclaredFault:
    """A fault of the contract: its name, and the codec of the element in its detail."""

    name: str
    codec: ElementCodec


def rejection(
    system: str, operation: str, fault: etree._Element, declared: Mapping[str, DeclaredFault]
) -> PeerRejected:
    """What to raise for a fault. `declared` is by the qualified name of the detail's element.

    The parts of a fault have no namespace; peers that give them one are understood (they are found by local
    name). A declared fault's detail that does not fit its schema is kept as XML text, like an undeclared one.
    """
    parts: dict[str, etree._Element] = {}
    for child in fault.iterchildren(etree.Element):
        parts.setdefault(etree.QName(child).localname, child)
    if "faultcode" not in parts and "Code" in parts:
        # SOAP 1.2's parts in a SOAP 1.1 envelope: npm soap 1.13 reports its own failures so.
        code, namespace = _code(_descendant(parts["Code"], "Value"))
        reason, actor = _text(_descendant(parts.get("Reason"), "Text")), parts.get("Role")
    else:
        code, namespace = _code(parts.get("faultcode"))
        reason, actor = _text(parts.get("faultstring")), parts.get("faultactor")
    extra: dict[str, JsonValue] = {}
    if namespace not in (None, SOAP11):
        extra["code_namespace"] = namespace
    if actor is not None:
        extra["actor"] = _text(actor)
    name, detail = _detail(parts.get("detail", parts.get("Detail")), declared, extra)
    return PeerRejected(
        f"{system}: {operation} was answered with a fault: {reason or code}",
        code=code,
        blame=Blame.CALLER if name is not None or _blames_caller(code) else Blame.PEER,
        fault=name,
        detail=detail,
        extra={"reason": reason, **extra},
    )


def _code(element: etree._Element | None) -> tuple[str, str | None]:
    """The local name of the fault code, dots and all, and the namespace of its prefix."""
    text = _text(element)
    if element is None or not text:
        return "(none)", None
    prefix, colon, local = text.rpartition(":")
    if not colon:
        return text, None
    namespace = element.nsmap.get(prefix)
    # A prefix that is not declared, or a URL as code: not a qualified name, so nothing is cut off.
    return (local, namespace) if namespace is not None and local else (text, None)


def _descendant(element: etree._Element | None, local: str) -> etree._Element | None:
    if element is None:
        return None
    return next(element.iterdescendants("{*}" + local), None)


def _blames_caller(code: str) -> bool:
    return code.partition(".")[0].lower() in ("client", "sender")


def _detail(
    element: etree._Element | None, declared: Mapping[str, DeclaredFault], extra: dict[str, JsonValue]
) -> tuple[str | None, JsonValue]:
    """The declared fault's name with its typed detail, or None with the detail's XML text (None if empty)."""
    if element is None:
        return None, None
    children = list(element.iterchildren(etree.Element))
    for child in children:
        fault = declared.get(str(child.tag))
        if fault is None:
            continue
        try:
            return fault.name, fault.codec.decode(child)
        except MappingError as error:
            extra["detail_error"] = f"the detail is not as the contract's fault {fault.name} says: {error}"
            break
    if not children:
        return None, _text(element) or None
    text = ""
    for child in children:
        text += etree.tostring(child, encoding="unicode", with_tail=False)
        if len(text) > MAX_DETAIL_CHARACTERS:
            break  # each child repeats the namespaces around it: all of them could be far more than the reply
    if len(text) > MAX_DETAIL_CHARACTERS:
        text = text[:MAX_DETAIL_CHARACTERS]
        extra["detail_is_cut"] = True
    return None, text


def _text(element: etree._Element | None) -> str:
    if element is None:
        return ""
    return "".join(str(text) for text in element.itertext()).strip()[:MAX_TEXT_CHARACTERS]
