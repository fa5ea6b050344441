"""A definition with its copybook, compiled to the layout that fixed width reads and writes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

from mappings.copybook.check_entries import problems as entry_problems
from mappings.copybook.clauses import Dialect
from mappings.copybook.codecs import Settings, field_codec
from mappings.copybook.copying import expanded
from mappings.copybook.entries import Entry, Usage
from mappings.copybook.errors import At, CopybookError
from mappings.copybook.framing import framing_problems, lengths_of
from mappings.copybook.moments import moment_problems
from mappings.copybook.naming import found
from mappings.copybook.parser import parse
from mappings.copybook.schema import BytesMatch, CopybookDefinition, FieldMatch, FieldOptions, RecordType
from mappings.copybook.source import cut_off
from mappings.copybook.storage import usage_of
from mappings.copybook.tree import Place, Tree, build_tree
from mappings.copybook.variants import bytes_of, condition_hint, matches, rules_of
from mappings.fixed_width.check_structure import group_problems
from mappings.fixed_width.code_pages import CodePage, code_page
from mappings.fixed_width.items_record import compile_items
from mappings.fixed_width.layout import UNTAGGED, Layout, RecordLayout, block_of
from mappings.fixed_width.matching import Condition, ambiguities
from mappings.fixed_width.schema import Separator


@dataclass(slots=True)
class Compiled:
    """What a definition means; where there are problems, nothing else is to be used. `trees` are the records
    by the name of their type."""

    problems: list[str] = field(default_factory=list)
    trees: dict[str, Tree] = field(default_factory=dict)
    layout: Layout | None = None


@dataclass(frozen=True, slots=True)
class _Type:
    """One type of record with its item of level 01."""

    name: str
    definition: RecordType
    entry: Entry


def compile_definition(definition: CopybookDefinition) -> Compiled:
    """Compile a definition, or say all that is wrong with it."""
    compiled = Compiled()
    page = code_page(definition.encoding)
    entries = _entries(definition, compiled.problems)
    if compiled.problems:
        return compiled
    types = _types(definition, entries, compiled.problems)
    errors = [error for each in _distinct(types) for error in entry_problems(each)]
    compiled.problems += [f"copybook: {error}" for error in errors]
    compiled.problems += [problem for each in _distinct(types) for problem in _page_problems(each, page)]
    if compiled.problems:
        return compiled
    compiled.problems += _name_problems(definition, types)
    settings = Settings(definition, page, _options(definition, types))
    moments = list(_moment_problems(definition, types))
    if moments:
        compiled.problems += moments
        return compiled
    conditions = {each.name: _compile_type(each, settings, compiled) for each in types}
    if definition.records is not None:
        compiled.problems += group_problems(definition)
        compiled.problems += ambiguities(conditions)
    compiled.problems += framing_problems(
        definition, page, {name: each.record for name, each in compiled.trees.items()}
    )
    if not compiled.problems:
        compiled.layout = _layout(definition, page, compiled, conditions)
    return compiled


def _entries(definition: CopybookDefinition, problems: list[str]) -> list[Entry]:
    """The records of all copybooks."""
    copied = {each.name.upper(): (each.name, each.content) for each in definition.copybook.copied}

    def find(name: str, at: At) -> tuple[str, str]:
        text = copied.get(name.upper())
        if text is None:
            raise CopybookError(at, "copy", f"the text {name!r} is not there")
        return text

    entries: list[Entry] = []
    dialect = Dialect(
        definition.decimal_comma, definition.currency, definition.pic_n == "dbcs", definition.binary_size
    )
    for text in definition.copybook.texts:
        try:
            words = expanded(text.name, text.content, definition.source, find)
        except CopybookError as error:
            problems.append(f"copybook: {error}")
            continue
        if not words:
            problems.append(f"copybook: {text.name}: empty: describes no data")
            continue
        parsed = parse(words, dialect)
        problems += [f"copybook: {error}{_cut_hint(error, definition)}" for error in parsed.errors]
        entries += parsed.records
    return entries


def _cut_hint(error: CopybookError, definition: CopybookDefinition) -> str:
    """What else to say of an entry whose line goes on behind what is read of it."""
    texts = definition.copybook.texts + definition.copybook.copied
    content = next((each.content for each in texts if each.name == error.at.name), "")
    rest = cut_off(content, definition.source, error.at.line)
    if not rest:
        return ""
    return f"; {rest!r}, from column 73 on, is not read; `source: free` reads it"


def _types(definition: CopybookDefinition, entries: list[Entry], problems: list[str]) -> list[_Type]:
    names = ", ".join(entry.shown for entry in entries)
    if definition.records is None:
        if len(entries) != 1:
            problems.append(f"records: the copybook has several records; say which are in the data: {names}")
        return [_Type(UNTAGGED, RecordType(), entries[0])]
    types = []
    for name, each in definition.records.items():
        if each.max is not None and each.max < each.min:
            problems.append(f"records.{name}.max: is less than min")
        wanted = each.record or (entries[0].shown if len(entries) == 1 else name)
        candidates = [entry for entry in entries if entry.shown.upper() == wanted.upper()]
        if len(candidates) == 1:
            types.append(_Type(name, each, candidates[0]))
        else:
            reason = "is none" if not candidates else "is more than one"
            problems.append(f"records.{name}.record: {wanted!r} {reason} of {names}")
    return types


def _distinct(types: list[_Type]) -> list[Entry]:
    return list(dict.fromkeys(each.entry for each in types))


def _name_problems(definition: CopybookDefinition, types: list[_Type]) -> Iterator[str]:
    """Names in the definition that are none of the copybook."""
    for key, names in (("variants", definition.variants), ("fields", definition.fields)):
        for name in names:
            counts = [len(found(name, entry)) for entry in _distinct(types)]
            if not any(counts):
                yield f"{key}.{name}: is no item of the copybook"
            elif max(counts) > 1:
                yield f"{key}.{name}: is the name of several items; qualify it with OF"


def _moment_problems(definition: CopybookDefinition, types: list[_Type]) -> Iterator[str]:
    for name, options in definition.fields.items():
        entries = [entry for record in _distinct(types) for entry in found(name, record)]
        problems = [reason for entry in entries for reason in moment_problems(entry, options)]
        yield from (f"fields.{name}.{reason}" for reason in dict.fromkeys(problems))


def _page_problems(record: Entry, page: CodePage) -> Iterator[str]:
    for entry in record.walk():
        if not entry.is_group and usage_of(entry) is Usage.DBCS and page.double is None:
            yield f"copybook: {entry.at}: dbcs: {page.name} has no double-byte characters"


def _options(definition: CopybookDefinition, types: list[_Type]) -> dict[Entry, FieldOptions]:
    return {
        entry: options
        for name, options in definition.fields.items()
        for record in _distinct(types)
        for entry in found(name, record)
    }


def _compile_type(each: _Type, settings: Settings, compiled: Compiled) -> tuple[Condition, ...]:
    """The tree of a type, put into `compiled` with what is wrong, and what the type is known by."""
    rules = rules_of(each.entry, settings)
    tree = build_tree(each.entry, settings, rules.by_entry, rules.keys)
    compiled.trees[each.name] = tree
    new = [*rules.problems, *(f"copybook: {error}" for error in tree.errors)]
    compiled.problems += [problem for problem in new if problem not in compiled.problems]
    conditions: list[Condition] = []
    where = f"records.{each.name}.match"
    for match in matches(each.definition.match or ()):
        try:
            conditions.append(_condition(match, each.entry, tree, settings))
        except ValueError as error:
            compiled.problems.append(f"{where}: {error}")
    for one, other in combinations(conditions, 2):
        if one.start < other.end and other.start < one.end:
            compiled.problems.append(f"{where}: two of them look at the same bytes")
    return tuple(conditions)


def _condition(match: FieldMatch | BytesMatch, record: Entry, tree: Tree, settings: Settings) -> Condition:
    """What a type is known by, in bytes. Raises: ValueError with what is wrong."""
    if isinstance(match, BytesMatch):
        values = bytes_of(match, settings.page)
        start, end = match.at - 1, match.at - 1 + len(next(iter(values)))
        if not any(_holds(place, start, end) for place in tree.places.values()):
            raise ValueError("no field of the record holds these bytes, and so nothing would write them")
        return Condition(start, end, values)
    entries = [entry for entry in found(match.field, record) if entry in tree.places]
    if len(entries) != 1:
        reason = "is no field of the record" if not entries else "names several fields; qualify it with OF"
        raise ValueError(f"{match.field!r} {reason}")
    place = tree.places[entries[0]]
    if not place.is_fixed:
        raise ValueError(f"{match.field!r} stands in or behind a table, at no fixed place")
    given = match.value if isinstance(match.value, tuple) else (match.value,)
    try:
        codec = field_codec(entries[0], settings)
        written = [codec.write(value) for value in given]
    except ValueError as error:
        hint = next(filter(None, (condition_hint(value, entries[0]) for value in given)), "")
        raise ValueError(f"is never what is read from {match.field}: it {error}{hint}") from None
    same = {
        other for data in written for other in _alike(data) if _reads(codec.read, other) == codec.read(data)
    }
    return Condition(place.start, place.start + place.length, frozenset(same | set(written)))


def _holds(place: Place, start: int, end: int) -> bool:
    return place.is_fixed and place.start <= start and end <= place.start + place.length


def _alike(data: bytes) -> Iterator[bytes]:
    """The bytes with another first or last one: other signs of the same number are among them."""
    for byte in range(256):
        yield data[:-1] + bytes([byte])
        yield bytes([byte]) + data[1:]


def _reads(read: object, data: bytes) -> object:
    assert callable(read), "a codec's function"
    try:
        return read(data)
    except ValueError:
        return _NOTHING


_NOTHING = object()


def _layout(
    definition: CopybookDefinition,
    page: CodePage,
    compiled: Compiled,
    conditions: dict[str, tuple[Condition, ...]],
) -> Layout:
    root = block_of(definition)
    paths = dict(root.paths())
    groups = {name: tree.record for name, tree in compiled.trees.items()}
    lengths = lengths_of(definition, groups)
    records = []
    for name, tree in compiled.trees.items():
        items = compile_items(
            tree.record,
            fill=page.encode(" "),
            fills_short=definition.short_lines == "fill",
            record_length=lengths.padded.get(name),
        )
        records.append(
            RecordLayout(name, items.most, (), (), conditions[name], b"", paths[name], (), (), items)
        )
    return Layout(
        page=page,
        separator=definition.separator or Separator.NONE,
        formats=definition,
        cuts_by_length=lengths.cuts,
        fills_short=definition.short_lines == "fill",
        skips_blank=definition.blank_lines == "skip",
        record_length=definition.record_length,
        any_order=definition.order == "any",
        root=root,
        records=tuple(records),
    )
