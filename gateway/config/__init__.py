"""The configuration: a folder of YAML files, read into typed models, or into a list of everything wrong.

A name is imported when it is first used: who only reads mappings does not wait for the gateway's settings.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.config.configuration import Configuration, Flow, Method, Route, SystemConfig
    from gateway.config.flow_checks import walk
    from gateway.config.flows import (
        CallStep,
        ChooseStep,
        FilterStep,
        FlowSettings,
        MapStep,
        OtherwiseBranch,
        PostSource,
        RetrySettings,
        ScheduleSource,
        Step,
        WhenBranch,
    )
    from gateway.config.loading import (
        GATEWAY_FILE,
        RESERVED_SYSTEMS,
        Examined,
        examine,
        load,
        load_gateway,
        system_names,
    )
    from gateway.config.mapping_files import Mappings, load_mappings
    from gateway.config.origin import Origin
    from gateway.config.problems import ConfigurationError, KeyPath, Problem
    from gateway.config.routes import PathSettings, RouteSettings
    from gateway.config.settings import GatewaySettings, TlsSettings, checked_listen

__all__ = [
    "GATEWAY_FILE",
    "RESERVED_SYSTEMS",
    "CallStep",
    "ChooseStep",
    "Configuration",
    "ConfigurationError",
    "Examined",
    "FilterStep",
    "Flow",
    "FlowSettings",
    "GatewaySettings",
    "KeyPath",
    "MapStep",
    "Mappings",
    "Method",
    "Origin",
    "OtherwiseBranch",
    "PathSettings",
    "PostSource",
    "Problem",
    "RetrySettings",
    "Route",
    "RouteSettings",
    "ScheduleSource",
    "Step",
    "SystemConfig",
    "TlsSettings",
    "WhenBranch",
    "checked_listen",
    "examine",
    "load",
    "load_gateway",
    "load_mappings",
    "system_names",
    "walk",
]

_NAMES = {
    "configuration": "Configuration Flow Method Route SystemConfig",
    "flow_checks": "walk",
    "flows": "CallStep ChooseStep FilterStep FlowSettings MapStep OtherwiseBranch "
    "PostSource RetrySettings ScheduleSource Step WhenBranch",
    "loading": "GATEWAY_FILE RESERVED_SYSTEMS Examined examine load load_gateway system_names",
    "mapping_files": "Mappings load_mappings",
    "origin": "Origin",
    "problems": "ConfigurationError KeyPath Problem",
    "routes": "PathSettings RouteSettings",
    "settings": "GatewaySettings TlsSettings checked_listen",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:  # type checkers would take any name for one of this package

    def __getattr__(name: str) -> object:
        """A public name, out of its module. Raises: AttributeError."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
