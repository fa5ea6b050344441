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
LATER = {"4930": "1364", "4933": "1388", "9027": "1371", "16684": "1390"}
"""The same for sets that have more than an earlier one."""
EARLIER = {"1364": "933", "1371": "937", "1388": "935", "1390": "930", "1399": "939"}
"""Pages that came with the euro, each with the one that it has more characters than."""
MIXED = ("930", "933", "935", "937", "939", *EARLIER)
# The lira sign came to these tables in 2012; files and all other tables have what stood there before.
_BEFORE = {"1026": ("\u20ba", "\u00aa"), "1155": ("\u20ba", "\u00aa")}
_NOTHING = "\ufffe"
_SEQUENCE = "\uffff"
_SUBSTITUTE = "\x1a"
_WIDTH = 90
_HEAD = '''"""EBCDIC code pages by what differs from page 037, or from the one in EARLIER: each byte in
hexadecimal, and the character.

U+FFFE stands where a byte means nothing. Made by `python -m scripts.code_pages` from the tables of ICU 72,
which are IBM's. Source: IBM Character Data Representation Architecture.
"""

from __future__ import annotations

'''


def main() -> None:
    """Write the module of single-byte pages and the files of double-byte ones."""
    (PACKAGE / "ebcdic_pages.py").write_text(module(), encoding="utf-8")
    folder = PACKAGE / "double_byte"
    folder.mkdir(exist_ok=True)
    for name, page in DOUBLE.items():
        table = "".join(double(page)).encode("utf-16-be")
        (folder / f"{name}.bin").write_bytes(zlib.compress(table, 9))
    for name, page in LATER.items():
        (folder / f"{name}.bin").write_bytes(zlib.compress(steps(added(page)), 9))


def module() -> str:
    """The module of single-byte pages."""
    earlier = (f'    "cp{name}": "cp{other}",\n' for name, other in EARLIER.items())
    lines = [_HEAD, "EARLIER = {\n", *earlier, "}\n", "DIFFERENCES = {\n"]
    for name in (*SINGLE[1:], *MIXED):
        lines += _entry(name, single(EARLIER.get(name, "037")), single(name))
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


def added(name: str) -> str:
    """The characters that a page has beyond the earlier one; U+FFFF stands before two that are one pair."""
    both = zip(double(name), double(EARLIER[name]), strict=True)
    found = (_NOTHING if one == other else one for one, other in both)
    return "".join(f"{_SEQUENCE}{one}" if len(one) > 1 else one for one in found)


def steps(text: str) -> bytes:
    """The steps from each unit of UTF-16 to the next, two bytes each; 0 where there is no character. Where
    characters stand in the order of Unicode they compress to a tenth of what the units do."""
    data, last = text.encode("utf-16-be"), 0
    found = bytearray()
    for at in range(0, len(data), 2):
        unit = int.from_bytes(data[at : at + 2], "big")
        if unit == last:
            raise ValueError(f"U+{unit:04X} twice: there is no step")
        step = 0 if unit == ord(_NOTHING) else (unit - last) & 0xFFFF
        found += step.to_bytes(2, "big")
        last = unit if step else last
    return bytes(found)


def double(name: str) -> list[str]:
    """The character of each pair, in the order of `pairs`; some pairs are a sequence of two."""
    found = _decoded(name, b"".join(b"\x0e" + pair + b"\x0f\x25" for pair in pairs()))
    return [_NOTHING if one in ("\ufffd", _SUBSTITUTE, "") else one for one in found.split("\n")[:-1]]


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
