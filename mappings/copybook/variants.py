"""What the definition says of the readings of an area, and of the fields that items refer to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mappings.copybook.check_entries import area_of, areas, target
from mappings.copybook.codecs import Settings, field_codec
from mappings.copybook.entries import Entry
from mappings.copybook.errors import CopybookError
from mappings.copybook.naming import found
from mappings.copybook.schema import BytesMatch, FieldMatch, Match
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.items import BytesAre, Condition, ValueIs

WHEN, OTHERWISE, NEVER, ALWAYS = "when", "otherwise", "never", "always"


@dataclass(frozen=True, slots=True)
class Rule:
    """When one reading of an area is taken."""

    word: str
    when: tuple[Condition, ...] = ()


@dataclass(slots=True)
class Rules:
    """The rules of a record's areas by entry, the keys of the fields that others refer to, and what is wrong:
    each with its key in the definition."""

    by_entry: dict[Entry, Rule] = field(default_factory=dict)
    keys: dict[Entry, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def rules_of(record: Entry, settings: Settings) -> Rules:
    """The rules for a record whose entries have been checked."""
    rules = Rules()
    order = {entry: number for number, entry in enumerate(record.walk())}

    def key(entry: Entry) -> str:
        return rules.keys.setdefault(entry, f"{order[entry]} {entry.shown}")

    for entry in record.walk():
        if entry.occurs is not None and entry.occurs.depending is not None:
            key(target(entry.occurs.depending, record))
    for name, rule in settings.definition.variants.items():
        where = f"variants.{name}"
        for entry in found(name, record):
            if isinstance(rule, str):
                rules.by_entry[entry] = Rule(rule)
                continue
            conditions: list[Condition] = []
            for match in matches(rule):
                if isinstance(match, BytesMatch):
                    conditions += _bytes(where, match, settings.page, rules)
                    continue
                chosen = _chosen(where, match, entry, record, order, rules)
                if chosen is not None:
                    values = _values(where, match, chosen, settings, rules)
                    conditions.append(ValueIs(key(chosen), values))
            rules.by_entry[entry] = Rule(WHEN, tuple(conditions))
    _leave_out_nameless(record, rules)
    rules.problems += _area_problems(record, settings, rules)
    return rules


def matches(rule: Match | Sequence[Match]) -> Sequence[Match]:
    """One condition or several, as several."""
    return (rule,) if isinstance(rule, FieldMatch | BytesMatch) else rule


def bytes_of(match: BytesMatch, page: CodePage) -> frozenset[bytes]:
    """The bytes that a match names. Raises: ValueError when lengths differ or a character has no byte."""
    if match.hex is not None:
        values = [bytes.fromhex(each) for each in ((match.hex,) if isinstance(match.hex, str) else match.hex)]
    else:
        assert match.value is not None, "checked with the model"
        try:
            texts = (match.value,) if isinstance(match.value, str) else match.value
            values = [page.encode(each) for each in texts]
        except UnicodeError:
            raise ValueError(f"has a character that {page.name} does not") from None
    if len({len(each) for each in values}) > 1:
        raise ValueError("the values differ in length")
    return frozenset(values)


def _bytes(where: str, match: BytesMatch, page: CodePage, rules: Rules) -> list[Condition]:
    try:
        return [BytesAre(match.at - 1, bytes_of(match, page))]
    except ValueError as error:
        rules.problems.append(f"{where}: {error}")
        return []


def _chosen(
    where: str, match: FieldMatch, entry: Entry, record: Entry, order: dict[Entry, int], rules: Rules
) -> Entry | None:
    """The field that chooses a variant: before the area, and in no table but those around the area."""
    candidates = found(match.field, record)
    if len(candidates) != 1:
        reason = (
            "names no field of the record" if not candidates else "names several fields; qualify it with OF"
        )
        rules.problems.append(f"{where}.field: {match.field!r} {reason}")
        return None
    (chosen,) = candidates
    first = area_of(entry) or entry
    around = set(entry.around())
    if chosen.is_group:
        rules.problems.append(f"{where}.field: {match.field!r} is a group")
    elif chosen.name is None or order[chosen] >= order[first]:
        rules.problems.append(f"{where}.field: {match.field!r} does not stand before the area")
    elif any(each.occurs and each not in around for each in (chosen, *chosen.around())):
        rules.problems.append(f"{where}.field: {match.field!r} occurs several times")
    else:
        return chosen
    return None


def _values(
    where: str, match: FieldMatch, chosen: Entry, settings: Settings, rules: Rules
) -> tuple[str | int, ...]:
    values = match.value if isinstance(match.value, tuple) else (match.value,)
    try:
        codec = field_codec(chosen, settings)
    except CopybookError:
        return values  # it is reported where the field is compiled
    for value in values:
        try:
            codec.write(value)
        except ValueError as error:
            hint = condition_hint(value, chosen)
            message = f"{where}.value: {value!r} is never read from {match.field}: it {error}{hint}"
            rules.problems.append(message)
    return values


def condition_hint(value: object, entry: Entry) -> str:
    """What else to say of a value that is the name of a condition of a field."""
    for condition in entry.conditions:
        if isinstance(value, str) and condition.name == value.upper():
            first, _ = condition.ranges[0]
            return (
                f"; {value} is a condition name of level 88, whose value is {first.text!r}: give that, or set"
                " conditions to labels"
            )
    return ""


def _leave_out_nameless(record: Entry, rules: Rules) -> None:
    """FILLER that redefines: no rule can name it, and so it is not read where the others have rules."""
    for area in (area for group in record.walk() for area in areas(group.children)):
        if any(entry in rules.by_entry for entry in area):
            for entry in area:
                if entry.name is None:
                    rules.by_entry.setdefault(entry, Rule(NEVER))


def _area_problems(record: Entry, settings: Settings, rules: Rules) -> Iterator[str]:
    """Areas of which it is not said, or not clearly, how they are read."""
    for area in (area for group in record.walk() for area in areas(group.children)):
        entry = area[0]
        if len(area) == 1:
            if entry in rules.by_entry:
                yield f"variants.{entry.shown}: is no item of an area with REDEFINES"
            continue
        said = [rules.by_entry[each].word for each in area if each in rules.by_entry]
        names = ", ".join(each.shown for each in area)
        if not said:
            if settings.definition.redefines == "refuse":
                yield (
                    f"variants: {entry.at}: say when each of {names} is read, or set redefines to first"
                    " or all"
                )
            continue
        if len(said) < len(area):
            missing = next(each for each in area if each not in rules.by_entry)
            yield f"variants.{missing.shown}: is missing; it reads the same bytes as others of {names}"
        if ALWAYS in said and {WHEN, OTHERWISE} & set(said):
            yield f"variants: of {names} some are always read, others on a condition"
        if said.count(OTHERWISE) > 1:
            yield f"variants: of {names} more than one is read otherwise"
