"""SOAP 1.1 services described by WSDL 1.1, over HTTP."""

from adapters.contract import Capability
from adapters.registry import AdapterType
from adapters.soap.adapter import SoapAdapter
from adapters.soap.config import SoapSettings

__all__ = ["ADAPTER", "SoapAdapter", "SoapSettings"]

ADAPTER = AdapterType(
    name="soap",
    title="SOAP 1.1 service (WSDL 1.1)",
    settings=SoapSettings,
    create=SoapAdapter,
    capabilities=frozenset({Capability.DESCRIBED_BY_SETTINGS, Capability.VALUES, Capability.AUTHENTICATES}),
)
