"""The contract of one configured system: which port of its WSDL is called, where, and what it offers."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from adapters.contract import AdapterContext, MissingOperation
from adapters.settings import SettingsError
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

        Raises: SettingsError.
        """
        try:
            pinned = documents.load(settings.wsdl, context.base_dir)
        except ValueError as error:
            raise SettingsError(str(error), ("wsdl",)) from error
        contract = wsdl.read(pinned.definitions)
        port = choose_port(contract.ports, settings.service, settings.port)
        schemas = read_schemas(pinned.schemas)
        codecs = schemas.tolerant() if settings.contract == "tolerant" else schemas
        catalogue = compile_port(port, codecs, safe=settings.safe, idempotent=settings.idempotent)
        known = [*catalogue.operations, *(missing.name for missing in catalogue.missing)]
        _check_names({"safe": settings.safe, "idempotent": settings.idempotent}, known)
        return cls(
            endpoint=settings.endpoint or _address(port),
            operations=catalogue.operations,
            missing=catalogue.missing,
            repairs=(*pinned.repairs, *contract.repairs, *schemas.repairs),
            problems=(*pinned.problems, *schemas.problems),
        )


def choose_port(ports: Sequence[wsdl.Port], service: str | None, name: str | None) -> wsdl.Port:
    """The port to call: the one the settings name, else the only one for SOAP 1.1, else the only one.

    Raises: SettingsError naming the choices.
    """
    if not ports:
        raise SettingsError("the WSDL describes no port with a SOAP or HTTP binding", ("wsdl",))
    chosen = [port for port in ports if service in (None, port.service) and name in (None, port.name)]
    if not chosen:
        wanted = ", ".join(
            f"{key} {json.dumps(value)}" for key, value in (("service", service), ("port", name)) if value
        )
        key = "port" if name else "service"
        raise SettingsError(f"the WSDL has no {wanted}; it has {_list(ports)}", (key,))
    # Servers offer the same operations over SOAP 1.2 and plain HTTP beside SOAP 1.1 (.NET does by default).
    best = [port for port in chosen if port.protocol == "soap 1.1"] or chosen
    bindings = {(port.binding, port.address) for port in best}
    if len(bindings) > 1:
        reason = f"the WSDL has several ports, say which by service and port: {_list(best)}"
        raise SettingsError(reason, ("wsdl",))
    return best[0]


def _list(ports: Sequence[wsdl.Port]) -> str:
    names = [f"service {json.dumps(p.service)} port {json.dumps(p.name)} ({p.protocol})" for p in ports]
    return "; ".join(names[:10]) + ("; …" if len(names) > 10 else "")


def _address(port: wsdl.Port) -> str:
    if not port.address:
        raise SettingsError("the WSDL has no address; set endpoint", ("endpoint",))
    try:
        return _URL.validate_python(port.address)
    except ValidationError as error:
        reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        shown = json.dumps(port.address[:200])
        raise SettingsError(f"the WSDL's address {shown} {reason}; set endpoint", ("endpoint",)) from None


def _check_names(named: Mapping[str, Sequence[str]], known: Sequence[str]) -> None:
    """Raises: SettingsError for names of operations that the contract does not have."""
    unknown = [
        SettingsError(_unknown(name, known), (key, index))
        for key, names in named.items()
        for index, name in enumerate(names)
        if name not in known
    ]
    if unknown:
        raise SettingsError(str(unknown[0]), unknown[0].key, unknown[1:])


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(json.dumps(n) for n in near)}?" if near else ""
    return f"the contract has no operation {json.dumps(name)}{hint}"
