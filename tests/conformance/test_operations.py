"""What an adapter says about itself is complete, valid and consistent: everything else is built on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import jsonschema_rs

from adapters.contract import (
    Adapter,
    BytesShape,
    Capability,
    EventsShape,
    JsonSchema,
    JsonShape,
    Operation,
    Parameter,
    RowsShape,
    Shape,
)
from adapters.registry import AdapterType
from tests.conformance.conftest import Make
from tests.conformance.kit import Kit

_IN_PATH = re.compile(r"\{([^{}+]+)\+?\}")
_CAPABILITY = {
    JsonShape: Capability.VALUES,
    RowsShape: Capability.ROWS,
    BytesShape: Capability.BYTES,
    EventsShape: Capability.EVENTS,
}


def _schemas(operation: Operation) -> Iterator[tuple[str, JsonSchema]]:
    for where, shape in (("request", operation.request), ("reply", operation.reply)):
        if isinstance(shape, JsonShape | RowsShape):
            yield where, shape.schema
    for parameter in operation.parameters:
        yield f"parameter {parameter.name}", parameter.schema
    for fault in operation.faults:
        yield f"fault {fault.code}", fault.schema


async def test_there_are_operations_and_they_do_not_change(adapter: Adapter) -> None:
    names = [operation.name for operation in adapter.operations()]
    assert names
    assert names == [operation.name for operation in adapter.operations()]


async def test_operations_from_settings_are_known_without_the_peer(
    kit: Kit, make: Make, adapter: Adapter, adapter_type: AdapterType
) -> None:
    unconnected = make(kit.settings())
    if Capability.DESCRIBED_BY_SETTINGS in adapter_type.capabilities:
        assert list(unconnected.operations()) == list(adapter.operations())
    else:
        assert list(unconnected.operations()) == []


async def test_names_are_unique(adapter: Adapter) -> None:
    counts = Counter(operation.name for operation in adapter.operations())
    assert [name for name, count in counts.items() if count > 1] == []
    missing = {missing.name for missing in adapter.missing()}
    assert missing.isdisjoint(counts)
    assert all(missing.reason for missing in adapter.missing())


async def test_notes_are_sentences(kit: Kit, adapter: Adapter) -> None:
    notes = list(adapter.notes())
    assert all(note.strip() and note.isprintable() for note in notes)
    assert not any(secret in note for secret in kit.secrets for note in notes)


async def test_every_operation_is_described(adapter: Adapter) -> None:
    for operation in adapter.operations():
        assert operation.summary.strip(), operation.name
        for parameter in operation.parameters:
            assert parameter.description.strip(), f"{operation.name}: {parameter.name}"


async def test_safe_operations_are_idempotent(adapter: Adapter) -> None:
    assert [o.name for o in adapter.operations() if o.safe and not o.idempotent] == []


async def test_get_is_for_safe_operations_and_has_no_body(adapter: Adapter) -> None:
    for operation in adapter.operations():
        for binding in operation.bindings:
            if binding.method == "GET":
                assert operation.safe, operation.name
                assert operation.request is None or binding.query_as_body, operation.name


async def test_schemas_are_valid_and_self_contained(adapter: Adapter) -> None:
    for operation in adapter.operations():
        for where, schema in _schemas(operation):
            place = f"{operation.name}: {where}"
            jsonschema_rs.Draft202012Validator(
                {"$ref": "https://json-schema.org/draft/2020-12/schema"}
            ).validate(schema)
            jsonschema_rs.validator_for(schema)
            assert all(ref.startswith("#") for ref in _references(schema)), place


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


async def test_a_row_and_each_fault_is_an_object_where_it_says_so(adapter: Adapter) -> None:
    for operation in adapter.operations():
        if isinstance(operation.reply, RowsShape):
            assert operation.reply.schema.get("type") == "object", operation.name


async def test_parameters_fit_the_paths(adapter: Adapter) -> None:
    for operation in adapter.operations():
        by_name: dict[str, Parameter] = {parameter.name: parameter for parameter in operation.parameters}
        assert len(by_name) == len(operation.parameters), f"{operation.name}: a parameter is declared twice"
        in_path = {name for name, parameter in by_name.items() if parameter.location == "path"}
        assert all(by_name[name].required for name in in_path), (
            f"{operation.name}: an optional path parameter"
        )
        for binding in operation.bindings:
            assert binding.path.startswith("/"), operation.name
            assert not binding.path.endswith("/"), operation.name
            named = _IN_PATH.findall(binding.path)
            assert len(set(named)) == len(named), f"{operation.name}: {binding.path} names a parameter twice"
            assert set(named) == in_path, f"{operation.name}: {binding.path} and its path parameters differ"


async def test_no_two_operations_share_a_path_and_a_media_type(adapter: Adapter) -> None:
    taken: dict[tuple[str, str, str], str] = {}
    for operation in adapter.operations():
        for binding in operation.bindings:
            key = (binding.method, _IN_PATH.sub("{}", binding.path), _media_type(operation.reply))
            assert key not in taken, f"{operation.name} and {taken[key]} are both {key}"
            taken[key] = operation.name


def _media_type(shape: Shape | None) -> str:
    return "text/event-stream" if isinstance(shape, EventsShape) else "a body"


async def test_the_kinds_of_reply_are_declared(adapter: Adapter, adapter_type: AdapterType) -> None:
    used = {_CAPABILITY[type(o.reply)] for o in adapter.operations() if o.reply is not None}
    assert used <= adapter_type.capabilities
