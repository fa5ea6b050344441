"""Validation errors of the models, turned into plain sentences at their places in the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from pydantic_core import ErrorDetails

from gateway.config.alternatives import UNKNOWN_MODEL, locate
from gateway.config.expected import (
    Expected,
    allowed_keys,
    arms,
    below,
    choosing_key,
    describe,
    expected_at,
    is_secret,
)
from gateway.config.origin import Origin, child
from gateway.config.problems import KeyPath, Problem, printable
from gateway.config.suggest import listing, suggestion

# Kinds of pydantic errors that say something a description of the type does not.
_CUSTOM = ("value_error", "assertion_error", UNKNOWN_MODEL)
_CHOICES = ("literal_error", "enum")


def explain(
    errors: Iterable[ErrorDetails],
    origin: Origin,
    annotation: object,
    hidden: Iterable[KeyPath],
) -> list[Problem]:
    """One problem for each thing that is wrong.

    `hidden`: places whose value is not shown, because it is or holds a secret.
    """
    secret = frozenset(hidden)
    by_place: dict[KeyPath, list[ErrorDetails]] = defaultdict(list)
    for located in locate(errors, origin.node):
        by_place[located.path].append(located.error)
    return [
        problem
        for path, found in by_place.items()
        for problem in _Writer(origin, annotation, path, path in secret).problems(found)
    ]


class _Writer:
    """Writes the sentences for one place."""

    def __init__(
        self,
        origin: Origin,
        annotation: object,
        path: KeyPath,
        is_hidden: bool,
    ) -> None:
        self._origin = origin
        self._path = path
        self._around = expected_at(annotation, origin.node, path[:-1])
        self._beside = expected_at(annotation, origin.node, path[:-1], is_narrowed=False)
        # The value itself may rule out the very alternative that the key belongs to.
        self._expected = expected_at(annotation, origin.node, path) or [
            arm
            for one in self._beside
            for part in path[-1:]
            for found in below(one, part)
            for arm in arms(found)
        ]
        self._chosen_by = choosing_key(self._expected)
        self._hidden = is_hidden or is_secret(self._expected)

    def problems(self, errors: Sequence[ErrorDetails]) -> list[Problem]:
        """One problem, or one for each rule a model's own check names."""
        messages = dict.fromkeys(self._message(error) for error in errors)
        at_key = any(
            error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",) for error in errors
        )
        # A word alone may stand for a model: then it is the word that is wrong.
        is_choice = any(error["type"].startswith("union_tag") for error in errors)
        chosen_by = None if isinstance(self._value(), str) else self._chosen_by
        path = (*self._path, chosen_by) if is_choice and chosen_by is not None else self._path
        return [self._origin.problem(path, message, at_key=at_key) for message in messages]

    def _message(self, error: ErrorDetails) -> str:
        kind, context = error["type"], error.get("ctx", {})
        if kind == "missing":
            wanted = describe(self._expected)
            return f"is required{f': {wanted}' if wanted else ''}"
        if kind == "extra_forbidden":
            key = str(self._path[-1])
            keys = [each for each in allowed_keys(self._around) if each != key]
            near = suggestion(key, keys) or self._elsewhere(key)
            return f"unknown key; {near}allowed: {listing(keys)}"
        if kind in _CUSTOM:
            return str(context.get("error", error["msg"]))
        if kind.startswith("union_tag"):
            return self._tag_message(error)
        if error["loc"][-1:] == ("[key]",):
            return f"this name is not allowed: {_rule(error)}"
        if kind in _CHOICES or self._expected:
            return self._must_be(_counted(error))
        return _rule(error)

    def _elsewhere(self, key: str) -> str:
        """Where the key would be one: of the models that another value of the choosing key stands for, or
        that are known by another key."""
        models = [each for each in self._beside if key in allowed_keys([each])]
        known = [getattr(each.annotation, "known_by", None) for each in models]
        if known and None not in known:
            return f"it goes with `{' | '.join(dict.fromkeys(map(str, known)))}`; "
        chosen_by = choosing_key(self._beside)
        values = [str(one) for each in _values_of(models, chosen_by) for one in get_args(each.annotation)]
        return f"it belongs to `{chosen_by}: {' | '.join(values)}`; " if chosen_by and values else ""

    def _must_be(self, counted: str) -> str:
        wanted = describe(self._expected)
        value = self._value()
        near = suggestion(value, _choices(self._expected)) if isinstance(value, str) else ""
        return f"{'' if self._hidden else counted or self._shown(value)}{near}must be {wanted}"

    def _tag_message(self, error: ErrorDetails) -> str:
        kind, context = error["type"], error.get("ctx", {})
        tags = str(context.get("expected_tags", "")).replace("'", "")
        if kind == "union_tag_not_found":
            return f"is required: {describe(_values_of(self._expected, self._chosen_by))}"
        near = "" if self._hidden else suggestion(str(context.get("tag", "")), tags.split(", "))
        return f"{near}must be one of: {tags}"

    def _value(self) -> object:
        node = self._origin.node
        for part in self._path:
            found = child(node, part)
            if found is None:
                return None
            node = found.node
        return None if self._hidden else node.value

    def _shown(self, value: object) -> str:
        if self._hidden:
            return ""
        if value is None:
            return "is empty; "
        if isinstance(value, bool | int | float):
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            return f"is {shown}, which is text only in quotes; " if self._wants_text() else f"is {shown}; "
        if isinstance(value, str):
            return "is text; " if self._wants_other_than_text() else ""
        return "is a list; " if isinstance(value, tuple) else "is a mapping; "

    def _wants_text(self) -> bool:
        kinds = {one.annotation for one in self._expected if one.annotation is not type(None)}
        return kinds == {str}

    def _wants_other_than_text(self) -> bool:
        return all(one.annotation in (int, float, bool) for one in self._expected)


def _values_of(models: Iterable[Expected], key: str | None) -> list[Expected]:
    """What `key` may be in each of the models; the models themselves when no key chooses among them."""
    models = list(models)
    found = [one for model in models for one in below(model, key)] if key else []
    values = [value for one in found for value in get_args(one.annotation)]
    return [Expected(Literal[tuple(values)])] if values else found or models


def _counted(error: ErrorDetails) -> str:
    """What was counted, for a text, list or mapping of the wrong length."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("too_short", "too_long") and isinstance(context.get("actual_length"), int):
        return f"has {context['actual_length']}; "
    return ""


def _choices(expected: Iterable[Expected]) -> list[str]:
    words = describe(expected)
    return words.removeprefix("one of: ").split(", ") if words.startswith("one of: ") else []


def _rule(error: ErrorDetails) -> str:
    """Pydantic's own sentence, which never holds input, in the words used here."""
    text = error["msg"].replace("Input should be", "must be").replace("String should", "must")
    return printable(text[:1].lower() + text[1:])
