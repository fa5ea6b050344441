"""What a model expects at some place, and how to say it in plain words.

Problems, the reference page and near-miss suggestions all say it with this one vocabulary.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Sequence as AbstractSequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from gateway.config.document import Entry, Node
from gateway.config.origin import child
from gateway.config.problems import KeyPath
from gateway.config.suggest import listing

_LISTS = (list, tuple, set, frozenset, AbstractSequence, Collection, Iterable)
_MAPPINGS = (dict, Mapping)


@dataclass(frozen=True, slots=True)
class Expected:
    """One type a value may have; `metadata` holds its bounds, `owner` and `name` the field it belongs to."""

    annotation: Any
    metadata: tuple[Any, ...] = ()
    owner: type[BaseModel] | None = None
    name: str = ""


def key_of(name: str, field: FieldInfo) -> str:
    """The key in the file for a model's field."""
    return field.alias or name


def arms(expected: Expected) -> list[Expected]:
    """The alternatives of a type: annotations unwrapped, unions taken apart."""
    annotation, metadata = expected.annotation, expected.metadata
    while get_origin(annotation) is Annotated:
        annotation, *extra = get_args(annotation)
        metadata = (*_flat(extra), *metadata)
    if hasattr(annotation, "__value__"):
        return arms(Expected(annotation.__value__, metadata, expected.owner, expected.name))
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [Expected(part, metadata, expected.owner, expected.name) for part in get_args(annotation)]
        return [arm for part in parts for arm in arms(part)]
    return [Expected(annotation, metadata, expected.owner, expected.name)]


def expected_at(annotation: object, node: Node, path: KeyPath, *, is_narrowed: bool = True) -> list[Expected]:
    """What may stand at `path` below `node`, a value of type `annotation`; empty where nothing may.

    Where several models are possible, those that the values of their closed sets rule out are left out:
    `format: csv` leaves only the model whose `format` is `csv`. Without `is_narrowed` they stay in at the
    place itself.
    """
    current = arms(Expected(annotation))
    for part in path:
        current = _possible(current, node)
        here = child(node, part)
        found = [inner for one in current for inner in below(one, part)]
        current = [arm for one in found for arm in arms(one)]
        if here is None:
            node = Node(0, 0, None)
            continue
        node = here.node
    return _possible(current, node) if is_narrowed else current


def _possible(alternatives: list[Expected], node: Node) -> list[Expected]:
    if len(alternatives) < 2 or not isinstance(node.value, Mapping):
        return alternatives
    entries = node.value
    kept = [one for one in alternatives if _is_model(one.annotation) and _fits(one.annotation, entries)]
    return kept or alternatives


def _fits(model: type[BaseModel], entries: Mapping[str, Entry]) -> bool:
    """False when a key with a closed set of values has another one, or has to be there and is not; so has the
    key that the model names as `known_by`."""
    if getattr(model, "known_by", None) not in (None, *entries):
        return False
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is not Literal:
            continue
        entry = entries.get(key_of(name, field))
        if field.is_required() if entry is None else entry.node.value not in get_args(field.annotation):
            return False
    return True


def allowed_keys(expected: Iterable[Expected]) -> list[str]:
    """The keys that the models among `expected` have, in their order."""
    models = [arm.annotation for one in expected for arm in arms(one) if _is_model(arm.annotation)]
    return list(
        dict.fromkeys(key_of(name, field) for model in models for name, field in model.model_fields.items())
    )


def choosing_key(expected: Iterable[Expected]) -> str | None:
    """The key by whose value the models among `expected` are told apart, None when there is no such key."""
    models = [arm.annotation for one in expected for arm in arms(one) if _is_model(arm.annotation)]
    closed = [
        [
            key_of(name, field)
            for name, field in model.model_fields.items()
            if get_origin(field.annotation) is Literal
        ]
        for model in models
    ]
    common = [key for key in closed[0] if all(key in keys for keys in closed)] if closed else []
    return common[0] if common else None


def is_secret(expected: Iterable[Expected]) -> bool:
    """True when one of the alternatives is a secret."""
    return any(one.annotation in (SecretStr, SecretBytes) for one in expected)


def describe(expected: Iterable[Expected]) -> str:
    """The alternatives in plain words: `a whole number from 1 to 1000`."""
    return " or ".join(
        dict.fromkeys(
            _describe(arm) for one in expected for arm in arms(one) if arm.annotation is not type(None)
        )
    )


def describe_field(field: FieldInfo) -> str:
    """What a field takes, in plain words."""
    return describe([Expected(field.annotation, tuple(field.metadata))])


def below(expected: Expected, part: str | int) -> list[Expected]:
    """What may stand at one key or index of a value of this type."""
    annotation = expected.annotation
    if _is_model(annotation):
        for name, field in annotation.model_fields.items():
            if key_of(name, field) == part:
                return [Expected(field.annotation, tuple(field.metadata), annotation, name)]
        return []
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(part, int) and origin in _LISTS and arguments:
        item = arguments[min(part, len(arguments) - 1)]
        item = arguments[0] if item is Ellipsis else item
        return [Expected(item, (), expected.owner, expected.name)]
    if isinstance(part, str) and origin in _MAPPINGS and len(arguments) == 2:
        return [Expected(arguments[1], (), expected.owner, expected.name)]
    return []


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _flat(metadata: Iterable[Any]) -> list[Any]:
    return [part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])]


def _describe(expected: Expected) -> str:
    annotation, origin = expected.annotation, get_origin(expected.annotation)
    if origin is Literal:
        return f"one of: {listing([_literal(value) for value in get_args(annotation)])}"
    if origin in _LISTS or annotation in _LISTS:
        items = [argument for argument in get_args(annotation) if argument is not Ellipsis][:1]
        of = f", each {describe([Expected(items[0])])}" if items and items[0] is not Any else ""
        return f"a list{_counted(expected, 'items')}{of}"
    if origin in _MAPPINGS or annotation in _MAPPINGS:
        return f"a mapping{_counted(expected, 'keys')}"
    if not isinstance(annotation, type):
        return "a value"
    if issubclass(annotation, Enum):
        return f"one of: {listing([_literal(member.value) for member in annotation])}"
    if issubclass(annotation, BaseModel):
        return f"a mapping with the keys: {listing(allowed_keys([expected]))}"
    return _describe_scalar(expected)


def _describe_scalar(expected: Expected) -> str:
    annotation = expected.annotation
    if annotation is bool:
        return "true or false"
    if annotation is int:
        return f"a whole number{_range(expected)}"
    if annotation in (float, Decimal):
        return f"a number{_range(expected)}"
    if annotation in (SecretStr, SecretBytes):
        if expected.name in getattr(expected.owner, "interpolation", {}):
            return "text whose secrets are references such as ${env:NAME}"
        return "a reference such as ${env:NAME} or ${file:PATH}"
    if issubclass(annotation, Path):
        return "the path of a file or folder"
    pattern = _bound(expected, "pattern")
    matching = "" if pattern is None else f" that matches {pattern}"
    return f"text{_counted(expected, 'characters')}{matching}"


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bound(expected: Expected, name: str) -> Any:
    for item in expected.metadata:
        found = getattr(item, name, None)
        if found is not None:
            return getattr(found, "pattern", found)
    return None


def _range(expected: Expected) -> str:
    least, above, most, below = (_bound(expected, name) for name in ("ge", "gt", "le", "lt"))
    if least is not None and most is not None:
        return f" from {_number(least)} to {_number(most)}"
    lower = f" above {_number(above)}" if above is not None else ""
    lower = f" of at least {_number(least)}" if least is not None else lower
    upper = f" below {_number(below)}" if below is not None else ""
    upper = f" at most {_number(most)}" if most is not None else upper
    return f"{lower},{upper}" if lower and upper else lower or upper


def _counted(expected: Expected, unit: str) -> str:
    least, most = _bound(expected, "min_length"), _bound(expected, "max_length")
    unit = unit.removesuffix("s") if (most if most is not None else least) == 1 else unit
    if least and most is not None:
        return (
            f" of {_number(least)} {unit}"
            if least == most
            else f" of {_number(least)} to {_number(most)} {unit}"
        )
    if most is not None:
        return f" of at most {_number(most)} {unit}"
    return f" of at least {_number(least)} {unit}" if least else ""


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
