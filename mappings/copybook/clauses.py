"""The clauses of one data description entry.

Source: Enterprise COBOL for z/OS Language Reference, Data division – data description entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from mappings.copybook.entries import (
    BinarySize,
    ConditionName,
    Entry,
    Literal,
    Occurs,
    Reference,
    Renames,
    Usage,
)
from mappings.copybook.errors import At, CopybookError
from mappings.copybook.picture import Category, picture
from mappings.copybook.words import Word

_USAGES = {
    "DISPLAY": Usage.DISPLAY,
    **dict.fromkeys(("BINARY", "COMP", "COMPUTATIONAL", "COMP-0", "COMP-4", "COMPUTATIONAL-4"), Usage.BINARY),
    "COMPUTATIONAL-0": Usage.BINARY,
    **dict.fromkeys(("COMP-5", "COMPUTATIONAL-5"), Usage.NATIVE),
    **dict.fromkeys(("PACKED-DECIMAL", "COMP-3", "COMPUTATIONAL-3"), Usage.PACKED),
    **dict.fromkeys(("COMP-6", "COMPUTATIONAL-6"), Usage.PACKED_UNSIGNED),
    **dict.fromkeys(("COMP-X", "COMPUTATIONAL-X"), Usage.BYTES),
    "BINARY-CHAR": Usage.BINARY_CHAR,
    "BINARY-SHORT": Usage.BINARY_SHORT,
    **dict.fromkeys(("BINARY-LONG", "BINARY-INT"), Usage.BINARY_LONG),
    **dict.fromkeys(("BINARY-DOUBLE", "BINARY-LONG-LONG"), Usage.BINARY_DOUBLE),
    "FLOAT-SHORT": Usage.FLOAT_SHORT,
    "FLOAT-LONG": Usage.FLOAT_LONG,
    **dict.fromkeys(("COMP-1", "COMPUTATIONAL-1"), Usage.FLOAT),
    **dict.fromkeys(("COMP-2", "COMPUTATIONAL-2"), Usage.DOUBLE),
    "INDEX": Usage.INDEX,
    **dict.fromkeys(("POINTER", "POINTER-32"), Usage.POINTER),
    "FUNCTION-POINTER": Usage.POINTER,
    "PROCEDURE-POINTER": Usage.LONG_POINTER,
    "NATIONAL": Usage.NATIONAL,
    "DISPLAY-1": Usage.DBCS,
}
_NAME = re.compile(r"[A-Za-z0-9_$#@\u0080-\uffff]([A-Za-z0-9_$#@\u0080-\uffff-]*)")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)(E[+-]?\d+)?", re.IGNORECASE)
_FIGURATIVE = {
    **dict.fromkeys(("ZERO", "ZEROS", "ZEROES"), "ZERO"),
    **dict.fromkeys(("SPACE", "SPACES"), "SPACE"),
    **dict.fromkeys(("LOW-VALUE", "LOW-VALUES"), "LOW-VALUE"),
    **dict.fromkeys(("HIGH-VALUE", "HIGH-VALUES"), "HIGH-VALUE"),
    **dict.fromkeys(("QUOTE", "QUOTES"), "QUOTE"),
    **dict.fromkeys(("NULL", "NULLS"), "NULL"),
}
_WITH_SIGN = (Usage.BINARY_CHAR, Usage.BINARY_SHORT, Usage.BINARY_LONG, Usage.BINARY_DOUBLE)
MAX_OCCURS = 10_000_000
_UNBOUNDED = (
    "UNBOUNDED is for tables in a program's storage, which no file has, and says no maximum: put the greatest"
    " number of times in its place"
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the program around a copybook decides."""

    decimal_comma: bool = False
    currency: str = "$"
    n_is_dbcs: bool = False
    binary_size: BinarySize = "ibm"


class Words:
    """The words of one entry, taken one after the other."""

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._next = 0

    @property
    def at(self) -> At:
        """The place of the next word, or of the last one."""
        return self._words[min(self._next, len(self._words) - 1)].at

    @property
    def ended(self) -> bool:
        """True when there is none left."""
        return self._next >= len(self._words)

    def peek(self) -> str:
        """The next word in capitals, empty at the end or where it is a literal."""
        if self.ended or self._words[self._next].literal:
            return ""
        return self._words[self._next].upper

    def take(self, *among: str) -> bool:
        """Pass over the next word if it is one of these."""
        if self.peek() in among and self.peek():
            self._next += 1
            return True
        return False

    def word(self, what: str) -> Word:
        """The next word, whatever it is. Raises: CopybookError at the end."""
        if self.ended:
            raise CopybookError(self.at, "syntax", f"{what} is missing")
        self._next += 1
        return self._words[self._next - 1]

    def spelled(self, what: str) -> str:
        """The next word as a name, as it is written. Raises: CopybookError where it is none."""
        word = self.word(what)
        if word.literal or not _NAME.fullmatch(word.text):
            raise CopybookError(word.at, "name", f"{word.text!r} is no name")
        return word.text

    def name(self, what: str) -> str:
        """The next word as a name in capitals. Raises: CopybookError where it is none."""
        return self.spelled(what).upper()

    def number(self, what: str) -> int:
        """The next word as a whole number. Raises: CopybookError where it is none."""
        word = self.word(what)
        if word.literal or not re.fullmatch(r"\d{1,9}", word.text, re.ASCII):
            raise CopybookError(word.at, "number", f"{word.text!r} is not {what}")
        return int(word.text)

    def reference(self, what: str) -> Reference:
        """A name with its qualification."""
        at = self.at
        names = [self.name(what)]
        while self.take("OF", "IN"):
            names.append(self.name("the group's name"))
        return Reference(tuple(names), at)

    def is_literal(self) -> bool:
        """True when the next word is a value."""
        if self.ended:
            return False
        word = self._words[self._next]
        return word.literal or word.upper in (*_FIGURATIVE, "ALL") or bool(_NUMBER.fullmatch(word.text))

    def literal(self) -> Literal:
        """A value. Raises: CopybookError where there is none."""
        repeats = self.take("ALL")
        word = self.word("a value")
        if not word.literal:
            if word.upper in _FIGURATIVE:
                return Literal(_FIGURATIVE[word.upper], "word")
            if _NUMBER.fullmatch(word.text):
                return Literal(word.text, "number")
            raise CopybookError(word.at, "value", f"{word.text!r} is no value")
        quote = word.text[-1]
        prefix, _, rest = word.text.partition(quote)
        text = rest[:-1].replace(quote * 2, quote)
        if "X" in prefix.upper():
            if len(text) % 2 or not re.fullmatch("[0-9A-Fa-f]*", text):
                raise CopybookError(word.at, "value", f"{word.text!r} is not pairs of hexadecimal digits")
            return Literal(text, "hex" if prefix.upper() == "X" else "national-hex")
        kind = "text" if prefix.upper() in ("", "G", "Z", "U") else "national"
        return Literal(text, "all" if repeats else kind)


_Clause: TypeAlias = Callable[[Entry, Words, Dialect], None]


def read_clauses(entry: Entry, words: Words, dialect: Dialect) -> None:
    """Put the clauses of an entry into it. Raises: CopybookError for the first that is wrong."""
    while not words.ended:
        at, word = words.at, words.peek()
        clause = _CLAUSES.get(word)
        if clause is not None:
            words.take(word)
            clause(entry, words, dialect)
        elif begins_clause(word):
            _usage(entry, words, dialect)
        else:
            raise CopybookError(at, "clause", f"{words.word('a clause').text!r} begins no known clause")


def begins_clause(word: str) -> bool:
    """True for a word in capitals that begins a clause, and so is the name of no item."""
    return word in _CLAUSES or word in _USAGES or word == "OBJECT"


def read_condition(words: Words) -> ConditionName:
    """Level 88 from its name on."""
    at = words.at
    name = words.name("the condition's name")
    if not words.take("VALUE", "VALUES"):
        raise CopybookError(words.at, "condition", f"{name} has no VALUE")
    words.take("IS", "ARE")
    ranges: list[tuple[Literal, Literal | None]] = []
    while words.is_literal():
        first = words.literal()
        last = words.literal() if words.take("THRU", "THROUGH") else None
        ranges.append((first, last))
    if words.take("WHEN"):  # WHEN SET TO FALSE: of no meaning for data
        while not words.ended:
            words.word("")
    if not ranges or not words.ended:
        raise CopybookError(words.at, "condition", f"{name} has no values, or something behind them")
    return ConditionName(name, tuple(ranges), at)


def read_constant(words: Words) -> tuple[str, str]:
    """Level 78 from its name on: the name and the value of a constant.

    Source: GnuCOBOL Programmer's Guide, 78 – named constants; IBM's compiler has none.
    """
    name = words.name("the constant's name")
    if not words.take("VALUE"):
        raise CopybookError(words.at, "constant", f"{name} has no VALUE")
    words.take("IS")
    at, value = words.at, words.literal()
    if not words.ended:
        raise CopybookError(at, "constant", f"the value of {name} is no literal, and is not computed")
    return name, value.text if value.kind in ("number", "word") else f"'{value.text}'"


def read_renames(words: Words) -> Renames:
    """Level 66 from its name on."""
    at = words.at
    name = words.name("the name")
    if not words.take("RENAMES"):
        raise CopybookError(words.at, "renames", f"{name} is of level 66 and has no RENAMES")
    first = words.reference("the first field's name")
    last = words.reference("the last field's name") if words.take("THRU", "THROUGH") else first
    if not words.ended:
        raise CopybookError(words.at, "renames", "nothing may follow RENAMES")
    return Renames(name, first, last, at)


def _redefines(entry: Entry, words: Words, _: Dialect) -> None:
    entry.redefines = words.name("the name of what is redefined")


def _picture(entry: Entry, words: Words, dialect: Dialect) -> None:
    words.take("IS")
    word = words.word("a picture")
    if entry.picture is not None:
        raise CopybookError(word.at, "picture", "is the second one")
    text = word.text.rstrip(",;")
    try:
        entry.picture = picture(text, decimal_comma=dialect.decimal_comma, currency=dialect.currency)
    except ValueError as error:
        raise CopybookError(word.at, "picture", str(error)) from None
    if dialect.n_is_dbcs and entry.picture.category is Category.NATIONAL:
        entry.picture = replace(entry.picture, category=Category.DBCS)


def _usage_is(entry: Entry, words: Words, dialect: Dialect) -> None:
    words.take("IS")
    _usage(entry, words, dialect)


def _usage(entry: Entry, words: Words, _: Dialect) -> None:
    at = words.at
    word = words.word("a usage").upper
    if word == "OBJECT":
        words.take("REFERENCE")
        while words.peek() and words.peek() not in _CLAUSES:
            words.word("")
        entry.usage = Usage.POINTER
        return
    if word not in _USAGES:
        raise CopybookError(at, "usage", f"{word} is no usage that is supported")
    entry.usage = _USAGES[word]
    if entry.usage in _WITH_SIGN:
        entry.is_unsigned = words.take("UNSIGNED")
        words.take("SIGNED")


def _sign(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("IS")
    at = words.at
    word = words.word("LEADING or TRAILING").upper
    if word not in ("LEADING", "TRAILING"):
        raise CopybookError(at, "sign", f"{word} is neither LEADING nor TRAILING")
    _sign_side(entry, words, leading=word == "LEADING")


def _leading(entry: Entry, words: Words, _: Dialect) -> None:
    _sign_side(entry, words, leading=True)


def _trailing(entry: Entry, words: Words, _: Dialect) -> None:
    _sign_side(entry, words, leading=False)


def _sign_side(entry: Entry, words: Words, *, leading: bool) -> None:
    entry.sign_leading = leading
    if words.take("SEPARATE"):
        words.take("CHARACTER")
        entry.sign_separate = True


def _occurs(entry: Entry, words: Words, _: Dialect) -> None:
    at = words.at
    if words.peek() == "UNBOUNDED":
        raise CopybookError(at, "occurs", _UNBOUNDED)
    first = words.number("a number of times")
    to = words.take("TO")
    if to and words.peek() == "UNBOUNDED":
        raise CopybookError(words.at, "occurs", _UNBOUNDED)
    most = words.number("a number of times") if to else first
    words.take("TIMES")
    depending = None
    while True:
        if words.take("DEPENDING"):
            words.take("ON")
            depending = words.reference("the counter's name")
        elif words.take("ASCENDING", "DESCENDING"):
            words.take("KEY")
            words.take("IS")
            _names(words)
        elif words.take("INDEXED"):
            words.take("BY")
            _names(words)
        else:
            break
    least = first if to else 0 if depending else first
    if not 0 <= least <= most <= MAX_OCCURS or most == 0:
        raise CopybookError(at, "occurs", f"{least} to {most} times cannot be")
    if to and depending is None and least != most:
        raise CopybookError(at, "occurs", "has no DEPENDING ON that says how often")
    entry.occurs = Occurs(least, most, depending)


def _names(words: Words) -> None:
    """Names up to the next clause: of keys and of indexes, which are no data of the record."""
    while words.peek() and words.peek() not in _AFTER_NAMES:
        words.name("a name")
        while words.take("OF", "IN"):
            words.name("the group's name")


def _synchronized(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("LEFT", "RIGHT")
    entry.is_synchronized = True


def _justified(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("RIGHT")
    entry.is_justified = True


def _blank(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("WHEN")
    if not words.take("ZERO", "ZEROS", "ZEROES"):
        raise CopybookError(words.at, "clause", "BLANK WHEN ZERO is incomplete")
    entry.blank_when_zero = True


def _value(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("IS", "ARE")
    entry.value = words.literal()
    while words.is_literal():  # values of the occurrences of a table: of no meaning for data
        words.literal()


def _group_usage(entry: Entry, words: Words, _: Dialect) -> None:
    words.take("IS")
    if not words.take("NATIONAL"):
        raise CopybookError(words.at, "usage", "a GROUP-USAGE is NATIONAL")
    entry.usage = Usage.NATIONAL


def _nothing(entry: Entry, words: Words, _: Dialect) -> None:
    """A clause that says nothing about the bytes."""
    words.take("IS")


def _is(entry: Entry, words: Words, dialect: Dialect) -> None:
    """IS EXTERNAL, IS GLOBAL, IS VOLATILE."""
    if not words.take("EXTERNAL", "GLOBAL", "VOLATILE"):
        raise CopybookError(words.at, "clause", "IS begins no known clause")


_CLAUSES: dict[str, _Clause] = {
    "REDEFINES": _redefines,
    **dict.fromkeys(("PIC", "PICTURE"), _picture),
    "USAGE": _usage_is,
    "SIGN": _sign,
    "LEADING": _leading,
    "TRAILING": _trailing,
    "OCCURS": _occurs,
    **dict.fromkeys(("SYNC", "SYNCHRONIZED"), _synchronized),
    **dict.fromkeys(("JUST", "JUSTIFIED"), _justified),
    "BLANK": _blank,
    **dict.fromkeys(("VALUE", "VALUES"), _value),
    "GROUP-USAGE": _group_usage,
    **dict.fromkeys(("EXTERNAL", "GLOBAL", "VOLATILE"), _nothing),
    "IS": _is,
}
_AFTER_NAMES = {*_CLAUSES, *_USAGES, "DEPENDING", "ASCENDING", "DESCENDING", "INDEXED", "OBJECT"}
