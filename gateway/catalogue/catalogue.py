"""All systems of a configuration, what they offer, and where callers find it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

import mappings.formats
from adapters.contract import AdapterContext, Capability
from adapters.settings import SettingsError
from gateway.catalogue.endpoint import Endpoint, automatic
from gateway.catalogue.routes import compile_route
from gateway.catalogue.sameness import Fingerprint, Fingerprints
from gateway.catalogue.system import System
from gateway.config import Configuration, ConfigurationError, Problem, Route, SystemConfig
from gateway.config.suggest import allowed, did_you_mean
from gateway.telemetry import metrics
from mappings.contract import Format


class Catalogue:
    """The one place where systems meet formats and routes.

    Made without I/O beyond the files that settings name; `check` needs no system to be there. `start`
    connects in the background, `aclose` ends everything.
    `instance` is for connections beside those of the serving gateway (`adapters.contract.AdapterContext`).
    With `previous`, systems that are the same there are not made anew: they are in both and go on as they
    are. Whoever listens to the previous catalogue hears of them until `take_over`, and of no other after.
    """

    def __init__(
        self, configuration: Configuration, *, instance: str = "", previous: Catalogue | None = None
    ) -> None:
        self.configuration = configuration
        self._previous = previous
        self._fingerprints: dict[str, Fingerprint | None] = {}
        self._instance = instance
        self.systems: dict[str, System] = {}
        self._endpoints: tuple[Endpoint, ...] | None = None
        self._listeners: list[Callable[[], None]] = []
        self._state_listeners: list[Callable[[], None]] = []
        self._unusable: list[Problem] = []
        fingerprints = Fingerprints(configuration)
        for config in configuration.systems.values():
            # Before the adapter reads its files: one that changes meanwhile makes the next one another.
            self._fingerprints[config.name] = fingerprints.of(config)
            if not self._share(config.name):
                self._add(config)

    def find_format(self, name: str) -> Format | None:
        """A configured or built-in format."""
        return self.configuration.formats.get(name) or mappings.formats.built_in(name)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, on the event loop, after a system has described itself anew."""
        self._listeners.append(listener)

    def on_state(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, on the event loop, after a system has become ready or unavailable."""
        self._state_listeners.append(listener)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every way to call something, as far as the systems have described themselves."""
        if self._endpoints is None:
            self._endpoints = (*self._configured(), *self._automatic())
        return self._endpoints

    @property
    def described(self) -> bool:
        """True when every system has said what it offers."""
        return all(system.described for system in self.systems.values())

    def check(self) -> list[Problem]:
        """What is wrong with the configuration beyond the shape of its files.

        Operations of systems that describe themselves only when connected are checked when they are.
        """
        return [*self._unusable, *self._missing_formats(), *self._bad_routes(), *self._collisions()]

    async def start(self) -> None:
        """Begin to connect to every system. Idempotent.

        Raises: ConfigurationError when a system's settings cannot be used.
        """
        if self._unusable:
            raise ConfigurationError(self._unusable)
        for system in self.systems.values():
            system.start()

    def take_over(self) -> None:
        """Be told of the systems that the previous catalogue has too, in its place. Idempotent."""
        self._previous = None
        # One of them may have described itself since it was looked at here.
        self._endpoints = None
        for system in self.systems.values():
            system.belong_to(self.find_format, self._described_anew, self._state_changed)

    def systems_not_in(self, other: Catalogue | None) -> list[System]:
        """The systems that the other catalogue does not share."""
        shared = [] if other is None else list(other.systems.values())
        return [system for system in self.systems.values() if system not in shared]

    async def aclose(self, *, keep: Catalogue | None = None) -> None:
        """Close every system, but for those that `keep` has too. Idempotent."""
        await asyncio.gather(*(system.aclose() for system in self.systems_not_in(keep)))
        if keep is not None:
            for name in self.systems.keys() - keep.systems.keys():
                metrics.forget_system(name)

    # --- making ------------------------------------------------------------------------------------------

    def _share(self, name: str) -> bool:
        """Have the system that the previous catalogue has, if it is the same."""
        previous, now = self._previous, self._fingerprints[name]
        if previous is None or name not in previous.systems:
            return False
        if now is None or now != previous._fingerprints[name]:
            return False
        self.systems[name] = previous.systems[name]
        return True

    def _add(self, config: SystemConfig) -> None:
        context = AdapterContext(
            system=config.name, base_dir=self.configuration.directory, instance=self._instance
        )
        try:
            adapter = config.type.create(config.settings, context)
        except ValueError as error:
            self._unusable += _unusable(config, error)
            return
        system = System(
            config.name,
            config.type,
            config.settings,
            adapter,
            self.find_format,
            self._described_anew,
            self._state_changed,
        )
        self.systems[config.name] = system
        if Capability.DESCRIBED_BY_SETTINGS in config.type.capabilities:
            system.describe()

    def _described_anew(self) -> None:
        self._endpoints = None
        self._tell(self._listeners)

    def _state_changed(self) -> None:
        self._tell(self._state_listeners)

    def _tell(self, listeners: list[Callable[[], None]]) -> None:
        for listener in listeners:
            listener()

    def _automatic(self) -> Iterator[Endpoint]:
        if self.configuration.gateway.expose == "routes":
            return
        for system in self.systems.values():
            for entry in system.entries.values():
                for binding in entry.operation.bindings:
                    yield automatic(entry, binding)

    def _configured(self) -> Iterator[Endpoint]:
        for route in self.configuration.routes:
            system, operation = self._split(route.call)
            entry = system.entries.get(operation) if system else None
            endpoint = compile_route(route, entry)[0] if entry else None
            if endpoint is not None:
                yield endpoint

    def _split(self, call: str) -> tuple[System | None, str]:
        system, _, operation = call.partition(".")
        return self.systems.get(system), operation

    # --- checking ----------------------------------------------------------------------------------------

    def _missing_formats(self) -> Iterator[Problem]:
        known = (*self.configuration.formats, *mappings.formats.BUILT_IN_NAMES)
        for name, config in self.configuration.systems.items():
            system = self.systems.get(name)
            for missing in system.missing_formats if system else ():
                hint = did_you_mean(missing, known)
                message = f"there is no format {missing!r}{hint}; there are: {allowed(known)}"
                for path in _named_at("format", missing, config.settings.model_dump()) or [()]:
                    yield config.origin.problem(path, message)

    def _bad_routes(self) -> Iterator[Problem]:
        for route in self.configuration.routes:
            yield from self._route_problems(route)

    def _route_problems(self, route: Route) -> Iterator[Problem]:
        name, _, operation = route.call.partition(".")
        system = self.systems.get(name)
        if system is None or not system.described:
            return
        entry = system.entries.get(operation)
        if entry is not None:
            yield from compile_route(route, entry)[1]
            return
        reason = next((missing.reason for missing in system.missing if missing.name == operation), None)
        if reason is not None:
            yield route.origin.problem(("call",), f"{name} cannot offer {operation}: {reason}")
        else:
            hint = did_you_mean(operation, system.entries)
            yield route.origin.problem(
                ("call",), f"{name} has no operation {operation!r}{hint}; it has: {allowed(system.entries)}"
            )

    def _collisions(self) -> Iterator[Problem]:
        """Routes at the place of an operation's own path. Two routes at one place were found before."""
        taken = {
            _shape(endpoint.method, endpoint.path): endpoint.entry.name for endpoint in self._automatic()
        }
        for route in self.configuration.routes:
            place = _shape(route.method, f"/api{route.path}")
            if place in taken:
                yield route.origin.problem(
                    (), f"{route.method} {route.path} is taken already, by {taken[place]}", at_key=True
                )


def _unusable(config: SystemConfig, error: ValueError) -> list[Problem]:
    """What an adapter says is wrong with its settings, at the keys at fault where it names them."""
    if not isinstance(error, SettingsError):
        return [config.origin.problem((), str(error))]
    return [config.origin.problem(one.key, str(one)) for one in (error, *error.others)]


def _shape(method: str, path: str) -> tuple[str, ...]:
    """What two paths have in common when every request to one could be meant for the other."""
    steps = (
        ("{+}" if step.endswith("+}") else "{}") if step.startswith("{") else step for step in path.split("/")
    )
    return (method, *steps)


def _named_at(key: str, value: str, settings: object) -> list[tuple[str | int, ...]]:
    """The paths of all settings of this key that have this value."""
    found: list[tuple[str | int, ...]] = []
    if isinstance(settings, Mapping):
        for name, inner in settings.items():
            if name == key and inner == value:
                found.append((key,))
            found += [(str(name), *path) for path in _named_at(key, value, inner)]
    elif isinstance(settings, list | tuple):
        for number, inner in enumerate(settings):
            found += [(number, *path) for path in _named_at(key, value, inner)]
    return found
