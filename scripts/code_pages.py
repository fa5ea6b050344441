"""Makes the tables of EBCDIC code pages from those of ICU, which are IBM's: `python -m scripts.code_pages`.

Needs the program `uconv` of ICU 72 or later. What it writes is checked in and compared by tests.
"""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mappings" / "fixed_width"
SINGLE = (
    *("037", "273", "277", "278", "280", "284", "285", "297", "424", "500", "870", "871", "875", "1025"),
    *("1026", "1047", "1112", "1122", "1123", "1140", "1141", "1142", "1143", "1144", "1145", "1146", "1147"),
    *("1148", "1149", "1153", "1154", "1155", "1156", "1157", "1158"),
)
DOUBLE = {"300": "930", "834": "933", "837": "935", "835": "937"}
"""Sets of double-byte characters, each with a page that has it."""
MIXED = ("930", "933", "935", "937", "939")
# The lira sign came to these tables in 2012; files and all other tables have what stood there before.
_BEFORE = {"1026": ("\u20ba", "\u00aa"), "1155": ("\u20ba", "\u00aa")}
_NOTHING = "\ufffe"
_SUBSTITUTE = "\x1a"
_WIDTH = 90
_HEAD = '''"""EBCDIC code pages by what differs from page 037: each byte in hexadecimal, and the character.

U+FFFE stands where a byte means nothing. Made by `python -m scripts.code_pages` from the tables of ICU 72,
which are IBM's. Source: IBM Character Data Representation Architecture.
"""

from __future__ import annotations

'''


def main() -> None:
    """Write the module of single-byte pages and the files of double-byte ones."""
    (PACKAGE / "ebcdic_pages.py").write_text(module(), encoding="utf-8")
    for name, page in DOUBLE.items():
        folder = PACKAGE / "double_byte"
        folder.mkdir(exist_ok=True)
        table = double(page).encode("utf-16-be")
        (folder / f"{name}.bin").write_bytes(zlib.compress(table, 9))


def module() -> str:
    """The module of single-byte pages."""
    base = single("037")
    lines = [_HEAD, "DIFFERENCES = {\n"]
    for name in (*SINGLE[1:], *MIXED):
        lines += _entry(name, base, single(name))
    return "".join([*lines, "}\n"])


def single(name: str) -> str:
    """256 characters; where there are double-byte ones too, their shifts mean nothing."""
    shifts = {0x0E, 0x0F} if name in MIXED else set()
    found = _decoded(name, bytes(byte for byte in range(256) if byte not in shifts))
    characters = iter(found.replace("\ufffd", _NOTHING).replace(*_BEFORE.get(name, (_NOTHING, _NOTHING))))
    table = [_NOTHING if byte in shifts else next(characters) for byte in range(256)]
    # Of bytes that such a page does not have ICU makes the substitute character, which has a byte itself.
    return "".join(_NOTHING if one == _SUBSTITUTE and at != 0x3F else one for at, one in enumerate(table))


def pairs() -> list[bytes]:
    """All pairs of bytes that may be a character: 0x4040, and two of 0x41 to 0xFE."""
    return [b"\x40\x40", *(bytes((one, two)) for one in range(0x41, 0xFF) for two in range(0x41, 0xFF))]


def double(name: str) -> str:
    """The character of each pair, in the order of `pairs`."""
    found = _decoded(name, b"".join(b"\x0e" + pair + b"\x0f\x25" for pair in pairs()))
    return "".join(_NOTHING if one in ("\ufffd", _SUBSTITUTE, "") else one for one in found.split("\n")[:-1])


def _decoded(name: str, data: bytes) -> str:
    command = ["uconv", "-f", f"ibm-{name.lstrip('0')}", "-t", "utf-16be", "--from-callback", "substitute"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode("utf-16-be")


def _entry(name: str, base: str, table: str) -> list[str]:
    lines = [""]
    for at, (old, new) in enumerate(zip(base, table, strict=True)):
        if old == new:
            continue
        piece = f"{at:02x}{_quoted(new)}"
        if len(lines[-1]) + len(piece) > _WIDTH:
            lines.append("")
        lines[-1] += piece
    if len(lines) == 1:
        return [f'    "cp{name}": "{lines[0]}",\n']
    return [f'    "cp{name}": (\n', *(f'        "{line}"\n' for line in lines), "    ),\n"]


def _quoted(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isascii() and character.isprintable() else f"\\u{ord(character):04x}"


if __name__ == "__main__":
    main()
