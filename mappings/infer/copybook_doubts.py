"""What neither a copybook nor data tells: the machine, and which reading of an area holds when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mappings.copybook import CopybookFormat
from mappings.copybook.check_entries import areas
from mappings.copybook.entries import Entry
from mappings.copybook.layout import compile_definition
from mappings.infer.draft import Key

_NATIVE = re.compile(r"\b(?:COMP(?:UTATIONAL)?-5|BINARY-(?:CHAR|SHORT|LONG|DOUBLE)|INDEX)\b")
_FLOATS = re.compile(r"\b(?:COMP(?:UTATIONAL)?-[12]|FLOAT-(?:SHORT|LONG))\b")
_MOST_SHOWN = 20


def machine_keys(format_: CopybookFormat) -> tuple[Key, ...]:
    """The keys of numbers whose bytes depend on the machine, where the copybook has such."""
    book = format_.definition.copybook
    text = "\n".join(each.content for each in (*book.texts, *book.copied)).upper()
    if format_.layout.page.is_ebcdic:
        order, floats, machine = "big", "hexadecimal", "a mainframe"
    else:
        order, floats, machine = "little", "ieee", "x86"
    doubt = f"a guess, as on {machine}: no byte says how {{}} stored"
    keys = []
    if _NATIVE.search(text) is not None:
        keys.append(Key("native_order", order, doubt.format("COMP-5 is")))
    if _FLOATS.search(text) is not None:
        keys.append(Key("floats", floats, doubt.format("COMP-1 and COMP-2 are")))
    return tuple(keys)


def variants_finding(format_: CopybookFormat) -> str:
    """What `variants` may look like for the areas with several readings; empty where there are none."""
    trees = compile_definition(format_.definition).trees.values()
    records = dict.fromkeys(_record_of(next(iter(tree.places))) for tree in trees if tree.places)
    rules = [rule for record in records for rule in _rules(record)]
    if not rules:
        return ""
    shown = [*rules[:_MOST_SHOWN], "…"] if len(rules) > _MOST_SHOWN else rules
    return f"Which reading of an area holds, and when, is said by `variants: {{{', '.join(shown)}}}`, or so."


def _record_of(entry: Entry) -> Entry:
    """The item of level 01 that it is in."""
    return [entry, *entry.around()][-1]


def _rules(record: Entry) -> Iterator[str]:
    """A rule for each item of the areas of a record. The field that chooses is likely the last one before the
    area of which level 88 names values."""
    order = {entry: number for number, entry in enumerate(record.walk())}
    for group in record.walk():
        for area in areas(group.children):
            if len(area) < 2:
                continue
            before = [entry for entry, number in order.items() if number < order[area[0]]]
            chooser = next((entry for entry in reversed(before) if entry.conditions), None)
            yield from _rules_of(area, chooser)


def _rules_of(area: Sequence[Entry], chooser: Entry | None) -> Iterator[str]:
    """The rules of one area: values in the order in which they stand, and none for a first item that only
    reserves the bytes."""
    values = iter([each.ranges[0][0].text for each in chooser.conditions] if chooser is not None else [])
    field = chooser.shown if chooser is not None else "…"
    for number, entry in enumerate(area):
        if entry.name is None:
            continue
        if number == 0 and not entry.is_group:
            yield f"{entry.name}: never"
        else:
            yield f"{entry.name}: {{field: {field}, value: {next(values, '…')}}}"
