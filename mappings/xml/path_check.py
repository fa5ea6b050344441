"""Is a definition of XML without a schema sound, beyond what its model's types say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from mappings.delimited import DelimitedDefinition, check_fields
from mappings.delimited.field_schema import FieldDefinition
from mappings.xml_definition import XmlDefinition
from mappings.xml_fields import FieldUse, GroupField, ValueField

_ADAPTER: TypeAdapter[FieldDefinition] = TypeAdapter(FieldDefinition)
_PLACING = frozenset(("path", "required", "repeat", "nullable", "description"))
_XML_WORDS = {"true_words": ("true", "1"), "false_words": ("false", "0")}
_PLAIN = DelimitedDefinition.model_validate({"format": "delimited", "fields": {"value": {}}})
MAX_DEPTH = 40


def problems(definition: XmlDefinition) -> Iterator[str]:
    """What contradicts itself, each with the key it is found at."""
    given = [key for key in ("fields", "convention") if getattr(definition, key) is not None]
    given += ["schema"] if definition.documents is not None else []
    if len(given) != 1:
        yield "schema: one of schema, fields and convention says what a record is"
        return
    if definition.documents is not None:
        if definition.namespaces:
            yield "namespaces: are those of the schema"
    elif definition.root is None and (definition.fields is not None or definition.record is not None):
        yield "root: is required"
    if definition.fields is None:
        yield from (
            f"{key}: is about fields, and there are none"
            for key in ("others", "spaces", "empty")
            if key in definition.model_fields_set
        )
    else:
        yield from _fields("fields", definition.fields, definition.namespaces, 0)
    if definition.documents is None:
        names = [definition.root or "", *(definition.record or "").split("/")]
        for key, name in zip(("root", *["record"] * len(names)), names, strict=False):
            yield from _prefix(key, name, definition.namespaces)


def _fields(
    where: str, fields: Mapping[str, FieldUse], namespaces: Mapping[str, str], depth: int
) -> Iterator[str]:
    if depth > MAX_DEPTH:
        yield f"{where}: more than {MAX_DEPTH} groups are inside each other"
        return
    taken: dict[tuple[str, ...], str] = {}
    for name, use in fields.items():
        place = f"{where}.{name}"
        steps = steps_of(name, use)
        for step in steps:
            yield from _prefix(f"{place}.path", step.removeprefix("@"), namespaces)
        is_attribute = steps[-1].startswith("@")
        if not isinstance(use, str):
            if is_attribute and (use.repeat or use.nullable):
                yield f"{place}: an attribute does not repeat and is not null"
            if not _elements(steps) and (use.repeat or use.nullable):
                yield f"{place}: the record's own element does not repeat and is not null"
        if isinstance(use, GroupField):
            if is_attribute or not _elements(steps):
                yield f"{place}.path: a group is an element below the record's"
            yield from _fields(f"{place}.fields", use.fields, namespaces, depth + 1)
        elif isinstance(use, ValueField):
            yield from _value(place, use)
        if steps in taken:
            yield f"{place}.path: is that of {taken[steps]} too"
        taken[steps] = name
    yield from _overlaps(where, fields)


def _overlaps(where: str, fields: Mapping[str, FieldUse]) -> Iterator[str]:
    """An element is a value, perhaps with attributes, or it holds elements; what repeats is a field alone."""
    values = {_elements(steps_of(name, use)): name for name, use in fields.items() if _is_value(name, use)}
    alone = {
        _elements(steps_of(name, use)): name
        for name, use in fields.items()
        if not isinstance(use, str) and (use.repeat or use.nullable or isinstance(use, GroupField))
    }
    for name, use in fields.items():
        elements = _elements(steps_of(name, use))
        for end in range(len(elements) + 1):
            holder = values.get(elements[:end])
            if holder not in (None, name) and end < len(elements):
                yield f"{where}.{name}.path: is inside of {holder}, which is a text"
            whole = alone.get(elements[:end])
            if whole not in (None, name):
                yield f"{where}.{name}.path: is inside of {whole}; make it a field of a group there"


def _is_value(name: str, use: FieldUse) -> bool:
    return not isinstance(use, GroupField) and not steps_of(name, use)[-1].startswith("@")


def _elements(steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(step for step in steps if not step.startswith("@") and step != "text()")


def steps_of(name: str, use: FieldUse) -> tuple[str, ...]:
    """The steps of a field's path; `text()` is left out behind an element."""
    path = use if isinstance(use, str) else use.path
    if path is None:
        return (name,)
    steps = tuple("text()" if step == "." else step for step in path.split("/"))
    return steps[:-1] if len(steps) > 1 and steps[-1] == "text()" else steps


def _prefix(place: str, name: str, namespaces: Mapping[str, str]) -> Iterator[str]:
    prefix, colon, local = name.rpartition(":")
    if colon and prefix not in namespaces and prefix != "xml":
        yield f"{place}: the prefix {prefix!r} is none of namespaces"
    if ":" in prefix or (colon and not local):
        yield f"{place}: {name!r} is no name"


def _value(place: str, use: ValueField) -> Iterator[str]:
    try:
        found = typed(use)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            key = ".".join(map(str, one["loc"][1:]))
            what = f"is not for the type {use.type}" if one["type"] == "extra_forbidden" else one["msg"]
            yield f"{place}.{key}: {what}"
        return
    yield from (f"{place}.{problem}" for problem in check_fields.problems(found, _PLAIN))


def typed(use: ValueField) -> FieldDefinition:
    """The same type as a field of delimited text. Raises: ValidationError for a key of another type."""
    given = {
        key: value
        for key in type(use).model_fields
        if key not in _PLACING and (value := getattr(use, key)) is not None
    }
    if use.type == "boolean":
        given = {**_XML_WORDS, **given}
    return _ADAPTER.validate_python(given)
