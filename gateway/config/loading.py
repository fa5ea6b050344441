"""The configuration folder to a `Configuration`, or to everything that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import TypeAdapter

from adapters import registry
from gateway.config.configuration import Configuration, Flow, Method, Route, SystemConfig
from gateway.config.flow_checks import FlowChecks, systems_of, transforms_of
from gateway.config.flows import FlowSettings
from gateway.config.folder import NO_FILE, Folder
from gateway.config.mapping_files import MappingFiles
from gateway.config.origin import Origin
from gateway.config.problems import ConfigurationError, Problem, in_order
from gateway.config.references import References
from gateway.config.routes import (
    RESERVED_PREFIXES,
    PathSettings,
    RouteSettings,
    colliding,
    path_problem,
    routes_of,
    shape,
    source_problems,
    unknown_system,
)
from gateway.config.safety import relaxed, relaxed_fields
from gateway.config.settings import GatewaySettings
from gateway.config.suggest import listing, near_miss, suggestion
from gateway.config.validation import Validated, validate

T = TypeVar("T")

GATEWAY_FILE = "gateway.yaml"
RESERVED_SYSTEMS = tuple(sorted((*RESERVED_PREFIXES, "gateway")))
"""Names that paths and scopes use for the gateway itself."""

_GATEWAY = TypeAdapter(GatewaySettings)
_PATH = TypeAdapter(PathSettings)
_ROUTE = TypeAdapter(RouteSettings)
_FLOW = TypeAdapter(FlowSettings)


def load(directory: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Read and check a configuration folder. Needs no peer.

    Raises: ConfigurationError with every problem found.
    """
    examined = examine(directory, environ)
    if examined.usable is None or examined.problems:
        raise ConfigurationError(examined.problems)
    return examined.usable


class Examined(NamedTuple):
    """What a folder says and what is wrong with it.

    `usable`: where there are problems, what can still be checked by itself: the systems and routes that are
    good as far as they go. None where findings about it would be wrong or there is nothing.
    """

    usable: Configuration | None
    problems: tuple[Problem, ...]


def examine(
    directory: Path, environ: Mapping[str, str] = os.environ, *, listen: str | None = None
) -> Examined:
    """Read and check a configuration folder. Needs no peer. `listen` stands for that key of gateway.yaml."""
    loader = _Loader(directory, environ, listen)
    usable = loader.load()
    return Examined(usable, in_order(loader.problems))


def load_gateway(directory: Path, environ: Mapping[str, str] = os.environ) -> GatewaySettings:
    """Read `gateway.yaml` alone, for commands that need no systems.

    Raises: ConfigurationError.
    """
    loader = _Loader(directory, environ)
    settings = loader.gateway()
    if settings is None or loader.problems:
        raise ConfigurationError(loader.problems)
    return settings


def system_names(directory: Path) -> tuple[tuple[str, ...], bool]:
    """The names below `systems/`, whether or not the rest of the files is good; true when these are all,
    since every file could be read."""
    folder = Folder(directory)
    names = tuple(name for name, _ in folder.entries("systems"))
    return names, "systems" not in folder.unreadable


class _Loader:
    """Collects what the files say and what is wrong with them."""

    def __init__(self, directory: Path, environ: Mapping[str, str], listen: str | None = None) -> None:
        self._listen = listen
        self._folder = Folder(directory)
        self._shown = directory
        self._base_dir = directory.absolute()
        self._references = References(self._base_dir, environ)
        self.problems = self._folder.problems
        self._declared: list[str] = []
        self.warnings: list[Problem] = []
        self._mappings = MappingFiles(self._folder, self._references, self._base_dir)

    def load(self) -> Configuration | None:
        """The configuration; where there are problems, what is good of it (see `Examined`)."""
        gateway = self.gateway()
        if not self._base_dir.is_dir():
            return None
        systems = self._systems()
        self._mappings.read()
        routes = tuple(route for route in self._routes() if _system_of(route) in systems)
        flows = self._flows(systems)
        self._folder.tell_unread()
        if "mappings" in self._folder.unreadable:
            return None
        if gateway is None:
            # Whether routes collide with the automatic paths depends on `expose`, which is not known.
            gateway = GatewaySettings(state_dir=self._base_dir, expose="routes")
        warnings = in_order(self.warnings)
        good = self._mappings.good()
        return Configuration(
            self._base_dir,
            gateway,
            systems,
            good.formats,
            routes,
            warnings,
            good.definitions,
            good.transforms,
            flows,
            good.origins,
        )

    def gateway(self) -> GatewaySettings | None:
        """The settings of `gateway.yaml`, None when there are problems."""
        if not self._base_dir.is_dir():
            self._folder.refuse(self._shown, "is not a folder; allowed: the folder that holds gateway.yaml")
            return None
        file = self._shown / GATEWAY_FILE
        if not file.is_file():
            if os.path.lexists(file):
                self._folder.refuse(file, NO_FILE)
                return None
            near = self._shown / "gateway.yml"
            hint = f"rename {near}" if near.is_file() else "`gateway init` writes one"
            self._folder.refuse(file, f"does not exist; {hint}")
            return None
        origin = self._folder.root(file)
        if origin is None:
            return None
        settings = self._validate(_GATEWAY, GatewaySettings, origin).value
        if settings is not None:
            if self._listen is not None:
                settings = settings.model_copy(update={"listen": self._listen})
            unsafe, warnings = relaxed(settings, origin)
            self.problems += unsafe
            self.warnings += warnings
        return settings

    def _systems(self) -> dict[str, SystemConfig]:
        systems: dict[str, SystemConfig] = {}
        for name, written in self._folder.named("systems", RESERVED_SYSTEMS):
            self._declared.append(name)
            origin = self._with_adapter(written)
            adapter = self._adapter(origin)
            if adapter is None:
                continue
            found = self._validate(TypeAdapter(adapter.settings), adapter.settings, origin)
            if found.value is not None and origin is written:
                systems[name] = SystemConfig(name, adapter, found.value, origin.hiding(found.secrets))
                loose = relaxed_fields(found.value)
                self.warnings += [origin.problem(path, message) for path, message in loose]
        return systems

    def _with_adapter(self, origin: Origin) -> Origin:
        """The same system; a slip of the key `adapter`, by which all others are known, is told and mended."""
        entries = origin.node.value
        if not isinstance(entries, Mapping) or "adapter" in entries:
            return origin
        slip = near_miss("adapter", entries)
        if slip is None:
            return origin
        message = 'unknown key; did you mean "adapter"?'
        self.problems.append(origin.problem((slip,), message, at_key=True))
        mended = {"adapter" if key == slip else key: entry for key, entry in entries.items()}
        return replace(origin, node=replace(origin.node, value=mended))

    def _adapter(self, origin: Origin) -> registry.AdapterType | None:
        entries = origin.node.value
        names = registry.names()
        if not isinstance(entries, Mapping):
            self.problems.append(origin.problem((), "must be a mapping with the settings of a system"))
            return None
        if "adapter" not in entries:
            message = f"is required: one of: {listing(names)}"
            self.problems.append(origin.problem(("adapter",), message))
            return None
        name = entries["adapter"].node.value
        try:
            if isinstance(name, str):
                return registry.load(name)
        except registry.AdapterNotInstalled as error:
            self.problems.append(origin.problem(("adapter",), str(error)))
            return None
        except registry.UnknownAdapter:
            pass
        near = suggestion(name, names) if isinstance(name, str) else ""
        message = f"there is no such adapter; {near}must be one of: {listing(names)}"
        self.problems.append(origin.problem(("adapter",), message))
        return None

    def _flows(self, systems: Collection[str]) -> dict[str, Flow]:
        """The flows that are good; where other files are not, those that can be checked by themselves."""
        flows: dict[str, Flow] = {}
        declared = None if "systems" in self._folder.unreadable else self._declared
        checks = FlowChecks(declared, self._mappings.formats, self._mappings.transforms)
        for name, origin in self._folder.named("flows", ()):
            settings = self._validate(_FLOW, FlowSettings, origin).value
            if settings is None:
                continue
            flow = Flow(name, settings, origin)
            found = list(checks.problems(flow))
            self.problems += found
            unusable = {each for each, definition in self._mappings.transforms.items() if definition is None}
            if not found and systems_of(settings) <= set(systems) and not unusable & transforms_of(settings):
                flows[name] = flow
        return flows

    def _routes(self) -> tuple[Route, ...]:
        routes: dict[tuple[str, Method], Route] = {}
        for path, origin in self._folder.entries("routes"):
            refused = path_problem(path)
            if refused is not None:
                self.problems.append(origin.problem((), refused, at_key=True))
            for route in routes_of(path, self._methods(origin), origin):
                if "systems" not in self._folder.unreadable:
                    self.problems += unknown_system(route, self._declared)
                if refused is not None:
                    continue
                collision = colliding(routes, route)
                self.problems += source_problems(route) if collision is None else [collision]
                routes[shape(path), route.method] = route
        return tuple(routes.values())

    def _methods(self, origin: Origin) -> PathSettings:
        """The methods of a path that are good."""
        settings = self._validate(_PATH, PathSettings, origin).value
        if settings is not None:
            return settings
        entries = origin.node.value
        good = {}
        for method in PathSettings.model_fields:
            if isinstance(entries, Mapping) and method in entries:
                below = origin.below(method)
                good[method] = validate(_ROUTE, RouteSettings, below, self._references, self._base_dir).value
        return PathSettings(**good)

    def _validate(self, adapter: TypeAdapter[T], annotation: object, origin: Origin) -> Validated[T]:
        found = validate(adapter, annotation, origin, self._references, self._base_dir)
        self.problems += [problem for problem in found.problems if not self._folder.is_malformed(problem)]
        return found


def _system_of(route: Route) -> str:
    return route.call.partition(".")[0]
