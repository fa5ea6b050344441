"""Pairs of bytes to characters and back."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

SHIFT_OUT, SHIFT_IN = 0x0E, 0x0F
# Sets of which the file holds what they have beyond an earlier one.
_EARLIER = {"4930": "834", "4933": "837", "9027": "835", "16684": "300"}
# In the files: where a pair means nothing, or what it did earlier; before two characters that are one pair.
_NOTHING, _SEQUENCE = "\ufffe", "\uffff"
_UNITS = re.compile(f"{_SEQUENCE}..|.", re.DOTALL)
_PAIRS = [b"\x40\x40", *(bytes((one, two)) for one in range(0x41, 0xFF) for two in range(0x41, 0xFF))]


@dataclass(frozen=True, slots=True)
class DoubleByte:
    """One set of double-byte characters, without shifts. Both raise UnicodeError. Where several pairs are the
    same character, the last one is written: `has_doubles`. A pair may be a sequence of two characters of
    Unicode, as a letter and its accent; it is written for these wherever they follow each other.
    """

    characters: dict[bytes, str]
    pairs: dict[str, bytes]
    sequences: re.Pattern[str] | None = None

    @property
    def has_doubles(self) -> bool:
        """True where several pairs are the same character, or two of them the same as one."""
        return len(self.pairs) < len(self.characters) or self.sequences is not None

    @property
    def most_characters(self) -> int:
        """How many characters of Unicode a pair is at most."""
        return 1 if self.sequences is None else 2

    def units(self, text: str) -> Sequence[str]:
        """The text in characters and sequences, each of which is one pair."""
        return text if self.sequences is None else self.sequences.findall(text)

    def decode(self, data: bytes) -> str:
        """The characters of pairs."""
        if len(data) % 2:
            raise UnicodeDecodeError("double-byte", data, len(data) - 1, len(data), "half a character")
        found = [self.characters.get(data[at : at + 2]) for at in range(0, len(data), 2)]
        if None in found:
            at = 2 * found.index(None)
            raise UnicodeDecodeError("double-byte", data, at, at + 2, "no character")
        return "".join(one for one in found if one is not None)

    def encode(self, text: str) -> bytes:
        """The pairs of characters."""
        units = self.units(text)
        found = [self.pairs.get(one) for one in units]
        if None in found:
            at = sum(map(len, units[: found.index(None)]))
            raise UnicodeEncodeError("double-byte", text, at, at + 1, "no character of the set")
        return b"".join(one for one in found if one is not None)


@cache
def double_byte(name: str) -> DoubleByte:
    """A set by its number. It is read once, from the files that belong to this package."""
    file = resources.files("mappings.fixed_width.double_byte").joinpath(f"{name}.bin")
    data = zlib.decompress(file.read_bytes())
    if name in _EARLIER:
        characters = double_byte(_EARLIER[name]).characters | _characters(_units(data))
    else:
        characters = _characters(data)
    pairs = {one: pair for pair, one in characters.items()}
    sequences = "|".join(one for one in pairs if len(one) > 1)
    return DoubleByte(characters, pairs, re.compile(f"{sequences}|.", re.DOTALL) if sequences else None)


def _units(steps: bytes) -> bytes:
    """The units of UTF-16 of steps from each to the next, where 0 is no step and no character."""
    units, last = bytearray(), 0
    for (step,) in struct.iter_unpack(">H", steps):
        last = (last + step) & 0xFFFF
        units += (last if step else ord(_NOTHING)).to_bytes(2, "big")
    return bytes(units)


def _characters(data: bytes) -> dict[bytes, str]:
    """The characters of the pairs that have one, from UTF-16."""
    table = zip(_PAIRS, _UNITS.findall(data.decode("utf-16-be")), strict=True)
    return {pair: unit.removeprefix(_SEQUENCE) for pair, unit in table if unit != _NOTHING}


class Mixed:
    """Single-byte characters, and double-byte ones between shift-out and shift-in. Shifts are written where
    they are needed and nowhere else; what is a byte and a pair too, as the euro sign, is written as the byte.
    Both raise UnicodeError. `singles` are the single-byte characters."""

    def __init__(
        self,
        name: str,
        decode: Callable[[bytes], str],
        encode: Callable[[str], bytes],
        singles: str,
        double: DoubleByte,
    ) -> None:
        self._name = name
        self._decode = decode
        self._encode = encode
        self._singles = frozenset(singles)
        self._double = double

    def decode(self, data: bytes) -> str:
        """Text of a field; it begins and ends shifted in."""
        parts, at = list[str](), 0
        while (out := data.find(SHIFT_OUT, at)) >= 0:
            parts.append(self._decode(data[at:out]))
            at = data.find(SHIFT_IN, out)
            if at < 0:
                raise UnicodeDecodeError(self._name, data, out, out + 1, "no shift-in follows")
            parts.append(self._double.decode(data[out + 1 : at]))
            at += 1
        return "".join([*parts, self._decode(data[at:])])

    def encode(self, text: str) -> bytes:
        """The bytes of a text, with shifts where they are needed."""
        out, is_out = bytearray(), False
        pairs = self._double.pairs
        for character in self._double.units(text):
            pair = None if character in self._singles else pairs.get(character)
            single = b"" if pair is not None else self._encode(character)
            if is_out != (pair is not None):
                is_out = not is_out
                out.append(SHIFT_OUT if is_out else SHIFT_IN)
            out += single if pair is None else pair
        if is_out:
            out.append(SHIFT_IN)
        return bytes(out)
