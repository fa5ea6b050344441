"""A version of a flow: a text that holds the flow and every mapping it names, its hash, and what it compiles
to.

The text is kept with the messages, so that each runs to its end by the definition it arrived under, whatever
the configuration says by then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter, ValidationError

import mappings.formats
from adapters.contract import BytesShape, Channel
from gateway.catalogue.codec import is_json
from gateway.config import (
    CallStep,
    ChooseStep,
    Configuration,
    FilterStep,
    Flow,
    FlowSettings,
    MapStep,
    PostSource,
    WhenBranch,
    walk,
)
from gateway.config import Step as StepSettings
from gateway.flows.program import Branch, Call, Choose, Condition, Filter, Map, Program, Reading, Step
from mappings.contract import Format
from mappings.formats import FormatDefinition
from mappings.transform import Transform, TransformDefinition, build_transform
from mappings.transform.expressions import compile_expression

_FORMAT: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)


SCHEDULED_AT = "scheduled_at"
"""The member of the only record of a flow that runs at times: when it was due, with its offset from UTC."""


class Unreadable(ValueError):
    """A stored definition that this version of the gateway cannot use."""


@dataclass(frozen=True, slots=True)
class Payload:
    """What the messages of a flow hold: the name of their format, None for bytes without one. `single`: one
    JSON value each."""

    format: str | None
    single: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a flow as it is stored."""

    flow: str
    version: str
    stored: bytes


def payload_of(channel: Channel, format_: Format | None) -> Payload:
    """What one delivery of a channel is. `format_` is that of its bytes."""
    if not isinstance(channel.payload, BytesShape):
        return Payload("json", single=True)
    if channel.payload.format is None:
        return Payload(None)
    single = not channel.holds_records and format_ is not None and is_json(format_)
    return Payload(channel.payload.format, single)


def payload_of_source(settings: FlowSettings) -> Payload:
    """What the messages of a flow hold that does not read a channel."""
    if isinstance(settings.source, PostSource):
        return Payload(settings.source.post.format)
    return Payload("json", single=True)


def define(flow: Flow, payload: Payload, configuration: Configuration) -> Definition:
    """The version of a flow by a configuration."""
    named = [step.map for _, step in walk(flow.settings.steps) if isinstance(step, MapStep)]
    transforms = {name: configuration.transforms[name] for name in named if isinstance(name, str)}
    formats = {}
    if payload.format is not None and payload.format in configuration.definitions:
        formats[payload.format] = configuration.definitions[payload.format]
    text = {
        "flow": flow.name,
        "settings": _plain(flow.settings),
        "payload": {"format": payload.format, "single": payload.single},
        "formats": {name: _plain(found) for name, found in formats.items()},
        "transforms": {name: _plain(found) for name, found in transforms.items()},
    }
    return sealed(flow.name, text)


def sealed(flow: str, text: Mapping[str, object]) -> Definition:
    """A definition's canonical text and its hash."""
    stored = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return Definition(flow, hashlib.sha256(stored).hexdigest(), stored)


def compile_program(flow: str, version: str, text: Mapping[str, object]) -> Program:
    """What a stored definition does. Raises: Unreadable."""
    try:
        settings = FlowSettings.model_validate_json(json.dumps(text["settings"]))
        payload = Payload(**text["payload"])  # type: ignore[arg-type]
        formats = _each(text["formats"])
        transforms = {
            name: build_transform(TransformDefinition.model_validate_json(body))
            for name, body in _each(text["transforms"]).items()
        }
        steps = _Compiler(transforms).steps(settings.steps, "")
        split, steps = _apart(steps)
        reading = Reading(_format(payload.format, formats), payload.single, split)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        reason = "; ".join(str(error).splitlines()[:3])
        raise Unreadable(f"the definition {version[:12]} of {flow} cannot be used: {reason}") from error
    return Program(
        flow=flow,
        version=version,
        reading=reading,
        steps=steps,
        acknowledge=acknowledging(settings),
        order_by=compile_expression(settings.order_by) if settings.order_by is not None else None,
        on_record_error=settings.on_record_error,
        max_in_flight=settings.max_in_flight,
        retry=settings.retry,
    )


def _apart(steps: tuple[Step, ...]) -> tuple[Transform | None, tuple[Step, ...]]:
    """What the first step splits records by, where it does, and the steps behind it."""
    first = steps[0] if steps else None
    if isinstance(first, Map) and not first.transform.is_one_to_one:
        return first.transform, steps[1:]
    return None, steps


def acknowledging(settings: FlowSettings) -> Call | None:
    """The call that sends acknowledgements."""
    found = settings.acknowledge
    if found is None:
        return None
    system, _, operation = found.call.partition(".")
    return Call(
        id="acknowledge",
        system=system,
        operation=operation,
        arguments=tuple((name, compile_expression(text)) for name, text in found.parameters.items()),
        idempotent=found.idempotent,
    )


class _Compiler:
    """Compiles steps. The id of a step is its own, else its position and what it calls."""

    def __init__(self, transforms: Mapping[str, Transform]) -> None:
        self._transforms = transforms

    def steps(self, steps: Sequence[StepSettings], prefix: str) -> tuple[Step, ...]:
        return tuple(self._step(step, f"{prefix}{number}") for number, step in enumerate(steps, 1))

    def _step(self, step: StepSettings, position: str) -> Step:
        if isinstance(step, MapStep):
            name = step.map
            transform = self._transforms[name] if isinstance(name, str) else build_transform(name)
            return Map(f"{position}:map", transform)
        if isinstance(step, FilterStep):
            return Filter(f"{position}:filter", _condition(step.filter))
        if isinstance(step, ChooseStep):
            return self._choose(step, position)
        return _call(step, position)

    def _choose(self, step: ChooseStep, position: str) -> Choose:
        branches = []
        for number, branch in enumerate(step.choose, 1):
            inner = branch.steps if isinstance(branch, WhenBranch) else branch.otherwise
            condition = _condition(branch.when) if isinstance(branch, WhenBranch) else None
            branches.append(Branch(condition, self.steps(inner, f"{position}.{number}.")))
        return Choose(f"{position}:choose", tuple(branches))


def _call(step: CallStep, position: str) -> Call:
    system, _, operation = step.call.partition(".")
    return Call(
        id=step.id or f"{position}:{step.call}",
        system=system,
        operation=operation,
        batch=step.batch,
        arguments=tuple((name, compile_expression(text)) for name, text in step.parameters.items()),
        reply_as=step.reply_as,
        idempotent=step.idempotent,
    )


def _condition(text: str) -> Condition:
    return Condition(compile_expression(text), text)


def _format(name: str | None, formats: Mapping[str, str]) -> Format | None:
    if name is None:
        return None
    if name in formats:
        return mappings.formats.build(_FORMAT.validate_json(formats[name]))
    built_in = mappings.formats.built_in(name)
    if built_in is None:
        raise ValueError(f"there is no format {name}")
    return built_in


def _each(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise TypeError("a mapping is missing")
    return {name: json.dumps(body) for name, body in found.items()}


def _plain(model: BaseModel) -> object:
    # What was not written is left out: models tell from it what was.
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)
