"""Code pages: bytes to text and back, one place for all encodings of fixed-width data.

The EBCDIC pages are IBM's: Python lacks most of them, and its cp273 and cp875 differ from IBM's.
Source: IBM Character Data Representation Architecture.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mappings.fixed_width.double_byte import DoubleByte, Mixed, double_byte
from mappings.fixed_width.ebcdic_pages import DIFFERENCES, EARLIER

_ALL = bytes(range(256))
# Pages that shift to double-byte characters and back, and the set of characters that they shift to.
_SETS = {"cp930": "300", "cp933": "834", "cp935": "837", "cp937": "835", "cp939": "300"}
_SETS |= {"cp1364": "4930", "cp1371": "9027", "cp1388": "4933", "cp1390": "16684", "cp1399": "16684"}


class Encoding(StrEnum):
    """Encodings in which a character of ASCII is one byte. EBCDIC pages are those from cp037 on."""

    US_ASCII = "us-ascii"
    UTF_8 = "utf-8"
    LATIN_1 = "latin-1"
    ISO_8859_1 = "iso-8859-1"
    ISO_8859_2 = "iso-8859-2"
    ISO_8859_5 = "iso-8859-5"
    ISO_8859_7 = "iso-8859-7"
    ISO_8859_9 = "iso-8859-9"
    ISO_8859_15 = "iso-8859-15"
    CP1250 = "cp1250"
    CP1251 = "cp1251"
    CP1252 = "cp1252"
    CP1253 = "cp1253"
    CP1254 = "cp1254"
    CP437 = "cp437"
    CP850 = "cp850"
    CP852 = "cp852"
    CP858 = "cp858"
    CP037 = "cp037"
    """United States, Canada, Portugal, Brazil, Australia, New Zealand."""
    CP273 = "cp273"
    """Germany, Austria."""
    CP277 = "cp277"
    """Denmark, Norway."""
    CP278 = "cp278"
    """Finland, Sweden."""
    CP280 = "cp280"
    """Italy."""
    CP284 = "cp284"
    """Spain, Spanish America."""
    CP285 = "cp285"
    """United Kingdom."""
    CP297 = "cp297"
    """France."""
    CP424 = "cp424"
    """Hebrew."""
    CP500 = "cp500"
    """International: Belgium, Switzerland, Canada."""
    CP870 = "cp870"
    """Central Europe: Latin 2."""
    CP871 = "cp871"
    """Iceland."""
    CP875 = "cp875"
    """Greek."""
    CP930 = "cp930"
    """Japanese: Katakana, and double-byte characters between shift-out and shift-in."""
    CP933 = "cp933"
    """Korean, with double-byte characters."""
    CP935 = "cp935"
    """Simplified Chinese, with double-byte characters."""
    CP937 = "cp937"
    """Traditional Chinese, with double-byte characters."""
    CP939 = "cp939"
    """Japanese: Latin, with double-byte characters."""
    CP1025 = "cp1025"
    """Cyrillic."""
    CP1026 = "cp1026"
    """Turkey."""
    CP1047 = "cp1047"
    """Open systems: z/OS UNIX, C compilers."""
    CP1112 = "cp1112"
    """Baltic countries."""
    CP1122 = "cp1122"
    """Estonia."""
    CP1123 = "cp1123"
    """Ukraine."""
    CP1140 = "cp1140"
    """cp037 with the euro sign."""
    CP1141 = "cp1141"
    """cp273 with the euro sign."""
    CP1142 = "cp1142"
    """cp277 with the euro sign."""
    CP1143 = "cp1143"
    """cp278 with the euro sign."""
    CP1144 = "cp1144"
    """cp280 with the euro sign."""
    CP1145 = "cp1145"
    """cp284 with the euro sign."""
    CP1146 = "cp1146"
    """cp285 with the euro sign."""
    CP1147 = "cp1147"
    """cp297 with the euro sign."""
    CP1148 = "cp1148"
    """cp500 with the euro sign."""
    CP1149 = "cp1149"
    """cp871 with the euro sign."""
    CP1153 = "cp1153"
    """cp870 with the euro sign."""
    CP1154 = "cp1154"
    """cp1025 with the euro sign."""
    CP1155 = "cp1155"
    """cp1026 with the euro sign."""
    CP1156 = "cp1156"
    """cp1112 with the euro sign."""
    CP1157 = "cp1157"
    """cp1122 with the euro sign."""
    CP1158 = "cp1158"
    """cp1123 with the euro sign."""
    CP1364 = "cp1364"
    """cp933 with all syllables of Hangul."""
    CP1371 = "cp1371"
    """cp937 with the euro sign."""
    CP1388 = "cp1388"
    """cp935 with the characters of two bytes that GB 18030 has."""
    CP1390 = "cp1390"
    """cp930 with the euro sign and JIS X 0213."""
    CP1399 = "cp1399"
    """cp939 with the euro sign and JIS X 0213."""


_EBCDIC = frozenset(list(Encoding)[list(Encoding).index(Encoding.CP037) :])


@dataclass(frozen=True, slots=True)
class CodePage:
    """One encoding. `decode` and `encode` are strict and raise UnicodeError.

    `to_ascii` translates the bytes of digits, sign, point, space and asterisk to those of ASCII and every
    other byte to 0xFF; it is None where they are those of ASCII already. `is_single_byte`: each character is
    a byte. `double` are the double-byte characters that the page can shift to.
    """

    name: str
    decode: Callable[[bytes], str]
    encode: Callable[[str], bytes]
    is_ebcdic: bool
    is_single_byte: bool
    to_ascii: bytes | None
    double: DoubleByte | None = None

    def losses(self) -> Iterator[str]:
        """What text that is decoded and encoded again may not have as it was."""
        if self.double is not None:
            yield "encoding: shift-outs and shift-ins are written where they are needed, and only there"
            if self.double.has_doubles:
                yield "encoding: of several codes of a character one is written"

    def show(self, data: bytes) -> str:
        """The bytes as text for an excerpt: what is not printable becomes `·`."""
        try:
            text = self.decode(data)
        except UnicodeError:
            text = "".join(self._show_byte(byte) for byte in data)
        return "".join(character if character.isprintable() else "·" for character in text)

    def _show_byte(self, byte: int) -> str:
        try:
            return self.decode(bytes([byte]))
        except UnicodeError:
            return "·"


def code_page(encoding: Encoding) -> CodePage:
    """The code page of a name."""
    if encoding in (Encoding.UTF_8, Encoding.US_ASCII, Encoding.LATIN_1, Encoding.ISO_8859_1):
        return _native(str(encoding))
    table = _table(str(encoding))
    characters = codecs.charmap_build(table)

    def decode(data: bytes) -> str:
        return codecs.charmap_decode(data, "strict", table)[0]

    def encode(text: str) -> bytes:
        return codecs.charmap_encode(text, "strict", characters)[0]

    is_ebcdic = encoding in _EBCDIC
    to_ascii = _to_ascii(encode) if is_ebcdic else None
    name = str(encoding)
    if name in _SETS:
        double = double_byte(_SETS[name])
        mixed = Mixed(name, decode, encode, table, double)
        return CodePage(name, mixed.decode, mixed.encode, True, False, to_ascii, double)
    return CodePage(name, decode, encode, is_ebcdic, is_single_byte=True, to_ascii=to_ascii)


def _native(name: str) -> CodePage:
    """What Python's interpreter decodes by itself."""

    def decode(data: bytes) -> str:
        return data.decode(name)

    def encode(text: str) -> bytes:
        return text.encode(name)

    return CodePage(name, decode, encode, is_ebcdic=False, is_single_byte=name != "utf-8", to_ascii=None)


def _table(name: str) -> str:
    """256 characters; U+FFFE, which the codec machinery refuses, where a byte means nothing."""
    if name not in DIFFERENCES:
        return _ALL.decode(name, "replace").replace("\ufffd", "\ufffe")
    characters = list(_table(EARLIER.get(name, "cp037")))
    differences = DIFFERENCES[name]
    for at in range(0, len(differences), 3):
        characters[int(differences[at : at + 2], 16)] = differences[at + 2]
    return "".join(characters)


def _to_ascii(encode: Callable[[str], bytes]) -> bytes:
    table = bytearray(b"\xff" * 256)
    for character in "0123456789+-., *":
        table[encode(character)[0]] = ord(character)
    return bytes(table)
