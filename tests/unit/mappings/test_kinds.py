"""The kinds of format that can be loaded one by one are those that a configuration may define."""

from __future__ import annotations

from typing import get_args

import pytest

from mappings.formats import FormatDefinition
from mappings.kinds import BUILT_IN_NAMES, KINDS, built_in, definition_of


def test_each_kind_has_a_definition_and_each_definition_its_kinds() -> None:
    models = get_args(get_args(FormatDefinition)[0])
    assert {definition_of(kind) for kind in KINDS} == set(models)
    said = [kind for model in models for kind in get_args(model.model_fields["format"].annotation)]
    assert sorted(said) == sorted(KINDS)
    assert all(kind in get_args(definition_of(kind).model_fields["format"].annotation) for kind in KINDS)


@pytest.mark.parametrize("name", BUILT_IN_NAMES)
def test_what_is_built_in_needs_no_definition(name: str) -> None:
    format_ = built_in(name)
    assert format_ is not None
    assert format_.content_type


def test_other_names_are_not_built_in() -> None:
    assert built_in("xml") is None
    assert built_in("delimited") is None
