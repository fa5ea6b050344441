"""Every field of every configuration model says what it is for and is bounded.

Walks the registry, so that an adapter cannot be forgotten.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as AbstractSequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr

from adapters import registry
from gateway.config import FlowSettings, GatewaySettings, PathSettings
from gateway.config.expected import Expected, arms
from mappings.formats import FormatDefinition
from mappings.transform import TransformDefinition
from scripts.reference.models import Entry, entries, models

MODELS: dict[str, type[BaseModel]] = {
    "gateway": GatewaySettings,
    "route": PathSettings,
    "flow": FlowSettings,
    "transform": TransformDefinition,
    **{f"adapter-{name}": registry.load(name).settings for name in registry.names()},
    **{f"format-{model.__name__}": model for _, model in models(Expected(FormatDefinition))},
}
EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@EVERY_MODEL
def test_every_field_has_a_description_in_sentences(model: type[BaseModel]) -> None:
    assert [entry.path for entry in entries(model) if not is_said(entry.description)] == []


@EVERY_MODEL
def test_every_field_is_bounded(model: type[BaseModel]) -> None:
    found = {entry.path: list(unbounded(_expected(entry))) for entry in entries(model)}
    assert {path: why for path, why in found.items() if why} == {}


@EVERY_MODEL
def test_units_are_in_names(model: type[BaseModel]) -> None:
    """Seconds are named _s."""
    paths = [entry.path for entry in entries(model)]
    times = [
        path for path in paths if any(word in last_key(path) for word in ("timeout", "interval", "grace"))
    ]
    assert [path for path in times if not path.endswith("_s")] == []


@EVERY_MODEL
def test_models_are_strict_and_show_no_input(model: type[BaseModel]) -> None:
    for each in {entry.model for entry in entries(model)}:
        assert each.model_config.get("extra") == "forbid"
        assert each.model_config.get("frozen") is True
        assert each.model_config.get("hide_input_in_errors") is True


SYNONYMS = {
    "url": "endpoint",
    "uri": "endpoint",
    "user": "username",
    "login": "username",
    "passwd": "password",
    "pass": "password",
    "ssl": "tls",
    "timeout": "timeout_s",
    "concurrency": "max_in_flight",
    "hostname": "host",
    "ca_file": "ca",
    "cert": "certificate",
}


@EVERY_MODEL
def test_the_same_word_means_the_same_everywhere(model: type[BaseModel]) -> None:
    assert [entry.path for entry in entries(model) if last_key(entry.path) in SYNONYMS] == []


def is_said(description: str) -> bool:
    """Whether this is a sentence."""
    begins = description[:1].isupper() or not description[:1].isalpha()
    return len(description) >= 5 and begins and description[-1] in ".)"


def last_key(path: str) -> str:
    return path.rpartition(".")[2]


def _expected(entry: Entry) -> Expected:
    return Expected(entry.field.annotation, tuple(entry.field.metadata))


def unbounded(expected: Expected) -> Iterator[str]:
    """What is without a bound in a type: in its alternatives, its items, its keys."""
    for arm in arms(expected):
        annotation, bounds = arm.annotation, _bounds(arm)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Literal or annotation in (bool, type(None), Any) or _is_closed(annotation):
            continue
        if annotation in (int, float, Decimal):
            if not {"ge", "gt"} & bounds or not {"le", "lt"} & bounds:
                yield f"{annotation.__name__}: bounds {sorted(bounds)}"
        elif annotation is str or annotation is SecretStr:
            if not {"max_length", "pattern"} & bounds:
                yield f"{annotation.__name__}: no max_length or pattern"
        elif origin in (dict, Mapping, list, tuple, set, frozenset, AbstractSequence):
            if "max_length" not in bounds and not _is_fixed(origin, arguments):
                yield f"{annotation}: no max_length"
            # A JSON value of any shape, such as a JSON Schema, is bounded by the size of its file.
            for argument in () if Any in arguments else arguments:
                if argument is not Ellipsis:
                    yield from unbounded(Expected(argument))
        else:
            yield f"{annotation}: not known to this test"


def _is_closed(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel | enum.Enum | Path)


def _is_fixed(origin: Any, arguments: tuple[Any, ...]) -> bool:
    return origin is tuple and Ellipsis not in arguments


def _bounds(expected: Expected) -> set[str]:
    names = ("ge", "gt", "le", "lt", "max_length", "pattern")
    return {name for item in expected.metadata for name in names if getattr(item, name, None) is not None}
