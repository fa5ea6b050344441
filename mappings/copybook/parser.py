"""The words of a copybook to a tree of data description entries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mappings.copybook.clauses import (
    Dialect,
    Words,
    begins_clause,
    read_clauses,
    read_condition,
    read_constant,
    read_renames,
)
from mappings.copybook.entries import Entry
from mappings.copybook.errors import CopybookError
from mappings.copybook.words import Word

_CONSTANT = "78"
_IN_PARENTHESES = re.compile(r"\(([A-Za-z][A-Za-z0-9_-]*)\)")
_RENAMES, _ALONE, _CONDITION = 66, 77, 88
_LAST_GROUP_LEVEL = 49
_BEFORE_CLAUSES = 2
"""Words of an entry that are no clauses: its level and its name."""
_OTHER_ENTRIES = ("FD", "SD", "RD", "CD")
IMPLIED = "RECORD"
"""The name of the record whose copybook begins with a level below 01."""


@dataclass(slots=True)
class Parsed:
    """The records of level 01 and 77 in their order, and what is wrong."""

    records: list[Entry] = field(default_factory=list)
    errors: list[CopybookError] = field(default_factory=list)


def parse(words: Sequence[Word], dialect: Dialect) -> Parsed:
    """The entries of a copybook. What is wrong with one does not keep the others from being looked at.

    A copybook whose first level is greater than 01 is a record of the name RECORD. Headers of divisions and
    sections, file descriptions and EXEC … END-EXEC are passed over.
    """
    parsed = Parsed()
    open_entries: list[Entry] = []
    constants: dict[str, str] = {}
    for sentence in _sentences(words, parsed.errors):
        try:
            if sentence[0].text == _CONSTANT:
                name, value = read_constant(Words(sentence[1:] or sentence))
                constants[name] = value
            else:
                _entry(_with_constants(sentence, constants), parsed, open_entries, dialect)
        except CopybookError as error:
            parsed.errors.append(error)
    if not parsed.records and not parsed.errors and words:
        parsed.errors.append(CopybookError(words[0].at, "empty", "describes no data"))
    return parsed


def _with_constants(sentence: list[Word], constants: Mapping[str, str]) -> list[Word]:
    """An entry with the values of constants in place of their names, also of those in pictures."""
    if not constants:
        return sentence

    def value(found: re.Match[str]) -> str:
        return f"({constants.get(found[1].upper(), found[1])})"

    return [
        word
        if at < _BEFORE_CLAUSES or word.literal
        else replace(word, text=constants.get(word.upper) or _IN_PARENTHESES.sub(value, word.text))
        for at, word in enumerate(sentence)
    ]


def _sentences(words: Sequence[Word], errors: list[CopybookError]) -> list[list[Word]]:
    """What stands between periods."""
    sentences: list[list[Word]] = []
    current: list[Word] = []
    passed_over: Word | None = None
    for word in words:
        if passed_over is not None:
            passed_over = None if word.upper == "END-EXEC" else passed_over
        elif not current and word.upper == "EXEC":
            passed_over = word
        elif word.is_stop:
            if current:
                sentences.append(current)
            current = []
        else:
            current.append(word)
    if passed_over is not None:  # or all entries behind it would be passed over too
        errors.append(CopybookError(passed_over.at, "period", "EXEC has no END-EXEC"))
    if current:
        errors.append(CopybookError(current[0].at, "period", "has no period at its end"))
        sentences.append(current)
    return sentences


def _entry(sentence: list[Word], parsed: Parsed, open_entries: list[Entry], dialect: Dialect) -> None:
    first = sentence[0]
    if not first.text.isdecimal() or not first.text.isascii():
        if first.upper in _OTHER_ENTRIES or sentence[-1].upper in ("SECTION", "DIVISION"):
            return
        raise CopybookError(first.at, "level", f"{first.text!r} is no level number")
    level = int(first.text) if len(first.text) <= 2 else 0
    words = Words(sentence[1:] or sentence)
    if level == _CONDITION:
        _condition(words, first, parsed, open_entries)
    elif level == _RENAMES:
        if not open_entries:
            raise CopybookError(first.at, "level", "66 stands before any record")
        open_entries[0].renames.append(read_renames(words))
    elif 1 <= level <= _LAST_GROUP_LEVEL or level == _ALONE:
        _item(level, sentence, parsed, open_entries, dialect)
    else:
        raise CopybookError(first.at, "level", f"{first.text} is none of 01 to 49, 66, 77, 78 and 88")


def _condition(words: Words, first: Word, parsed: Parsed, open_entries: list[Entry]) -> None:
    if not open_entries:
        raise CopybookError(first.at, "level", "88 stands before any item")
    open_entries[-1].conditions.append(read_condition(words))


def _item(
    level: int, sentence: list[Word], parsed: Parsed, open_entries: list[Entry], dialect: Dialect
) -> None:
    words = Words(sentence)
    words.word("the level")
    at = words.at
    name: str | None = None
    if not words.take("FILLER") and not words.ended and not begins_clause(words.peek()):
        name = words.spelled("the item's name")
    entry = Entry(level, name, at, binary_size=dialect.binary_size)
    rank = 1 if level == _ALONE else level
    while open_entries and open_entries[-1].level >= rank:
        open_entries.pop()
    if rank > 1 and not open_entries:
        implied = Entry(1, IMPLIED, at)
        parsed.records.append(implied)
        open_entries.append(implied)
    if open_entries:
        entry.parent = open_entries[-1]
        entry.parent.children.append(entry)
    else:
        parsed.records.append(entry)
    open_entries.append(entry)
    entry.level = rank
    read_clauses(entry, words, dialect)
