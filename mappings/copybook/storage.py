"""How many bytes a field takes, and on what boundary SYNCHRONIZED puts it.

Source: Enterprise COBOL for z/OS Language Reference, USAGE clause and SYNCHRONIZED clause; slack bytes.
"""

from __future__ import annotations

import math

from mappings.copybook.entries import BinarySize, Entry, Usage
from mappings.copybook.picture import Category, Picture

_FIXED = {
    Usage.BINARY_CHAR: 1,
    Usage.BINARY_SHORT: 2,
    Usage.BINARY_LONG: 4,
    Usage.BINARY_DOUBLE: 8,
    Usage.FLOAT: 4,
    Usage.DOUBLE: 8,
    Usage.FLOAT_SHORT: 4,
    Usage.FLOAT_LONG: 8,
    Usage.INDEX: 4,
    Usage.POINTER: 4,
    Usage.LONG_POINTER: 8,
}
WITHOUT_PICTURE = frozenset(_FIXED)
"""Usages that have no picture."""
_BINARY_BYTES = ((4, 2), (9, 4), (18, 8))
_BINARY = (Usage.BINARY, Usage.NATIVE)
_HALFWORD = 2
_MOST_DIGITS = 18
_BITS_A_DIGIT = math.log2(10)


def usage_of(entry: Entry) -> Usage:
    """Its own usage, that of the nearest group with one, or what its picture says."""
    for each in (entry, *entry.around()):
        if each.usage is not None:
            return each.usage
    kinds = {Category.NATIONAL: Usage.NATIONAL, Category.DBCS: Usage.DBCS}
    return kinds.get(entry.picture.category, Usage.DISPLAY) if entry.picture else Usage.DISPLAY


def sign_of(entry: Entry) -> tuple[bool, bool]:
    """Whether the sign of a signed DISPLAY number is leading, and whether it has a byte of its own: its own
    clause, or that of the nearest group with one."""
    for each in (entry, *entry.around()):
        if each.sign_leading is not None:
            return each.sign_leading, each.sign_separate
    return False, False


def is_signed(entry: Entry) -> bool:
    """True where the number may be negative. A sign with a byte of its own is there even where the picture
    has no S, which compilers take with a warning."""
    assert entry.picture is not None, "only numbers are asked for"
    return entry.picture.signed or (entry.sign_leading is not None and entry.sign_separate)


def length_of(entry: Entry) -> int:
    """The bytes of one occurrence of an elementary item that has been checked."""
    usage = usage_of(entry)
    if usage in _FIXED:
        return _FIXED[usage]
    picture = entry.picture
    assert picture is not None, "checked with the copybook"
    if usage in _BINARY:
        return _binary(picture, entry.binary_size)
    if usage is Usage.BYTES:
        return _bytes(picture) if picture.category is Category.NUMBER else picture.size
    if usage is Usage.PACKED:
        return picture.digits // 2 + 1
    if usage is Usage.PACKED_UNSIGNED:
        return (picture.digits + 1) // 2
    separate = picture.category is Category.NUMBER and is_signed(entry) and sign_of(entry)[1]
    size = picture.size + separate
    return size * 2 if usage in (Usage.NATIONAL, Usage.DBCS) else size


def _binary(picture: Picture, size: BinarySize) -> int:
    """2, 4 or 8 bytes, or as the definition says; beyond 18 digits, as many as it takes with a sign."""
    if size != "ibm" and picture.digits <= _MOST_DIGITS:
        least = _bytes(picture)
        return least if size == "1-8" else next(power for power in (1, 2, 4, 8) if power >= least)
    for digits, length in _BINARY_BYTES:
        if picture.digits <= digits:
            return length
    return math.ceil((picture.digits * _BITS_A_DIGIT + 1) / 8)


def _bytes(picture: Picture) -> int:
    """As many as the digits take, and the sign where there is one."""
    return math.ceil((picture.digits * _BITS_A_DIGIT + picture.signed) / 8)


def boundary_of(entry: Entry) -> int:
    """The number of bytes of which the place of an elementary item is a multiple; 1 where it may be any."""
    if not any(each.is_synchronized for each in (entry, *entry.around())):
        return 1
    usage = usage_of(entry)
    if usage in _BINARY:
        length = length_of(entry)
        return length if length <= _HALFWORD else 4
    return _FIXED.get(usage, 1)


def first_boundary(entry: Entry) -> int:
    """The boundary of the first field in an item."""
    while entry.is_group:
        entry = entry.children[0]
    return boundary_of(entry)


def greatest_boundary(entry: Entry) -> int:
    """The boundary that each occurrence of a table begins on."""
    return max((boundary_of(each) for each in entry.walk() if not each.is_group), default=1)
