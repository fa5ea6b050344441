"""Code pages: bytes to text and back, one place for all encodings of fixed-width data.

Python has cp037, cp500, cp1026 and cp1140. The others are given here by what differs from one of those or
from Python's cp273, which has an overline at 0xBC where IBM's page 273 has the macron.
Source: IBM Character Data Representation Architecture; compared byte by byte with glibc's iconv.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_ALL = bytes(range(256))

# Page: the page it resembles, and what each differing byte means.
_DIFFERENCES = {
    "cp273": ("cp273", "bc¯"),
    "cp277": ("cp037", "47}4a#4f!5a¤5bÅ5f^67$6aø70¦7bÆ7cØ80@9c{9e[9f]a1üb0¢ba¬bb|c0æd0ådc~"),
    "cp278": ("cp037", "43{47}4a§4f!51`5a¤5bÅ5f^63#67$6aö79é7bÄ7cÖ9f]a1üb0¢b5[ba¬bb|c0äcc¦d0ådc~ec@"),
    "cp280": ("cp037", "44{48\\4a°4f!51]54}58~5aé5f^6aò79ù7b£7c§90[a1ìb0¢b1#b5@ba¬bb|c0àcd¦d0èdd`e0ç"),
    "cp284": ("cp037", "49¦4a[5a]69#6añ7bÑa1¨b0¢ba^bb!bd~"),
    "cp285": ("cp037", "4a$5b£a1¯b0¢b1[ba^bc~"),
    "cp297": ("cp037", "44@48\\4a°4f!51{54}5a§5f^6aù79µ7b£7cà90[a0`a1¨b0¢b1#b5]ba¬bb|bd~c0éd0èdd¦e0ç"),
    "cp1047": ("cp037", "5f^ad[b0¬baÝbb¨bd]"),
    "cp1141": ("cp273", "9f€bc¯"),
    "cp1148": ("cp500", "9f€"),
}


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
    CP500 = "cp500"
    """International: Belgium, Switzerland, Canada."""
    CP1026 = "cp1026"
    """Turkey."""
    CP1047 = "cp1047"
    """Open systems: z/OS UNIX, C compilers."""
    CP1140 = "cp1140"
    """cp037 with the euro sign."""
    CP1141 = "cp1141"
    """cp273 with the euro sign."""
    CP1148 = "cp1148"
    """cp500 with the euro sign."""


_EBCDIC = frozenset(list(Encoding)[list(Encoding).index(Encoding.CP037) :])


@dataclass(frozen=True, slots=True)
class CodePage:
    """One encoding. `decode` and `encode` are strict and raise UnicodeError.

    `to_ascii` translates the bytes of digits, sign, point and space to those of ASCII and every other byte
    to 0xFF; it is None where they are those of ASCII already. `is_single_byte`: each character is a byte.
    """

    name: str
    decode: Callable[[bytes], str]
    encode: Callable[[str], bytes]
    is_ebcdic: bool
    is_single_byte: bool
    to_ascii: bytes | None

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
    return CodePage(str(encoding), decode, encode, is_ebcdic, is_single_byte=True, to_ascii=to_ascii)


def _native(name: str) -> CodePage:
    """What Python's interpreter decodes by itself."""

    def decode(data: bytes) -> str:
        return data.decode(name)

    def encode(text: str) -> bytes:
        return text.encode(name)

    return CodePage(name, decode, encode, is_ebcdic=False, is_single_byte=name != "utf-8", to_ascii=None)


def _table(name: str) -> str:
    """256 characters; U+FFFE, which the codec machinery refuses, where a byte means nothing."""
    if name not in _DIFFERENCES:
        return _ALL.decode(name, "replace").replace("\ufffd", "\ufffe")
    base, differences = _DIFFERENCES[name]
    characters = list(_ALL.decode(base))
    for at in range(0, len(differences), 3):
        characters[int(differences[at : at + 2], 16)] = differences[at + 2]
    return "".join(characters)


def _to_ascii(encode: Callable[[str], bytes]) -> bytes:
    table = bytearray(b"\xff" * 256)
    for character in "0123456789+-., ":
        table[encode(character)[0]] = ord(character)
    return bytes(table)
