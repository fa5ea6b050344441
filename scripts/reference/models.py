"""The fields of configuration models as a flat list, nested ones under the path of their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.config.expected import Expected, arms, describe, key_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: its path (`channels.NAME.topic`), what it takes, its default where one line can say it."""

    path: str
    takes: str
    is_required: bool
    default: str | None
    description: str
    model: type[BaseModel]
    field: FieldInfo


def entries(
    model: type[BaseModel], prefix: str = "", around: tuple[type[BaseModel], ...] = ()
) -> Iterator[Entry]:
    """The fields of a model and of those inside it, in the order of the source.

    A model that can hold itself is gone into once. `around` are the models that this one is inside of.
    """
    for name, field in model.model_fields.items():
        path = f"{prefix}{key_of(name, field)}"
        expected = Expected(field.annotation, tuple(field.metadata), model, name)
        description = " ".join((field.description or "").split())
        required = field.is_required()
        yield Entry(path, _takes(expected), required, _default(field), description, model, field)
        yield from _inside(expected, path, (*around, model))


def _inside(expected: Expected, path: str, around: tuple[type[BaseModel], ...]) -> Iterator[Entry]:
    alternatives = [(suffix, inner) for suffix, inner in models(expected) if inner not in around]
    for suffix, model in alternatives:
        several = any(one is not model for _, one in alternatives)
        yield from entries(model, f"{path}{suffix}{_choice(model) if several else ''}.", around)


def models(expected: Expected, suffix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """The models among the alternatives of a type, with what stands between its key and theirs."""
    for arm in arms(expected):
        annotation, origin = arm.annotation, get_origin(arm.annotation)
        arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
        if _is_model(annotation):
            yield suffix, annotation
        elif origin in (dict, Mapping):
            yield from models(Expected(arguments[1]), f"{suffix}.NAME")
        elif origin in (list, tuple, AbstractSequence):
            yield from models(Expected(arguments[0]), f"{suffix}[]")


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _choice(model: type[BaseModel]) -> str:
    """What tells this model from its alternatives: ` (type: decimal)`."""
    if known_by := getattr(model, "known_by", None):
        return f" ({known_by})"
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is Literal:
            return f" ({key_of(name, field)}: {get_args(field.annotation)[0]})"
    return f" ({model.__name__})"


def _takes(expected: Expected) -> str:
    plain = [arm for arm in arms(expected) if not _is_model(arm.annotation)]
    words = describe(plain)
    if len(plain) < len(arms(expected)):
        words = f"{words} or a mapping with the keys below" if words else "a mapping with the keys below"
    optional = any(arm.annotation is type(None) for arm in arms(expected))
    return f"{words}, or null" if optional else words


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    return _as_yaml(field.get_default(call_default_factory=True))


def _as_yaml(value: Any) -> str | None:
    if isinstance(value, BaseModel):
        return None
    if isinstance(value, Enum):
        return _as_yaml(value.value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str | Path):
        return str(value) or '""'
    if isinstance(value, Mapping):
        return None if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(str(_as_yaml(item)) for item in value)}]"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
