"""Pairs of bytes to characters and back."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources

SHIFT_OUT, SHIFT_IN = 0x0E, 0x0F
_NOTHING = "\ufffe"


@dataclass(frozen=True, slots=True)
class DoubleByte:
    """One set of double-byte characters, without shifts. Both raise UnicodeError. Where several pairs are the
    same character, the last one is written: `has_doubles`."""

    characters: dict[bytes, str]
    pairs: dict[str, bytes]

    @property
    def has_doubles(self) -> bool:
        """True where several pairs are the same character."""
        return len(self.pairs) < len(self.characters)

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
        found = [self.pairs.get(one) for one in text]
        if None in found:
            at = found.index(None)
            raise UnicodeEncodeError("double-byte", text, at, at + 1, "no character of the set")
        return b"".join(one for one in found if one is not None)


@cache
def double_byte(name: str) -> DoubleByte:
    """A set by its number. It is read once, from the file that belongs to this package."""
    data = resources.files("mappings.fixed_width.double_byte").joinpath(f"{name}.bin").read_bytes()
    table = zlib.decompress(data).decode("utf-16-be")
    keys = [b"\x40\x40", *(bytes((one, two)) for one in range(0x41, 0xFF) for two in range(0x41, 0xFF))]
    characters = {key: one for key, one in zip(keys, table, strict=True) if one != _NOTHING}
    return DoubleByte(characters, {one: key for key, one in characters.items()})


class Mixed:
    """Single-byte characters, and double-byte ones between shift-out and shift-in. Shifts are written where
    they are needed and nowhere else. Both raise UnicodeError."""

    def __init__(
        self,
        name: str,
        decode: Callable[[bytes], str],
        encode: Callable[[str], bytes],
        double: DoubleByte,
    ) -> None:
        self._name = name
        self._decode = decode
        self._encode = encode
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
        for character in text:
            pair = None if character.isascii() else pairs.get(character)
            single = b"" if pair is not None else self._encode(character)
            if is_out != (pair is not None):
                is_out = not is_out
                out.append(SHIFT_OUT if is_out else SHIFT_IN)
            out += single if pair is None else pair
        if is_out:
            out.append(SHIFT_IN)
        return bytes(out)
