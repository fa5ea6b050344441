"""What can be wrong with a flow beyond the shape of its settings, as far as the files tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from gateway.config.configuration import Flow
from gateway.config.flows import (
    AcknowledgeSettings,
    CallStep,
    ChooseStep,
    FlowSettings,
    MapStep,
    OtherwiseBranch,
    PostSource,
    Step,
)
from gateway.config.problems import KeyPath, Problem, printable
from gateway.config.suggest import allowed, suggestion
from mappings.formats import BUILT_IN_NAMES
from mappings.transform import TransformDefinition, build_transform


def walk(steps: Sequence[Step], path: KeyPath = ("steps",)) -> Iterator[tuple[KeyPath, Step]]:
    """All steps and those of their branches, each with its place in the flow's settings."""
    for index, step in enumerate(steps):
        here = (*path, index)
        yield here, step
        if isinstance(step, ChooseStep):
            for number, branch in enumerate(step.choose):
                if isinstance(branch, OtherwiseBranch):
                    yield from walk(branch.otherwise, (*here, "choose", number, "otherwise"))
                else:
                    yield from walk(branch.steps, (*here, "choose", number, "steps"))


def systems_of(settings: FlowSettings) -> frozenset[str]:
    """The systems that a flow names."""
    names = [step.call for _, step in walk(settings.steps) if isinstance(step, CallStep)]
    if isinstance(settings.source, str):
        names.append(settings.source)
    if settings.acknowledge is not None:
        names.append(settings.acknowledge.call)
    return frozenset(name.partition(".")[0] for name in names)


def transforms_of(settings: FlowSettings) -> frozenset[str]:
    """The transforms that a flow names."""
    found = (step.map for _, step in walk(settings.steps) if isinstance(step, MapStep))
    return frozenset(name for name in found if isinstance(name, str))


_NOT_ALL = (
    "needs `on_record_error: dead_letter_record`: an acknowledgement says for each part of a file whether it "
    "was taken, and with reject_file one that is bad keeps the others from being taken"
)
_JOINS = "makes one record of several; allowed in a flow: a transform of one to one, or to several by `each`"
_SPLITS = "makes several records of one; allowed in a flow: as its first step"


_FIRST_STEP: KeyPath = ("steps", 0)


class FlowChecks:
    """Checks flows against the names that there are; None where those could not all be read."""

    def __init__(
        self,
        systems: Collection[str] | None,
        formats: Collection[str],
        transforms: Mapping[str, TransformDefinition | None],
    ) -> None:
        self._systems = systems
        self._formats = (*formats, *BUILT_IN_NAMES)
        self._transforms = transforms

    def problems(self, flow: Flow) -> Iterator[Problem]:
        """What is wrong with one flow."""
        for path, message in self._found(flow):
            yield flow.origin.problem(path, message)

    def _found(self, flow: Flow) -> Iterator[tuple[KeyPath, str]]:
        source = flow.settings.source
        if isinstance(source, str):
            yield from self._system(("from",), source)
        elif isinstance(source, PostSource) and source.post.format not in self._formats:
            yield ("from", "post", "format"), self._no_format(source.post.format)
        if flow.settings.acknowledge is not None:
            yield from self._acknowledge(flow.settings, flow.settings.acknowledge)
        ids: dict[str, KeyPath] = {}
        for path, step in walk(flow.settings.steps):
            if isinstance(step, MapStep):
                yield from self._map(path, step)
            elif isinstance(step, CallStep):
                yield from self._call(path, step, ids)

    def _acknowledge(
        self, settings: FlowSettings, found: AcknowledgeSettings
    ) -> Iterator[tuple[KeyPath, str]]:
        yield from self._system(("acknowledge", "call"), found.call)
        if settings.on_record_error == "reject_file":
            yield ("acknowledge",), _NOT_ALL

    def _map(self, path: KeyPath, step: MapStep) -> Iterator[tuple[KeyPath, str]]:
        if isinstance(step.map, TransformDefinition):
            try:
                build_transform(step.map)
            except ValueError as error:
                for line in str(error).splitlines():
                    yield (*path, "map", "transform"), line
            yield from self._streams(path, step.map, "")
        elif step.map not in self._transforms:
            if step.map in self._formats:
                yield (*path, "map"), f'"{printable(step.map)}" is a format; allowed: a transform'
            else:
                near = suggestion(step.map, self._transforms)
                names = allowed(self._transforms)
                message = f'there is no transform "{printable(step.map)}"; {near}there are: {names}'
                yield (*path, "map"), message
        else:
            definition = self._transforms[step.map]
            if definition is not None:
                yield from self._streams(path, definition, f'"{printable(step.map)}": ')

    def _streams(
        self, path: KeyPath, definition: TransformDefinition, name: str
    ) -> Iterator[tuple[KeyPath, str]]:
        """What is wrong with a transform that does not make one of each."""
        if definition.each is not None and path != _FIRST_STEP:
            yield (*path, "map"), f"{name}{_SPLITS}"
        elif definition.each is None and not definition.is_one_to_one:
            yield (*path, "map"), f"{name}{_JOINS}"

    def _call(self, path: KeyPath, step: CallStep, ids: dict[str, KeyPath]) -> Iterator[tuple[KeyPath, str]]:
        yield from self._system((*path, "call"), step.call)
        if step.batch is not None and step.reply_as is not None:
            yield (*path, "as"), "a batch has one answer for all its records; remove `as` or `batch`"
        if step.id is None:
            return
        if step.id in ids:
            yield (*path, "id"), f'"{step.id}" is the id of another step; allowed: each once in a flow'
        ids.setdefault(step.id, path)

    def _system(self, path: KeyPath, name: str) -> Iterator[tuple[KeyPath, str]]:
        system = name.partition(".")[0]
        if self._systems is not None and system not in self._systems:
            near = suggestion(system, self._systems)
            yield (
                path,
                f'there is no system "{printable(system)}"; {near}there are: {allowed(self._systems)}',
            )

    def _no_format(self, name: str) -> str:
        near = suggestion(name, self._formats)
        return f'there is no format "{printable(name)}"; {near}there are: {allowed(self._formats)}'
