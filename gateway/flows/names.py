"""The names that steps use against the records that reach them, as far as schemas say what these have.

Only what can never be right is said: where records may have members that nobody named, or a step makes
something of which nothing is known, nothing is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from adapters.contract import JsonSchema, JsonShape
from gateway.catalogue import Entry
from gateway.catalogue.closed import closed_members
from gateway.catalogue.members import required_members
from gateway.config import CallStep, ChooseStep, FilterStep, MapStep, Step, WhenBranch
from gateway.config.problems import KeyPath
from gateway.config.suggest import allowed, did_you_mean
from mappings.transform import FieldMap, Transform, TransformDefinition
from mappings.transform.expressions.parser import parse
from mappings.transform.expressions.tree import Call, Node, path_of

ANYTHING: JsonSchema = {}
MESSAGE = (
    *("id", "flow", "source", "received_at", "redelivered", "correlation_id", "content_type", "size"),
    "headers",
)
"""What expressions are told of the message."""
_THIS, _MESSAGE = "this", "message"
Wrong: TypeAlias = Generator[tuple[KeyPath, str], None, JsonSchema]


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """Follows records through the steps of a flow. `transform`: what a map step does, with its definition;
    `entry`: an operation, None where it is not known."""

    transform: Callable[[MapStep], tuple[TransformDefinition, Transform]]
    entry: Callable[[str], Entry | None]

    def through(self, steps: Sequence[Step], schema: JsonSchema, path: KeyPath = ("steps",)) -> Wrong:
        """What is wrong, and where in the flow; returns the schema of the records behind the steps."""
        for index, step in enumerate(steps):
            here = (*path, index)
            if isinstance(step, MapStep):
                schema = yield from self._mapped(step, schema, here)
            elif isinstance(step, FilterStep):
                yield from _at((*here, "filter"), unknown(step.filter, schema))
            elif isinstance(step, ChooseStep):
                schema = yield from self._chosen(step, schema, here)
            else:
                schema = yield from self._called(step, schema, here)
        return schema

    def _mapped(self, step: MapStep, schema: JsonSchema, path: KeyPath) -> Wrong:
        definition, transform = self.transform(step)
        if definition.each is not None:
            # Inside, names are those of an item, and of `outer`.
            yield from _at((*path, "map"), unknown(definition.each, schema, message=False))
            return transform.schema(schema)
        for target, field in definition.transform.items():
            shown = f"{step.map}, {target}: " if isinstance(step.map, str) else f"{target}: "
            for text in _sources(field):
                for message in unknown(text, schema, message=False):
                    yield (*path, "map"), shown + message
        return transform.schema(schema)

    def _chosen(self, step: ChooseStep, schema: JsonSchema, path: KeyPath) -> Wrong:
        behind = [schema]
        for number, branch in enumerate(step.choose):
            here = (*path, "choose", number)
            if isinstance(branch, WhenBranch):
                yield from _at((*here, "when"), unknown(branch.when, schema))
                behind.append((yield from self.through(branch.steps, schema, (*here, "steps"))))
            else:
                behind.append((yield from self.through(branch.otherwise, schema, (*here, "otherwise"))))
        return schema if all(each == schema for each in behind) else ANYTHING

    def _called(self, step: CallStep, schema: JsonSchema, path: KeyPath) -> Wrong:
        for name, text in step.parameters.items():
            yield from _at((*path, "with", name), unknown(text, schema))
        entry = self.entry(step.call)
        if entry is not None:
            for below, message in _body(step, entry, schema):
                yield (*path, *below), message
        return schema if step.reply_as is None else _with(schema, step.reply_as)


def unknown(text: str, schema: JsonSchema, *, message: bool = True) -> Iterator[str]:
    """The names of an expression that no record by this schema has. `message`: it is told of the message."""
    known = closed_members(schema)
    if known is None:
        return
    for used in _paths(text):
        root, *below = used
        if root in known:
            yield from _below(known[root], (root,), below)
        elif root == _THIS:
            yield from _below(schema, (), below)
        elif root == _MESSAGE and message:
            if below and below[0] not in MESSAGE:
                yield _missing(below[0], "message", MESSAGE)
        else:
            yield _missing(root, "", [*known, *([_MESSAGE] if message else [])])


def _below(schema: JsonSchema, above: tuple[str, ...], names: Sequence[str]) -> Iterator[str]:
    for name in names:
        known = closed_members(schema)
        if known is None:
            return
        if name not in known:
            yield _missing(name, ".".join(above), known)
            return
        schema, above = known[name], (*above, name)


def _missing(name: str, above: str, known: Collection[str]) -> str:
    what = f"{above} has" if above else "the records have"
    return f"{what} no member {name!r}{did_you_mean(name, known)}; there are: {allowed(known)}"


def _body(step: CallStep, entry: Entry, schema: JsonSchema) -> Iterator[tuple[KeyPath, str]]:
    """What the operation needs and does not get, or gets and does not know."""
    request = _of_one(entry)
    if request is None:
        return
    parameters = {parameter.name for parameter in entry.operation.parameters}
    given = {name for name in step.parameters if name not in parameters}
    needed, takes = required_members(request), closed_members(request)
    if given:
        # Where a name is wrong, that is said elsewhere, and it may be meant for what is missing.
        is_sound = takes is None or given <= takes.keys()
        for name in sorted(needed - given) if is_sound else ():
            yield ("with",), f"{entry.name} needs {name!r}, which `with` does not give"
        return
    has = closed_members(schema)
    if has is not None:
        for name in sorted(needed - has.keys()):
            yield ("call",), f"{entry.name} needs {name!r}, which the records that it gets do not have"
    if takes is not None:
        for name in sorted(required_members(schema) - takes.keys()):
            hint = did_you_mean(name, takes)
            yield ("call",), f"{entry.name} does not know {name!r}, which the records have{hint}"


def _of_one(entry: Entry) -> JsonSchema | None:
    """The schema of what is sent for one record; None where that is no JSON value."""
    if isinstance(entry.operation.request, JsonShape):
        return entry.operation.request.schema
    return entry.request_format.schema() if entry.request_format is not None else None


def _with(schema: JsonSchema, name: str) -> JsonSchema:
    """The schema of records that have one member more, of which nothing is known."""
    known = closed_members(schema)
    if known is None:
        return ANYTHING
    required = sorted(required_members(schema) | {name})
    properties: dict[str, JsonSchema] = {**known, name: ANYTHING}
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _sources(field: str | FieldMap) -> Iterator[str]:
    """The expressions of a field over the record itself. Where a missing source is provided for, the same
    transform may be meant for other records, too."""
    if isinstance(field, str):
        yield field
    elif not field.optional and "default" not in field.model_fields_set:
        yield from (text for text in (field.source, field.each, field.when) if text is not None)


def _at(path: KeyPath, messages: Iterator[str]) -> Iterator[tuple[KeyPath, str]]:
    return ((path, message) for message in messages)


@lru_cache(maxsize=20_000)
def _paths(text: str) -> tuple[tuple[str, ...], ...]:
    """The paths along which an expression, which is a good one, reads members."""
    return tuple(dict.fromkeys(_used(parse(text))))


def _used(node: Node) -> Iterator[tuple[str, ...]]:
    path = path_of(node)
    if path is not None:
        yield path
        return
    if isinstance(node, Call) and node.function == "has":
        return  # it asks whether the member is there
    for field in dataclasses.fields(node):
        for inner in _nodes(getattr(node, field.name)):
            yield from _used(inner)


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)
    elif isinstance(value, Node):
        yield value
