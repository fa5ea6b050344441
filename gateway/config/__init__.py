"""The configuration: a folder of YAML files, read into typed models, or into a list of everything wrong."""

from gateway.config.configuration import Configuration, Method, Route, SystemConfig
from gateway.config.loading import (
    GATEWAY_FILE,
    RESERVED_SYSTEMS,
    Examined,
    examine,
    load,
    load_gateway,
    system_names,
)
from gateway.config.origin import Origin
from gateway.config.problems import ConfigurationError, KeyPath, Problem
from gateway.config.routes import PathSettings, RouteSettings
from gateway.config.settings import GatewaySettings, TlsSettings

__all__ = [
    "GATEWAY_FILE",
    "RESERVED_SYSTEMS",
    "Configuration",
    "ConfigurationError",
    "Examined",
    "GatewaySettings",
    "KeyPath",
    "Method",
    "Origin",
    "PathSettings",
    "Problem",
    "Route",
    "RouteSettings",
    "SystemConfig",
    "TlsSettings",
    "examine",
    "load",
    "load_gateway",
    "system_names",
]
