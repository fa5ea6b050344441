"""Validation errors in plain words: alternatives, closed sets, lists, names."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, TypeAdapter

from adapters.settings import Settings
from gateway.config.document import read_document
from gateway.config.expected import describe_field
from gateway.config.origin import Origin
from gateway.config.references import References
from gateway.config.validation import validate


class Colour(StrEnum):
    """A closed set."""

    RED = "red"
    DARK_BLUE = "dark-blue"


class Basic(Settings):
    """One kind of authentication."""

    kind: Literal["basic"]
    username: Annotated[str, Field(max_length=10)]


class Token(Settings):
    """Another kind."""

    kind: Literal["token"]
    header: Annotated[str, Field(max_length=10)] = "X"


class Wsse(Settings):
    """Told by its key."""

    wsse: Annotated[int, Field(ge=1, le=9)]


class Plain(Settings):
    """Told by its key."""

    plain: bool


class Model(Settings):
    """All shapes of fields."""

    tagged: Annotated[Basic | Token, Field(discriminator="kind")] | None = None
    keyed: Wsse | Plain | None = None
    one_or_many: (
        Annotated[str, Field(max_length=3)]
        | Annotated[tuple[Annotated[str, Field(max_length=3)], ...], Field(min_length=1, max_length=2)]
    ) = ""
    number_or_word: Annotated[int, Field(ge=1, le=9)] | Literal["auto"] = "auto"
    colour: Colour = Colour.RED
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], Field(max_length=2)] = ()
    named: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z]+$", max_length=5)], Annotated[float, Field(gt=0, lt=1)]],
        Field(max_length=2),
    ] = Field(default_factory=dict)
    pair: tuple[Annotated[int, Field(ge=0, le=9)], bool] = (0, False)
    flag: bool = False


def explained(text: str, folder: Path) -> list[str]:
    """`line:column: key: message` of everything wrong with a file of this text."""
    file = folder / "x.yaml"
    file.write_text(text)
    node, problems = read_document(file)
    assert node is not None
    assert problems == []
    found = validate(TypeAdapter(Model), Model, Origin(file, node), References(folder, {}), folder)
    return [str(problem).removeprefix(f"{file}:") for problem in found.problems]


CASES = {
    "tag-missing": ("tagged: {username: x}", ["1:1: tagged.kind: is required: one of: basic, token"]),
    "tag-wrong": (
        "tagged: {kind: basik}",
        ['1:16: tagged.kind: did you mean "basic"? must be one of: basic, token'],
    ),
    "tag-chooses": (
        "tagged: {kind: token, username: x}",
        ["1:23: tagged.username: unknown key; it belongs to `kind: basic`; allowed: kind, header"],
    ),
    "tagged-not-a-mapping": (
        "tagged: 3",
        [
            "1:9: tagged: is 3; must be a mapping with the keys: kind, username or a mapping with the keys: "
            "kind, header"
        ],
    ),
    "keyed-inside": ("keyed: {wsse: 0}", ["1:15: keyed.wsse: is 0; must be a whole number from 1 to 9"]),
    "list-inside": (
        "one_or_many: [abc, abcd]",
        ["1:20: one_or_many[1]: must be text of at most 3 characters"],
    ),
    "list-empty": (
        "one_or_many: []",
        [
            "1:14: one_or_many: has 0; must be text of at most 3 characters or a list of 1 to 2 items, "
            "each text of at most 3 characters"
        ],
    ),
    "neither": (
        "number_or_word: autp",
        ["1:17: number_or_word: must be a whole number from 1 to 9 or one of: auto"],
    ),
    "enum": ("colour: dark-blu", ['1:9: colour: did you mean "dark-blue"? must be one of: red, dark-blue']),
    "items": (
        "ports: [1, 0, x]",
        [
            "1:12: ports[1]: is 0; must be a whole number from 1 to 65535",
            "1:15: ports[2]: is text; must be a whole number from 1 to 65535",
        ],
    ),
    "item": ("ports: [1, 0]", ["1:12: ports[1]: is 0; must be a whole number from 1 to 65535"]),
    "name": ("named: {A: 0.5}", ["1:9: named.A: this name is not allowed: must match pattern '^[a-z]+$'"]),
    "value": ("named: {a: 1}", ["1:12: named.a: is 1; must be a number above 0, below 1"]),
    "pair": ("pair: [1, 1]", ["1:11: pair[1]: is 1; must be true or false"]),
    "number-for-text": (
        "tagged: {kind: basic, username: 850}",
        [
            "1:33: tagged.username: is 850, which is text only in quotes; "
            "must be text of at most 10 characters"
        ],
    ),
    "pair-short": ("pair: [1]", ["1:1: pair[1]: is required: true or false"]),
    "null": ("flag: null", ["1:7: flag: is empty; must be true or false"]),
    "text-for-flag": ("flag: yes", ["1:7: flag: is text; must be true or false"]),
    "list-for-flag": ("flag: [true]", ["1:7: flag: is a list; must be true or false"]),
}


@pytest.mark.parametrize(("text", "messages"), CASES.values(), ids=CASES)
def test_messages(text: str, messages: list[str], tmp_path: Path) -> None:
    assert explained(text, tmp_path) == messages


def test_none_of_the_alternatives_is_hidden(tmp_path: Path) -> None:
    (found,) = explained("keyed: {}", tmp_path)
    assert found.startswith("1:8: keyed: is a mapping; must be a mapping with the keys: ")
    assert "wsse" in found


def test_descriptions_of_types() -> None:
    words = {name: describe_field(field) for name, field in Model.model_fields.items()}
    assert words["named"] == "a mapping of at most 2 keys"
    assert words["colour"] == "one of: red, dark-blue"
    assert words["number_or_word"] == "a whole number from 1 to 9 or one of: auto"
