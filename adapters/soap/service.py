"""The contract of one configured system: which port of its WSDL is called, where, and what it offers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from adapters.contract import AdapterContext, MissingOperation
from adapters.soap import documents, wsdl
from adapters.soap.config import HttpUrl, SoapSettings
from adapters.soap.operations import SoapOperation, compile_port
from mappings.xml import read_schemas

_URL: TypeAdapter[str] = TypeAdapter(HttpUrl)


@dataclass(frozen=True, slots=True)
class Service:
    """One port, compiled. `repairs` says what was read otherwise than written, `problems` what was left
    out."""

    endpoint: str
    operations: Mapping[str, SoapOperation]
    missing: tuple[MissingOperation, ...]
    repairs: tuple[str, ...]
    problems: tuple[str, ...]

    @classmethod
    def read(cls, settings: SoapSettings, context: AdapterContext) -> Service:
        """Read the pinned files and compile the operations of the port that the settings choose.

        Raises: ValueError with a message for the sysadmin.
        """
        pinned = documents.load(settings.wsdl, context.base_dir)
        contract = wsdl.read(pinned.definitions)
        port = choose_port(contract.ports, settings.service, settings.port)
        schemas = read_schemas(pinned.schemas)
        codecs = schemas.tolerant() if settings.contract == "tolerant" else schemas
        catalogue = compile_port(port, codecs, safe=settings.safe, idempotent=settings.idempotent)
        known = [*catalogue.operations, *(missing.name for missing in catalogue.missing)]
        _check_names("safe", settings.safe, known)
        _check_names("idempotent", settings.idempotent, known)
        return cls(
            endpoint=settings.endpoint or _address(port),
            operations=catalogue.operations,
            missing=catalogue.missing,
            repairs=(*pinned.repairs, *contract.repairs, *schemas.repairs),
            problems=(*pinned.problems, *schemas.problems),
        )


def choose_port(ports: Sequence[wsdl.Port], service: str | None, name: str | None) -> wsdl.Port:
    """The port to call: the one the settings name, else the only one for SOAP 1.1, else the only one.

    Raises: ValueError naming the choices.
    """
    if not ports:
        raise ValueError("wsdl: it describes no port with a SOAP or HTTP binding")
    chosen = [port for port in ports if service in (None, port.service) and name in (None, port.name)]
    if not chosen:
        wanted = ", ".join(
            f"{key} {json.dumps(value)}" for key, value in (("service", service), ("port", name)) if value
        )
        raise ValueError(f"wsdl: it has no {wanted}; it has {_list(ports)}")
    # Servers offer the same operations over SOAP 1.2 and plain HTTP beside SOAP 1.1 (.NET does by default).
    best = [port for port in chosen if port.protocol == "soap 1.1"] or chosen
    bindings = {(port.binding, port.address) for port in best}
    if len(bindings) > 1:
        raise ValueError(f"wsdl: it has several ports, say which by service and port: {_list(best)}")
    return best[0]


def _list(ports: Sequence[wsdl.Port]) -> str:
    names = [f"service {json.dumps(p.service)} port {json.dumps(p.name)} ({p.protocol})" for p in ports]
    return "; ".join(names[:10]) + ("; …" if len(names) > 10 else "")


def _address(port: wsdl.Port) -> str:
    if not port.address:
        raise ValueError("endpoint: the WSDL has no address; set endpoint")
    try:
        return _URL.validate_python(port.address)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        shown = json.dumps(port.address[:200])
        raise ValueError(f"endpoint: the WSDL's address {shown} {reason}; set endpoint") from None


def _check_names(key: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"; did you mean {' or '.join(json.dumps(n) for n in near)}?" if near else ""
            raise ValueError(f"{key}: the contract has no operation {json.dumps(name)}{hint}")
