"""A draft tried on its samples: what they say against it is taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from mappings.contract import Context, Format, MappingError, Record
from mappings.formats import FormatDefinition, build
from mappings.infer.draft import Draft, Key, Plain
from mappings.infer.sample import InferenceError, Sample
from mappings.xml_definition import READ_FILE, ReadFile

_DEFINITION: TypeAdapter[FormatDefinition] = TypeAdapter(FormatDefinition)
_CHUNK = 1 << 16
_MOST_ROUNDS = 4
"""A field that was made text can bring errors of the next to light, but not without end."""

_KEPT = ("at", "length", "column", "variable")
"""The keys that say where a field stands, whatever its type is."""


def built(draft: Draft, read: ReadFile | None = None) -> Format:
    """The format that a draft describes; `read` reads the files that it names.

    Raises: InferenceError where it contradicts itself.
    """
    try:
        return build(_DEFINITION.validate_python(draft.definition, context={READ_FILE: read}))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        reasons = [str(each["msg"]).removeprefix("Value error, ") for each in found]
    except ValueError as error:
        reasons = str(error).splitlines()
    raise InferenceError(f"the draft is not sound: {'; '.join(reasons)}")


class Reading(NamedTuple):
    """How many records of samples were read, the errors, and whether reading stopped before an end."""

    read: int
    errors: list[MappingError]
    is_lost: bool = False


def reading_of(format_: Format, samples: Sequence[Sample]) -> Reading:
    """Read samples. The end of a cut one is not looked at."""
    readings = [_reading_of(format_, sample) for sample in samples]
    return Reading(
        sum(one.read for one in readings),
        [error for one in readings for error in one.errors],
        any(one.is_lost for one in readings),
    )


def _reading_of(format_: Format, sample: Sample) -> Reading:
    errors: list[MappingError] = []
    count = 0

    def take(results: Sequence[Record | MappingError]) -> None:
        nonlocal count
        bad = [result for result in results if isinstance(result, MappingError)]
        count += len(results) - len(bad)
        errors.extend(bad)

    try:
        decoder = format_.decoder(Context())
        for at in range(0, len(sample.data), _CHUNK):
            take(decoder.feed(sample.data[at : at + _CHUNK]))
        if sample.is_whole:
            take(decoder.finish()[0])
    except MappingError as lost:
        return Reading(count, [*errors, lost], is_lost=True)
    return Reading(count, errors)


def verified(draft: Draft, samples: Sequence[Sample], text: dict[str, dict[str, Plain]]) -> Draft:
    """The draft with every field that the samples contradict made text, and what is left of errors told.

    `text` are the keys of a text that takes anything, by the kind of format.
    """
    as_text = text.get(str(draft.definition.get("format")), {})
    for _ in range(_MOST_ROUNDS):
        reading = reading_of(built(draft), samples)
        wrong = Counter(error.place.path.lstrip("/") for error in reading.errors if error.place.path)
        keys = tuple(_relaxed(key, wrong, as_text) for key in draft.keys)
        if keys == draft.keys:
            break
        draft = draft.replaced(keys)
    return draft.replaced(draft.keys, verdict(reading))


def verdict(reading: Reading) -> str:
    """What is to be said of reading the samples."""
    errors = reading.errors
    if not errors:
        return f"Reads the samples: {reading.read} records, no error."
    rules = Counter(error.rule for error in errors)
    shown = ", ".join(f"{count} × {rule}" for rule, count in rules.most_common(5))
    return (
        f"Reads {reading.read} records of the samples; {len(errors)} errors: {shown}; the first: {errors[0]}"
    )


def _relaxed(key: Key, wrong: Counter[str], as_text: dict[str, Plain]) -> Key:
    """The key, with fields that had errors made text; `wrong` counts them by their paths."""
    if not isinstance(key.value, tuple):
        return key
    if key.name != "fields":
        is_by_type = key.name == "records"
        inner = [
            _relaxed(each, _below(each.name, wrong) if is_by_type else wrong, as_text) for each in key.value
        ]
        return Key(key.name, tuple(inner), key.doubt)
    return Key(key.name, tuple(_as_text(each, wrong, as_text) for each in key.value), key.doubt)


def _below(name: str, wrong: Counter[str]) -> Counter[str]:
    """What is counted below a type of record, by the paths inside of it."""
    around = f"{name}/"
    return Counter(
        {path.removeprefix(around): count for path, count in wrong.items() if path.startswith(around)}
    )


def _as_text(field: Key, wrong: Counter[str], as_text: dict[str, Plain]) -> Key:
    count = wrong[field.name.replace("~", "~0").replace("/", "~1")]
    if not count or not isinstance(field.value, dict):
        return field
    kept = {name: each for name, each in field.value.items() if name in _KEPT} | as_text
    if kept == field.value:
        return field
    was = field.value.get("type", "string")
    return Key(field.name, kept, f"looks like {was}, but {count} values are not")
