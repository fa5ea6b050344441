"""Where the answers of calls are put: a name that the record has already would replace what it had."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from gateway.config import CallStep, ChooseStep, MapStep, Step, WhenBranch
from gateway.config.problems import KeyPath
from mappings.transform import TransformDefinition
from mappings.transform.targets import parse_target

Replaced = Generator[tuple[KeyPath, str], None, frozenset[str]]


def replaced(
    steps: Sequence[Step],
    names: frozenset[str],
    transforms: Mapping[str, TransformDefinition],
    path: KeyPath = ("steps",),
) -> Replaced:
    """The answers that would replace a member, as far as is known what records have: where, and what is
    wrong. `names`: the members that records may have before these steps; returns those behind them."""
    for index, step in enumerate(steps):
        here = (*path, index)
        if isinstance(step, MapStep):
            names = _targets(step, transforms)
        elif isinstance(step, ChooseStep):
            names = yield from _in_branches(step, names, transforms, here)
        elif isinstance(step, CallStep) and step.reply_as is not None:
            if step.reply_as in names:
                message = f'the record has a member "{step.reply_as}" already; choose another name'
                yield (*here, "as"), message
            names |= {step.reply_as}
    return names


def _in_branches(
    step: ChooseStep, names: frozenset[str], transforms: Mapping[str, TransformDefinition], path: KeyPath
) -> Replaced:
    behind = names
    for number, branch in enumerate(step.choose):
        inner, key = (
            (branch.steps, "steps") if isinstance(branch, WhenBranch) else (branch.otherwise, "otherwise")
        )
        behind |= yield from replaced(inner, names, transforms, (*path, "choose", number, key))
    return behind


def _targets(step: MapStep, transforms: Mapping[str, TransformDefinition]) -> frozenset[str]:
    definition = transforms[step.map] if isinstance(step.map, str) else step.map
    return frozenset(parse_target(target)[0] for target in definition.transform)
