"""A configuration that has been read and found good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from adapters.registry import AdapterType
from adapters.settings import SystemSettings
from gateway.config.flows import FlowSettings
from gateway.config.origin import Origin
from gateway.config.problems import Problem
from gateway.config.settings import GatewaySettings
from mappings.contract import Format
from mappings.formats import FormatDefinition
from mappings.transform import TransformDefinition

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class SystemConfig:
    """One configured system. `origin` is its place in the file, for what is found out later."""

    name: str
    type: AdapterType
    settings: SystemSettings
    origin: Origin


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path of `routes/`. `path` is below /api and starts with `/`.

    `call` is `system.operation`. `parameters` says where each of the operation's parameters comes from:
    `path.NAME`, `query.NAME`, `body` or `body.NAME`. `faults` gives HTTP statuses to the peer's codes.
    """

    path: str
    method: Method
    call: str
    parameters: Mapping[str, str]
    faults: Mapping[str, int]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Flow:
    """One configured flow."""

    name: str
    settings: FlowSettings
    origin: Origin


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the folder says. `directory` is absolute; `formats` holds the configured formats by name and
    `definitions` what they were made from; `transforms` holds the other mappings; `mapping_origins` are the
    places of both in their files.

    `warnings` lists the settings that relax a safe default.
    """

    directory: Path
    gateway: GatewaySettings
    systems: Mapping[str, SystemConfig]
    formats: Mapping[str, Format]
    routes: tuple[Route, ...]
    warnings: tuple[Problem, ...]
    definitions: Mapping[str, FormatDefinition] = field(default_factory=dict)
    transforms: Mapping[str, TransformDefinition] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    mapping_origins: Mapping[str, Origin] = field(default_factory=dict)
