"""The configuration: a folder of YAML files, read into typed models, or into a list of everything wrong."""

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
    Mappings,
    examine,
    load,
    load_gateway,
    load_mappings,
    system_names,
)
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
