"""What data that was read by a copybook does not give again when it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.copybook.entries import Entry, Usage
from mappings.copybook.framing import Lengths
from mappings.copybook.picture import Category
from mappings.copybook.schema import CopybookDefinition
from mappings.copybook.storage import is_signed, usage_of
from mappings.copybook.tree import Tree
from mappings.fixed_width.code_pages import CodePage
from mappings.fixed_width.items import Array, Choice, Group, Views, extent, walk
from mappings.fixed_width.record_formats import losses as format_losses
from mappings.fixed_width.schema import Separator


def losses(
    definition: CopybookDefinition, page: CodePage, trees: Mapping[str, Tree], lengths: Lengths
) -> Iterator[str]:
    """Each a sentence that begins with the place in the definition."""
    yield from _framing_losses(definition, lengths)
    if any(tree.has_gaps for tree in trees.values()):
        yield "filler: what stands where no field is is written as the VALUE, as spaces or as zero"
    if any(tree.has_slack for tree in trees.values()):
        yield "copybook: slack bytes of SYNCHRONIZED items are written as low-values"
    for tree in trees.values():
        yield from _item_losses(tree.record)
    yield from _field_losses(definition, page, [entry for tree in trees.values() for entry in tree.places])


def _framing_losses(definition: CopybookDefinition, lengths: Lengths) -> Iterator[str]:
    yield from format_losses(definition)
    if definition.separator is Separator.EITHER:
        yield "separator: LF and CRLF are read, LF is written"
    if definition.separator not in (None, Separator.NONE):
        yield "separator: the last record may lack it, and is written with it"
    if definition.short_lines == "fill":
        yield "short_lines: short records are written with spaces to their full length"
    if definition.blank_lines == "skip":
        yield "blank_lines: lines without a byte are not written again"
    if lengths.padded:
        yield "record_length: what stands behind the items of the copybook is written as spaces"


def _item_losses(record: Group) -> Iterator[str]:
    for item in walk(record):
        if isinstance(item, Array) and item.unused is not None:
            yield f"depending: in {item.element.name} the room of occurrences is written as spaces"
        elif isinstance(item, Choice) and item.length is not None and _is_ragged(item):
            yield "variants: what stands behind a shorter reading of an area is written as spaces"
        elif isinstance(item, Views):
            yield "redefines: what only a reading shows that the bytes do not allow is not written again"


def _is_ragged(choice: Choice) -> bool:
    return any(extent(variant.item)[1] != choice.length for variant in choice.variants)


def _field_losses(definition: CopybookDefinition, page: CodePage, entries: list[Entry]) -> Iterator[str]:
    if definition.signs_read == "all" and any(_has_sign_code(entry, page) for entry in entries):
        yield "signs_read: signs other than C, D and F are read, and written as these"
    if definition.floats == "hexadecimal" and any(usage_of(entry) in _FLOATS for entry in entries):
        yield "floats: numbers that begin with zeros are written normalized"
    if definition.edited == "lenient" and any(_is_edited(entry) for entry in entries):
        yield "edited: numbers that are edited in another way are written as their pictures say"
    texts = [entry for entry in entries if entry.picture and entry.picture.category in _TEXTS]
    if texts:
        yield from page.losses()
    trims = {definition.trim, *(options.trim for options in definition.fields.values())}
    controls = {definition.controls, *(options.controls for options in definition.fields.values())}
    if texts and "both" in trims:
        yield "trim: spaces at both ends are taken off, and written at the end"
    if texts and "space" in controls:
        yield "controls: control characters are read and written as spaces"
    if len(definition.null) > 1 or any(len(each.null or ()) > 1 for each in definition.fields.values()):
        yield "null: of several forms of null the first is written"
    if definition.invalid == "null":
        yield "invalid: what cannot be read is null, and cannot be written"


_FLOATS = (Usage.FLOAT, Usage.DOUBLE)


def _is_edited(entry: Entry) -> bool:
    return entry.picture is not None and entry.picture.category is Category.EDITED


_TEXTS = (Category.TEXT, Category.NATIONAL, Category.DBCS)


def _has_sign_code(entry: Entry, page: CodePage) -> bool:
    """True where a number has a sign that has several codes."""
    picture, usage = entry.picture, usage_of(entry)
    if picture is None or picture.category is not Category.NUMBER:
        return False
    if usage is Usage.PACKED:
        return True
    return usage is Usage.DISPLAY and is_signed(entry)
