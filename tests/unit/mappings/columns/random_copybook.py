"""Random copybooks without REDEFINES and DEPENDING ON, and random data for them: most of it good."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.fixed_width.code_pages import CodePage, Encoding, code_page

Make = Callable[[Random], bytes]
ENCODINGS = ("us-ascii", "cp1252", "cp037", "cp037", "cp1140", "cp273")


class Fields:
    """Elementary items of one encoding."""

    def __init__(self, page: CodePage) -> None:
        self._page = page

    def any(self, rng: Random) -> tuple[str, Make]:
        """The clauses of an item, and what makes its bytes."""
        kinds = (self._text, self._text, self._zoned, self._zoned, self._packed, self._packed, self._binary)
        return rng.choice((*kinds, self._edited, self._odd))(rng)

    def _text(self, rng: Random) -> tuple[str, Make]:
        length = rng.randrange(1, 20)
        just = rng.choice(("", "", " JUST"))

        def make(rng: Random) -> bytes:
            alphabet = "abc XYZ09-" if rng.random() < 0.8 else 'a "\\\0\t\x85\xe4\xc6'
            text = "".join(rng.choice(alphabet) for _ in range(rng.randrange(length + 1)))
            padded = text.rjust(length) if just else text.ljust(length)
            return b"".join(self._byte(character) for character in padded)

        return f"PIC X({length}){just}", make

    def _byte(self, character: str) -> bytes:
        try:
            return self._page.encode(character)
        except UnicodeError:
            return b"?"

    def _zoned(self, rng: Random) -> tuple[str, Make]:
        whole, scale = rng.randrange(1, 10), rng.choice((0, 0, 2, 7))
        point = f"V9({scale})" if scale else ""
        sign = rng.choice(("", "S", "S", "S leading", "S separate", "S leading separate"))
        clauses = f"PIC {sign[:1]}9({whole}){point}"
        if "leading" in sign:
            clauses += " SIGN LEADING"
        if "separate" in sign:
            clauses += " SEPARATE" if "leading" in sign else " SIGN TRAILING SEPARATE"
        if not scale and rng.random() < 0.1:
            clauses += " BLANK WHEN ZERO"

        def make(rng: Random) -> bytes:
            text = self._digits(rng, whole + scale)
            if "separate" in sign:
                mark = rng.choice("+-")
                text = mark + text if "leading" in sign else text + mark
            elif sign:
                at = 0 if "leading" in sign else len(text) - 1
                punched = rng.choice(("{ABCDEFGHI", "}JKLMNOPQR", "0123456789"))[int(text[at])]
                text = text[:at] + punched + text[at + 1 :]
            if rng.random() < 0.02:
                text = " " * len(text)
            return self._page.encode(text)

        return clauses, make

    def _digits(self, rng: Random, count: int) -> str:
        zeros = rng.randrange(count + 1)
        return "0" * zeros + "".join(rng.choice("0123456789") for _ in range(count - zeros))

    def _packed(self, rng: Random) -> tuple[str, Make]:
        whole, scale = rng.randrange(1, 13), rng.choice((0, 2, 2, 5))
        sign, usage = rng.choice((("S", "COMP-3"), ("S", "COMP-3"), ("", "COMP-3"), ("", "COMP-6")))
        digits = whole + scale

        def make(rng: Random) -> bytes:
            text = self._digits(rng, digits) + (
                "" if usage == "COMP-6" else rng.choice("cccddfa" if sign else "fc")
            )
            return bytes.fromhex("0" * (len(text) % 2) + text)

        return f"PIC {sign}9({whole})" + (f"V9({scale})" if scale else "") + f" {usage}", make

    def _binary(self, rng: Random) -> tuple[str, Make]:
        digits = rng.choice((2, 4, 7, 9, 15, 18))
        scale = rng.choice((0, 0, 2)) if digits > 2 else 0
        sign, usage = rng.choice(("S", "")), rng.choice(("COMP", "BINARY", "COMP-5"))
        size = 2 if digits <= 4 else 4 if digits <= 9 else 8
        point = f"V9({scale})" if scale else ""

        def make(rng: Random) -> bytes:
            if rng.random() < 0.1:
                return rng.randbytes(size)
            number = int(self._digits(rng, digits))
            return (-number if sign and rng.random() < 0.4 else number).to_bytes(
                size, "big", signed=bool(sign)
            )

        return f"PIC {sign}9({digits - scale}){point} {usage}", make

    def _edited(self, rng: Random) -> tuple[str, Make]:
        def make(rng: Random) -> bytes:
            number = rng.randrange(10_000)
            text = f"{number / 100:6.2f}" + rng.choice(" -") if number >= 100 else f"  0.{number:02} "
            return self._page.encode(text)

        return "PIC ZZ9.99-", make

    def _odd(self, rng: Random) -> tuple[str, Make]:
        clauses, size = rng.choice((("COMP-1", 4), ("COMP-2", 8), ("POINTER", 4), ("PIC N(2)", 4)))
        return clauses, lambda rng: rng.randbytes(size)


class _Writer:
    """The lines of a copybook."""

    def __init__(self, fields: Fields, rng: Random) -> None:
        self._fields = fields
        self._rng = rng
        self._count = 0
        self.lines = ["       01 RECORD-1."]

    def group(self, depth: int) -> list[Make]:
        """Items that follow each other."""
        return [self._item(depth) for _ in range(self._rng.randrange(1, 5))]

    def _item(self, depth: int) -> Make:
        rng = self._rng
        self._count += 1
        name = "FILLER" if rng.random() < 0.1 and depth > 1 else f"ITEM-{self._count}"
        times = rng.choice((1, 2, 3, 7)) if rng.random() < 0.25 else 0
        occurs = f" OCCURS {times} TIMES" if times else ""
        indent = " " * (7 + depth)
        if depth < 4 and rng.random() < 0.3:
            self.lines.append(f"{indent}{depth * 5:02} {name}{occurs}.")
            inside = self.group(depth + 1)
        else:
            clauses, make = self._fields.any(rng)
            self.lines.append(f"{indent}{depth * 5:02} {name} {clauses}{occurs}.")
            inside = [make]
        return lambda rng: b"".join(b"".join(one(rng) for one in inside) for _ in range(max(1, times)))


def random_copybook(rng: Random) -> tuple[CopybookFormat, Callable[[Random, int], bytes]]:
    """A definition with one type of record, and what makes so many records for it."""
    encoding = rng.choice(ENCODINGS)
    while True:
        writer = _Writer(Fields(code_page(Encoding(encoding))), rng)
        makers = writer.group(1)
        text = "\n".join(writer.lines) + "\n"
        given: dict[str, Any] = {"format": "copybook", "encoding": encoding, "copybook": text}
        given |= rng.choice(
            (
                {},
                {"filler": "keep"},
                {"trim": rng.choice(("left", "right", "both", "none"))},
                {"controls": rng.choice(("refuse", "space"))},
                {"null": ("spaces", "low-values")},
                {"signs_read": "written"},
                {"binary": "full", "names": "snake"},
                {"invalid": "null"},
            )
        )
        length = sum(len(make(Random(0))) for make in makers)
        if rng.random() < 0.2:
            given["record_length"] = length + rng.randrange(4)
        try:
            format_ = CopybookFormat(CopybookDefinition.model_validate(given))
        except ValueError:
            continue
        if not format_.schema()["properties"]:
            continue  # nothing but FILLER
        return format_, _maker(makers, given.get("record_length", length))


def _maker(makers: list[Make], length: int) -> Callable[[Random, int], bytes]:
    def make(rng: Random, count: int) -> bytes:
        damage = rng.choice((0, 0.02, 0.2))
        parts = []
        for _ in range(count):
            record = bytearray(b"".join(one(rng) for one in makers).ljust(length, b"\x40"))
            if rng.random() < damage:
                record[rng.randrange(length)] = rng.randrange(256)
            parts.append(bytes(record))
        return b"".join(parts)[: -1 if rng.random() < damage else None]

    return make
