"""What a WSDL 1.1 says: services, ports, bindings, operations, messages and parts, as plain data.

Read straight from the XML and resolved operation by operation: a reference that leads nowhere spoils the
operation that makes it and no other. References are by qualified name; where that finds nothing and exactly
one definition has the local name, it is used and the repair reported (contracts written by hand often forget
a prefix).

Source: WSDL 1.1 (W3C Note, 15 March 2001) §2 and §3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from adapters.soap.documents import WSDL, Definitions

SOAP11_BINDING = "http://schemas.xmlsoap.org/wsdl/soap/"
SOAP12_BINDING = "http://schemas.xmlsoap.org/wsdl/soap12/"
HTTP_TRANSPORT = "http://schemas.xmlsoap.org/soap/http"
_MIME_BINDING = "http://schemas.xmlsoap.org/wsdl/mime/"
_HTTP_BINDING = "http://schemas.xmlsoap.org/wsdl/http/"

Protocol = Literal["soap 1.1", "soap 1.2", "http"]


class BrokenReference(ValueError):
    """A name in the WSDL that leads nowhere, or a construct that makes no sense."""


@dataclass(frozen=True, slots=True)
class Part:
    """A message part. Exactly one of `element` and `type` is set, in Clark notation (`{ns}local`)."""

    name: str
    element: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class BoundMessage:
    """What a message looks like on the wire: the parts in the body, those in headers, and how they are
    encoded (`use`: literal or encoded)."""

    body: tuple[Part, ...]
    headers: tuple[Part, ...]
    use: str


@dataclass(frozen=True, slots=True)
class BoundFault:
    """A declared fault: its name and the one part of its message."""

    name: str
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundOperation:
    """An operation as a binding puts it on the wire. `output` is None for a one-way operation."""

    name: str
    style: str
    action: str
    input: BoundMessage
    output: BoundMessage | None
    faults: tuple[BoundFault, ...]
    documentation: str


@dataclass(frozen=True, slots=True)
class BrokenOperation:
    """An operation that the WSDL names and does not describe soundly, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One place to call: a binding at an address. `service` and `name` are empty where the WSDL has a
    binding and no service; `address` may be empty then too."""

    service: str
    name: str
    address: str
    protocol: Protocol
    binding: str
    operations: tuple[BoundOperation | BrokenOperation, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """All ports of a WSDL, and what was read otherwise than written."""

    ports: tuple[Port, ...]
    repairs: tuple[str, ...]


def read(definitions: Sequence[Definitions]) -> Contract:
    """Read the ports that the documents of one WSDL describe, in the order of the file.

    Never raises for the content: what is broken becomes a `BrokenOperation` or is left out with a repair.
    """
    reader = _Reader(definitions)
    ports = tuple(reader.ports()) or tuple(reader.bindings_without_service())
    return Contract(ports, tuple(dict.fromkeys(reader.repairs)))


@dataclass(slots=True)
class _Index:
    """The named top-level elements of one kind, by qualified name and by local name."""

    kind: str
    by_name: dict[str, etree._Element] = field(default_factory=dict)
    by_local: dict[str, list[etree._Element]] = field(default_factory=dict)


class _Reader:
    def __init__(self, definitions: Sequence[Definitions]) -> None:
        self.repairs: list[str] = []
        self._definitions = definitions
        self._indexes = {kind: _Index(kind) for kind in ("binding", "portType", "message")}
        for document in definitions:
            namespace = document.root.get("targetNamespace", "")
            for kind, index in self._indexes.items():
                for element in document.root.iterchildren(f"{{{WSDL}}}{kind}"):
                    name = element.get("name", "")
                    index.by_name.setdefault(_clark(namespace, name), element)
                    index.by_local.setdefault(name, []).append(element)

    # --- services, ports, bindings -----------------------------------------------------------------

    def ports(self) -> Iterator[Port]:
        for document in self._definitions:
            for service in document.root.iterchildren(f"{{{WSDL}}}service"):
                for port in service.iterchildren(f"{{{WSDL}}}port"):
                    try:
                        binding = self._refer("binding", port, port.get("binding", ""))
                    except BrokenReference as error:
                        self.repairs.append(f"port {port.get('name')} left out: {error}")
                        continue
                    yield from self._port(binding, service.get("name", ""), port)

    def bindings_without_service(self) -> Iterator[Port]:
        for binding in self._indexes["binding"].by_name.values():
            yield from self._port(binding, "", None)

    def _port(self, binding: etree._Element, service: str, port: etree._Element | None) -> Iterator[Port]:
        protocol, extension = _protocol(binding)
        if protocol is None:
            return
        address = _address(port)
        yield Port(
            service=service,
            name=port.get("name", "") if port is not None else "",
            address=address,
            protocol=protocol,
            binding=binding.get("name", ""),
            operations=tuple(self._operations(binding, extension)),
        )

    # --- operations --------------------------------------------------------------------------------

    def _operations(
        self, binding: etree._Element, extension: etree._Element
    ) -> Iterator[BoundOperation | BrokenOperation]:
        try:
            port_type = self._refer("portType", binding, binding.get("type", ""))
        except BrokenReference as error:
            for bound in binding.iterchildren(f"{{{WSDL}}}operation"):
                yield BrokenOperation(bound.get("name", ""), str(error))
            return
        abstract: dict[str, list[etree._Element]] = {}
        for element in port_type.iterchildren(f"{{{WSDL}}}operation"):
            abstract.setdefault(element.get("name", ""), []).append(element)
        seen: set[str] = set()
        for bound in binding.iterchildren(f"{{{WSDL}}}operation"):
            name = bound.get("name", "")
            candidates = abstract.pop(name, [])
            if name in seen or len(candidates) > 1:
                yield BrokenOperation(name, "the operation is overloaded: several have this name")
            elif not candidates:
                yield BrokenOperation(name, "the portType has no operation of this name")
            else:
                yield self._operation(bound, candidates[0], extension)
            seen.add(name)
        for name in abstract:
            yield BrokenOperation(name, f"the binding {binding.get('name')} leaves it out")

    def _operation(
        self, bound: etree._Element, abstract: etree._Element, extension: etree._Element
    ) -> BoundOperation | BrokenOperation:
        name = bound.get("name", "")
        try:
            if abstract.find(f"{{{WSDL}}}input") is None:
                raise BrokenReference("it has no input: the server would call the client")
            own = _extension_child(bound, "operation")
            action = own.get("soapAction", "") if own is not None else ""
            if not action.isascii() or not action.isprintable() or '"' in action:
                raise BrokenReference("its soapAction cannot be an HTTP header")
            style = (own.get("style") if own is not None else None) or extension.get("style") or "document"
            return BoundOperation(
                name=name,
                style=style,
                action=action,
                input=self._message(bound, abstract, "input"),
                output=(
                    self._message(bound, abstract, "output")
                    if abstract.find(f"{{{WSDL}}}output") is not None
                    else None
                ),
                faults=tuple(self._faults(name, abstract)),
                documentation=_documentation(abstract) or _documentation(bound),
            )
        except BrokenReference as error:
            return BrokenOperation(name, str(error))

    def _message(
        self, bound: etree._Element, abstract: etree._Element, direction: Literal["input", "output"]
    ) -> BoundMessage:
        declared = abstract.find(f"{{{WSDL}}}{direction}")
        assert declared is not None
        parts = self._parts(declared)
        wire = bound.find(f"{{{WSDL}}}{direction}")
        if wire is not None and wire.find(f"{{{_MIME_BINDING}}}multipartRelated") is not None:
            raise BrokenReference(f"its {direction} is a MIME multipart message (attachments)")
        body = _extension_child(wire, "body") if wire is not None else None
        header_elements = list(_extension_children(wire, "header")) if wire is not None else []
        headers = tuple(self._header_parts(bound.get("name", ""), header_elements))
        # Parts sent as headers of the same message are not in the body, unless `parts` says so.
        in_headers = {
            element.get("part")
            for element in header_elements
            if element.get("message", "").rpartition(":")[2] == declared.get("message", "").rpartition(":")[2]
        }
        chosen = body.get("parts") if body is not None else None
        names = chosen.split() if chosen is not None else [n for n in parts if n not in in_headers]
        unknown = [part for part in names if part not in parts]
        if unknown and len(parts) == 1:
            names = list(parts)
            text = f"operation {bound.get('name')}: its {direction} has no part {unknown[0]!r}"
            self.repairs.append(f"{text}; the only part, {names[0]!r}, was taken")
        elif unknown:
            raise BrokenReference(f"its {direction} message has no part {unknown[0]!r}")
        use = (body.get("use") if body is not None else None) or "literal"
        return BoundMessage(tuple(parts[part] for part in names), headers, use)

    def _header_parts(self, operation: str, elements: Sequence[etree._Element]) -> Iterator[Part]:
        """The declared headers. A broken one is left out: headers are optional here."""
        for element in elements:
            try:
                part = self._parts(element).get(element.get("part", ""))
            except BrokenReference as error:
                self.repairs.append(f"operation {operation}: a header left out: {error}")
                continue
            if part is None:
                text = f"its message has no part {element.get('part')!r}"
                self.repairs.append(f"operation {operation}: a header left out: {text}")
            else:
                yield part

    def _faults(self, operation: str, abstract: etree._Element) -> Iterator[BoundFault]:
        """The declared faults that can be made sense of. A broken one only loses its typed detail."""
        for fault in abstract.iterchildren(f"{{{WSDL}}}fault"):
            name = fault.get("name", "")
            try:
                parts = list(self._parts(fault).values())
            except BrokenReference as error:
                self.repairs.append(f"operation {operation}: fault {name} left untyped: {error}")
                continue
            if len(parts) == 1:
                yield BoundFault(name, parts[0])

    def _parts(self, reference: etree._Element) -> dict[str, Part]:
        message = self._refer("message", reference, reference.get("message", ""))
        parts: dict[str, Part] = {}
        for element in message.iterchildren(f"{{{WSDL}}}part"):
            name = element.get("name", "")
            parts[name] = Part(
                name, _reference(element, element.get("element")), _reference(element, element.get("type"))
            )
        return parts

    # --- references --------------------------------------------------------------------------------

    def _refer(self, kind: str, source: etree._Element, name: str) -> etree._Element:
        index = self._indexes[kind]
        found = index.by_name.get(_reference(source, name) or "")
        if found is not None:
            return found
        local = name.rpartition(":")[2]
        candidates = index.by_local.get(local, [])
        if len(candidates) != 1:
            reason = "there is none" if not candidates else f"there are {len(candidates)} in other namespaces"
            raise BrokenReference(f"it refers to the {kind} {name!r}, and {reason}")
        self.repairs.append(f"{kind} {name!r}: found by its local name alone, the namespace is wrong")
        return candidates[0]


def _clark(namespace: str, local: str) -> str:
    return f"{{{namespace}}}{local}" if namespace else local


def _reference(element: etree._Element, name: str | None) -> str | None:
    """A prefixed name of an attribute's value, in Clark notation by the prefixes in scope."""
    if not name:
        return None
    prefix, _, local = name.strip().rpartition(":")
    return _clark(element.nsmap.get(prefix or None) or "", local)


def _protocol(binding: etree._Element) -> tuple[Protocol | None, etree._Element]:
    by_namespace: dict[str, Protocol] = {
        SOAP11_BINDING: "soap 1.1",
        SOAP12_BINDING: "soap 1.2",
        _HTTP_BINDING: "http",
    }
    for namespace, protocol in by_namespace.items():
        extension = binding.find(f"{{{namespace}}}binding")
        if extension is not None:
            return protocol, extension
    return None, binding


def _address(port: etree._Element | None) -> str:
    extension = _extension_child(port, "address") if port is not None else None
    return extension.get("location", "").strip() if extension is not None else ""


def _extension_child(parent: etree._Element, local: str) -> etree._Element | None:
    return next(_extension_children(parent, local), None)


def _extension_children(parent: etree._Element, local: str) -> Iterator[etree._Element]:
    return parent.iterchildren(f"{{{SOAP11_BINDING}}}{local}", f"{{{SOAP12_BINDING}}}{local}")


def _documentation(element: etree._Element) -> str:
    found = element.find(f"{{{WSDL}}}documentation")
    if found is None:
        return ""
    return " ".join("".join(str(text) for text in found.itertext()).split())[:4000]
