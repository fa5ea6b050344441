"""The flows of a configuration against what its systems offer: which can run, by which version, and what is
wrong with those that cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.contract import BytesShape, Channel, JsonSchema
from gateway.catalogue import Catalogue, Entry
from gateway.catalogue.members import members
from gateway.config import CallStep, Configuration, Flow, MapStep, Problem, ScheduleSource, walk
from gateway.config.flow_checks import systems_of
from gateway.config.problems import KeyPath
from gateway.config.suggest import allowed, did_you_mean
from gateway.flows.answers import replaced
from gateway.flows.calls import CallProgram, compile_call
from gateway.flows.definition import (
    SCHEDULED_AT,
    Definition,
    Payload,
    Unreadable,
    acknowledging,
    compile_program,
    define,
    payload_of,
    payload_of_source,
)
from gateway.flows.names import ANYTHING, Names, unknown
from gateway.flows.program import Call, Program, calls
from gateway.flows.requests import problems, takes_bytes
from mappings.transform import Transform, TransformDefinition, build_transform
from mappings.transform.expressions import compile_expression

_SCHEDULED: JsonSchema = {
    "type": "object",
    "properties": {SCHEDULED_AT: {"type": "string", "format": "date-time"}},
    "required": [SCHEDULED_AT],
    "additionalProperties": False,
}


_NOTHING: JsonSchema = {"type": "object", "properties": {}, "additionalProperties": False}
_MAKES = "allowed: a definition of x12, edifact or hl7 with the key `acknowledge`"
_ANSWERS_NOTHING = (
    "is not there, though {format} says what is acknowledged: nothing is sent; say here where to, or leave "
    "`acknowledge` out of {format}"
)
_TAKES = "allowed: an operation that takes bytes, such as the put of an outbox without `format`"


class FlowState(StrEnum):
    """Whether messages of a flow are run."""

    RUNNING = "running"
    WAITING = "waiting"
    """A system has not said yet what it offers."""
    BLOCKED = "blocked"
    """Something that the flow names is not there; its messages wait."""
    PAUSED = "paused"
    """A system that it calls cannot be reached; its messages wait until it can."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A flow as far as it can be used now. `definition` and `program` are None as long as its source is not
    known."""

    flow: Flow
    state: FlowState
    reason: str = ""
    definition: Definition | None = None
    program: Program | None = None


class FlowSet:
    """Looks at the flows again whenever a system has described itself anew (`look`)."""

    def __init__(self, configuration: Configuration, catalogue: Catalogue) -> None:
        self.configuration = configuration
        self._catalogue = catalogue
        self.prepared: Mapping[str, Prepared] = {}
        self._channels: Mapping[tuple[str, str], list[Prepared]] = {}
        self._transforms: dict[int, tuple[TransformDefinition, Transform]] = {}
        self.look()

    def look(self) -> None:
        """Prepare all flows."""
        self.prepared = {name: self._prepare(flow) for name, flow in self.configuration.flows.items()}
        self._channels = self._read()

    def check(self) -> list[Problem]:
        """What is wrong with the flows, as far as the systems have described themselves."""
        return [problem for flow in self.configuration.flows.values() for problem in self._problems(flow)]

    def warnings(self) -> list[Problem]:
        """What of the flows is allowed and hardly meant."""
        return [
            flow.origin.problem(("acknowledge",), _ANSWERS_NOTHING.format(format=payload.format))
            for flow in self.configuration.flows.values()
            if flow.settings.acknowledge is None
            and (payload := self._payload(flow)) is not None
            and self._is_answered(payload)
        ]

    def channels(self) -> Mapping[tuple[str, str], list[Prepared]]:
        """The flows by the channel, system and name, that they read."""
        return self._channels

    def _read(self) -> Mapping[tuple[str, str], list[Prepared]]:
        found: dict[tuple[str, str], list[Prepared]] = {}
        for prepared in self.prepared.values():
            source = prepared.flow.settings.source
            if isinstance(source, str) and prepared.definition is not None:
                system, _, channel = source.partition(".")
                found.setdefault((system, channel), []).append(prepared)
        return found

    def schedules(self) -> list[tuple[Prepared, ScheduleSource]]:
        """The flows that run at times."""
        return [
            (prepared, prepared.flow.settings.source)
            for prepared in self.prepared.values()
            if isinstance(prepared.flow.settings.source, ScheduleSource) and prepared.definition is not None
        ]

    def channel(self, system: str, channel: str) -> Channel | None:
        """A channel, None where there is none or its system has not described itself."""
        found = self._catalogue.systems.get(system)
        return found.channels.get(channel) if found is not None else None

    # --- preparing ---------------------------------------------------------------------------------------

    def _prepare(self, flow: Flow) -> Prepared:
        payload = self._payload(flow)
        if payload is None:
            return Prepared(flow, *self._why_not(flow))
        definition = define(flow, payload, self.configuration)
        before = self.prepared.get(flow.name)
        if before is not None and before.definition == definition:
            # Every system that describes itself has all flows looked at: they are not compiled each time.
            return Prepared(flow, *self._why_not(flow), definition, before.program)
        try:
            program = compile_program(flow.name, definition.version, json.loads(definition.stored))
        except Unreadable as error:
            return Prepared(flow, FlowState.BLOCKED, str(error))
        return Prepared(flow, *self._why_not(flow), definition, program)

    def _payload(self, flow: Flow) -> Payload | None:
        """What its messages hold; None where it is not known."""
        source = flow.settings.source
        if not isinstance(source, str):
            return payload_of_source(flow.settings)
        channel = self.channel(*_split(source))
        if channel is None:
            return None
        name = channel.payload.format if isinstance(channel.payload, BytesShape) else None
        return payload_of(channel, self._catalogue.find_format(name) if name is not None else None)

    def _why_not(self, flow: Flow) -> tuple[FlowState, str]:
        found = next(self._problems(flow), None)
        if found is not None:
            return FlowState.BLOCKED, found.message
        for name in sorted(systems_of(flow.settings)):
            system = self._catalogue.systems.get(name)
            if system is None:
                return FlowState.BLOCKED, f"there is no system {name}"
            if not system.described:
                return FlowState.WAITING, f"{name} has not said yet what it offers"
        return FlowState.RUNNING, ""

    # --- checking ----------------------------------------------------------------------------------------

    def _problems(self, flow: Flow) -> Iterator[Problem]:
        source = flow.settings.source
        if isinstance(source, str):
            yield from self._bad_channel(flow, *_split(source))
        answers = replaced(flow.settings.steps, self._members(flow), self.configuration.transforms)
        for path, message in answers:
            yield flow.origin.problem(path, message)
        for path, message in self._wrong_names(flow):
            yield flow.origin.problem(path, message)
        payload = self._payload(flow)
        if payload is not None:
            yield from self._wrong_answer(flow, payload)
        of_bytes = payload is not None and payload.format is None
        for path, step in walk(flow.settings.steps):
            if isinstance(step, CallStep):
                for below, message in self._bad_call(step, of_bytes):
                    yield flow.origin.problem((*path, *below), message)

    def _wrong_answer(self, flow: Flow, payload: Payload) -> Iterator[Problem]:
        call = acknowledging(flow.settings)
        if call is None or flow.settings.acknowledge is None:
            return
        if not self._is_answered(payload):
            name = payload.format or "what arrives, which has no format,"
            yield flow.origin.problem(("acknowledge",), f"{name} makes no acknowledgements; {_MAKES}")
        for name, text in flow.settings.acknowledge.parameters.items():
            for message in unknown(text, _NOTHING):
                yield flow.origin.problem(("acknowledge", "with", name), message)
        entry = self._entry(flow.settings.acknowledge.call)
        if entry is not None and not takes_bytes(entry):
            message = f"{entry.name} does not take bytes as they are; {_TAKES}"
            yield flow.origin.problem(("acknowledge", "call"), message)
            return
        for path, message in self._bad_operation(call, of_bytes=True):
            yield flow.origin.problem(("acknowledge", *path), message)

    def _is_answered(self, payload: Payload) -> bool:
        """Whether its format says what is acknowledged; also where that cannot be told, as its definition is
        not good."""
        name, configuration = payload.format or "", self.configuration
        if name in configuration.formats and name not in configuration.definitions:
            return True
        return getattr(configuration.definitions.get(name), "acknowledge", None) is not None

    def _members(self, flow: Flow) -> frozenset[str]:
        """The members that its records may have when they arrive, as far as that is known."""
        return frozenset(members(self._schema(flow)))

    def _schema(self, flow: Flow) -> JsonSchema:
        """The schema of its records when they arrive; of anything where it is not known."""
        source = flow.settings.source
        if isinstance(source, ScheduleSource):
            return _SCHEDULED
        if isinstance(source, str):
            channel = self.channel(*_split(source))
            if channel is not None and not isinstance(channel.payload, BytesShape):
                return channel.payload.schema
        payload = self._payload(flow)
        name = payload.format if payload is not None else None
        format_ = self._catalogue.find_format(name) if name is not None else None
        return format_.schema() if format_ is not None else ANYTHING

    def _wrong_names(self, flow: Flow) -> Iterator[tuple[KeyPath, str]]:
        settings, schema = flow.settings, self._schema(flow)
        source = settings.source
        channel = self.channel(*_split(source)) if isinstance(source, str) else None
        # Files are one lane, whatever is in them.
        if settings.order_by is not None and not (channel is not None and channel.holds_records):
            for message in unknown(settings.order_by, schema):
                yield ("order_by",), message
        yield from Names(self._transform, self._entry).through(settings.steps, schema)

    def _transform(self, step: MapStep) -> tuple[TransformDefinition, Transform]:
        definition = self.configuration.transforms[step.map] if isinstance(step.map, str) else step.map
        known = self._transforms.get(id(definition))
        if known is None:
            known = self._transforms[id(definition)] = definition, build_transform(definition)
        return known

    def _entry(self, call: str) -> Entry | None:
        name, operation = _split(call)
        system = self._catalogue.systems.get(name)
        return system.entries.get(operation) if system is not None else None

    def _bad_channel(self, flow: Flow, name: str, channel: str) -> Iterator[Problem]:
        system = self._catalogue.systems.get(name)
        if system is None or not system.described or channel in system.channels:
            return
        # Of a database a channel is `changes.NAME` there, beside tables of the same name.
        names = (f"changes.{channel}", channel)
        reasons = {missing.name: missing.reason for missing in system.missing if missing.name in names}
        reason = next((reasons[each] for each in names if each in reasons), None)
        if reason is not None:
            message = f"{name} cannot offer the channel {channel}: {reason}"
        elif not system.channels:
            message = f"{name} has no channels; nothing arrives from it"
        else:
            hint = did_you_mean(channel, system.channels)
            message = f"{name} has no channel {channel!r}{hint}; it has: {allowed(system.channels)}"
        yield flow.origin.problem(("from",), message)

    def _bad_call(self, step: CallStep, of_bytes: bool) -> Iterator[tuple[tuple[str, ...], str]]:
        arguments = tuple((key, compile_expression(text)) for key, text in step.parameters.items())
        name, operation = _split(step.call)
        call = Call("", name, operation, step.batch, arguments, step.reply_as)
        return self._bad_operation(call, of_bytes=of_bytes)

    def _bad_operation(self, call: Call, *, of_bytes: bool) -> Iterator[tuple[tuple[str, ...], str]]:
        name, operation = call.system, call.operation
        system = self._catalogue.systems.get(name)
        if system is None or not system.described:
            return
        entry = system.entries.get(operation)
        if entry is not None:
            yield from problems(call, entry, of_bytes=of_bytes)
            return
        reason = next((missing.reason for missing in system.missing if missing.name == operation), None)
        if reason is not None:
            yield ("call",), f"{name} cannot offer {operation}: {reason}"
        else:
            hint = did_you_mean(operation, system.entries)
            names = allowed(system.entries)
            yield ("call",), f"{name} has no operation {operation!r}{hint}; it has: {names}"


def read_stored(flow: str, version: str, stored: bytes) -> Program | CallProgram:
    """What a stored definition does. Raises: Unreadable."""
    try:
        text = json.loads(stored)
    except ValueError as error:
        raise Unreadable(f"the definition {version[:12]} of {flow} is no JSON") from error
    if isinstance(text, dict) and isinstance(text.get("call"), str):
        return compile_call(flow, version, text["call"], vouched=text.get("idempotent") is True)
    return compile_program(flow, version, text if isinstance(text, dict) else {})


def systems_called(program: Program | CallProgram) -> frozenset[str]:
    """The systems that a program calls."""
    found = [program.call] if isinstance(program, CallProgram) else calls(program.steps)
    return frozenset(call.system for call in found)


def _split(name: str) -> tuple[str, str]:
    system, _, rest = name.partition(".")
    return system, rest
