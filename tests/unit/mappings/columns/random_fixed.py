"""Random definitions of fixed-width data, and random data for them: most of it good, some of it not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from mappings.fixed_width import FixedWidthDefinition, FixedWidthFormat
from mappings.fixed_width.code_pages import CodePage, Encoding, code_page

Make = Callable[[Random, int], bytes]
"""The bytes of one field, of so many bytes."""

ENCODINGS = ("us-ascii", "utf-8", "latin-1", "cp1252", "iso-8859-7", "cp037", "cp273", "cp1140", "cp1026")


class Kinds:
    """The kinds of field of one encoding."""

    def __init__(self, page: CodePage, *, binary: bool) -> None:
        self._page = page
        self._binary = binary

    def any(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        """A field's definition without its place, its length, and what makes its bytes."""
        kinds = [self._text, self._text, self._digits, self._digits, self._signed, self._moment, self._flag]
        if self._binary:
            kinds += [self._packed, self._packed, self._binary_number, self._float]
        definition, length, make = rng.choice(kinds)(rng)
        if rng.random() < 0.3 and definition["type"] != "constant":
            return self._nullable(rng, definition, length, make)
        return definition, length, make

    def _nullable(
        self, rng: Random, definition: dict[str, Any], length: int, make: Make
    ) -> tuple[dict[str, Any], int, Make]:
        words = rng.sample(("spaces", "zeros", "nines", "low-values", "high-values"), rng.randrange(1, 3))
        fills = {"spaces": self._encode(" "), "zeros": self._encode("0"), "nines": self._encode("9")}
        fills |= {"low-values": b"\0", "high-values": b"\xff"}

        def null_or(rng: Random, length: int) -> bytes:
            return fills[rng.choice(words)] * length if rng.random() < 0.3 else make(rng, length)

        return definition | {"nullable": True, "null": words}, length, null_or

    def _encode(self, text: str) -> bytes:
        return self._page.encode(text)

    def _text(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        pad = rng.choice(" *0")
        justify = rng.choice(("left", "right"))
        definition = {
            "type": "string",
            "justify": justify,
            "pad": pad,
            "trim": rng.random() < 0.8,
            "allow_controls": rng.random() < 0.2,
        }

        def make(rng: Random, length: int) -> bytes:
            text = self._words(rng, rng.randrange(length + 1))[:length]
            fill = self._encode(pad) * (length - len(text))
            return text + fill if justify == "left" else fill + text

        return definition, rng.randrange(1, 30), make

    def _words(self, rng: Random, length: int) -> bytes:
        """Plain text, often; with whatever the page has, now and then."""
        alphabet = "abc XYZ09-*." if rng.random() < 0.7 else 'ab "\\é\xe4€¤\t\x85\x7fβ\u2028/'
        text = "".join(rng.choice(alphabet) for _ in range(length))
        try:
            return self._encode(text)
        except UnicodeError:
            return bytes(rng.choice(b"abc\x80\xc3\xa9\xff\xe9") for _ in range(length))

    def _digits(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        definition: dict[str, Any] = {"type": "integer", "pad": rng.choice("000  *")}
        if rng.random() < 0.5:
            definition |= {"type": "decimal", "scale": rng.choice((0, 1, 2, 2, 5, 8, 12))}
        elif rng.random() < 0.3:
            definition |= {"minimum": 5, "maximum": 10**6}

        def make(rng: Random, length: int) -> bytes:
            number = str(rng.randrange(10 ** rng.randrange(1, length + 1)))
            return self._encode(number.rjust(length, definition["pad"]))

        return definition, rng.randrange(1, 22), make

    def _signed(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        sign = rng.choice(("leading", "trailing", "floating", "overpunch", "overpunch_leading"))
        definition: dict[str, Any] = {
            "type": "decimal",
            "scale": rng.choice((0, 2, 3, 9)),
            "sign": sign,
            "plus": rng.choice("+ "),
            "pad": rng.choice("00  *"),
            "justify": rng.choice(("right", "right", "left")),
        }
        if sign.startswith("overpunch") and not self._page.is_ebcdic:
            definition["overpunch"] = rng.choice(("letters", "micro-focus", "minus-letters"))
        if rng.random() < 0.2:
            definition["signs_read"] = "written"
        if definition["scale"] and sign in ("leading", "trailing", "floating") and rng.random() < 0.5:
            definition["separator"] = rng.choice(".,")

        def make(rng: Random, length: int) -> bytes:
            try:
                return self._number(rng, definition, length)
            except UnicodeError:
                return self._words(rng, length).ljust(length, b"a")[:length]

        return definition, rng.randrange(definition["scale"] + 3, definition["scale"] + 12), make

    def _number(self, rng: Random, definition: dict[str, Any], length: int) -> bytes:
        sign, scale = definition["sign"], definition["scale"]
        text = str(rng.randrange(10 ** rng.randrange(1, length))).zfill(scale + 1)
        if "separator" in definition:
            text = f"{text[:-scale]}{definition['separator']}{text[-scale:]}"
        minus = rng.random() < 0.5
        if sign == "floating":
            text = "-" * minus + text
        room = length - (sign in ("leading", "trailing"))
        text = (text.ljust if definition["justify"] == "left" else text.rjust)(room, definition["pad"])
        mark = "-" if minus else definition["plus"]
        if sign == "leading":
            text = mark + text
        elif sign == "trailing":
            text += mark
        data = bytearray(self._encode(text)[:length].rjust(length, self._encode("0")))
        if sign.startswith("overpunch"):
            at = 0 if sign.endswith("leading") else -1
            data[at] = rng.choice(b"{ABCDEFGHI}JKLMNOPQR0123456789pqrstuvwxy\xc0\xc1\xd0\xd9\xf5\xfa\xb2")
        return bytes(data)

    def _moment(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        kind, pattern, options = rng.choice(
            (
                ("date", "%Y%m%d", {}),
                ("date", "%d.%m.%Y", {}),
                ("date", "%y%j", {"century_from": 1950}),
                ("date", "%m/%d/%y", {"century_from": 1980}),
                ("time", "%H%M%S", {}),
                ("time", "%H:%M:%S.%f", {}),
                ("time", "%H%M", {}),
                ("datetime", "%Y%m%d%H%M%S", {"offset": "Z"}),
                ("datetime", "%Y-%m-%dT%H:%M:%S.%f", {"offset": "local"}),
                ("datetime", "%H%M %Y%m%d", {"offset": "-05:30"}),
                ("datetime", "%Y%j%H%M%S", {"offset": "+00:00"}),
            )
        )
        widths = {"Y": 4, "j": 3, "f": 6}

        def make(rng: Random, length: int) -> bytes:
            most = {"Y": 2400, "m": 13, "d": 32, "j": 367, "H": 25, "M": 61, "S": 61, "f": 3}
            text = ""
            letters = iter(pattern)
            for character in letters:
                if character != "%":
                    text += character
                    continue
                letter = next(letters)
                width = widths.get(letter, 2)
                text += f"{rng.randrange(most.get(letter, 100)) if rng.random() < 0.97 else 99:0{width}}"[
                    :width
                ]
            return self._encode(text)

        length = len(make(Random(0), 0))
        return {"type": kind, "pattern": pattern, **options}, length, make

    def _flag(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        words = rng.choice(((["Y", "J"], ["N"]), (["yes"], ["no"])))
        length = max(map(len, words[0] + words[1])) + rng.randrange(2)

        def make(rng: Random, length: int) -> bytes:
            word = rng.choice([*words[0], *words[1], *(["X"] if rng.random() < 0.05 else [])])
            return self._encode(word.ljust(length))

        return {"type": "boolean", "true_words": words[0], "false_words": words[1]}, length, make

    def _packed(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        length = rng.randrange(1, 17)
        definition: dict[str, Any] = {
            "type": "decimal",
            "scale": rng.choice((0, 2, 2, 4, 9)),
            "usage": "packed",
        }
        if rng.random() < 0.3:
            definition = {"type": "integer", "usage": rng.choice(("packed", "packed", "bcd"))}
        if rng.random() < 0.3:
            definition["sign"] = "none"
        if rng.random() < 0.3:
            definition["digits"] = rng.randrange(max(1, 2 * length - 2), 2 * length)
        if definition["usage"] == "bcd":
            definition.pop("sign", None)
        elif rng.random() < 0.2:
            definition["signs_read"] = "written"

        def make(rng: Random, length: int) -> bytes:
            digits = "".join(rng.choice("0123456789") for _ in range(2 * length - 1))
            zeros = rng.randrange(len(digits) + 1)
            text = "0" * zeros + digits[zeros:] + rng.choice("cccdddfabe0" if rng.random() < 0.2 else "cdf0")
            return bytes.fromhex(text)

        return definition, length, make

    def _binary_number(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        length = rng.choice((1, 2, 3, 4, 5, 7, 8, 8, 9))
        definition: dict[str, Any] = {"type": "integer", "usage": "binary"}
        if rng.random() < 0.5:
            definition = {"type": "decimal", "scale": rng.choice((0, 2, 7)), "usage": "binary"}
        definition["byte_order"] = rng.choice(("big", "little"))
        if rng.random() < 0.4:
            definition["sign"] = "none"
        if rng.random() < 0.3:
            definition["digits"] = rng.randrange(1, 20)
        if definition["type"] == "integer" and rng.random() < 0.3:
            definition |= {"minimum": -100, "maximum": 2**40}

        def make(rng: Random, length: int) -> bytes:
            if rng.random() < 0.5:
                return rng.randbytes(length)
            number = rng.choice((0, 1, 255, 100, 99, 2 ** (8 * length - 1) - 1, 2 ** (8 * length - 1)))
            return (number % 256**length).to_bytes(length, definition["byte_order"])

        return definition, length, make

    def _float(self, rng: Random) -> tuple[dict[str, Any], int, Make]:
        usage = rng.choice(("ieee", "hexadecimal"))
        return (
            {"type": "float", "usage": usage},
            rng.choice((4, 8)),
            lambda rng, length: rng.randbytes(length),
        )


def random_format(rng: Random) -> tuple[FixedWidthFormat, Callable[[Random, int], bytes]]:
    """A definition with one type of record, and what makes so many records for it."""
    encoding = rng.choice(ENCODINGS)
    page = code_page(Encoding(encoding))
    separator = rng.choice(("none", "none", "lf", "crlf", "either", "nl" if page.is_ebcdic else "lf"))
    kinds = Kinds(page, binary=separator == "none" or (separator != "either" and rng.random() < 0.3))
    fields: dict[str, Any] = {}
    makers: list[tuple[int, int, Make]] = []
    at = 1
    for number in range(rng.randrange(1, 9)):
        definition, length, make = _sound(kinds, rng, encoding)
        at += rng.choice((0, 0, 0, 1, 3))
        fields[rng.choice(("field", 'f"\\', "é")) + str(number)] = {"at": at, "length": length, **definition}
        makers.append((at - 1, length, make))
        at += length
    if rng.random() < 0.3:
        fields["constant"] = {"at": at, "length": 3, "type": "constant", "value": "=A"}
        makers.append((at - 1, 3, lambda rng, length: page.encode("=A ")))
        at += 3
    record_length = at - 1 + rng.choice((0, 0, 2))
    given: dict[str, Any] = {
        "format": "fixed_width",
        "encoding": encoding,
        "separator": separator,
        "gaps": rng.choice(("check", "ignore")),
        "fields": dict(rng.sample(list(fields.items()), len(fields))),
    }
    if separator == "none" or record_length != at - 1 or kinds_need_length(fields):
        given["record_length"] = record_length
    else:
        record_length = max(start + length for start, length, _ in makers)
    if separator not in ("none",):
        given["short_lines"] = rng.choice(("refuse", "refuse", "fill"))
        given["blank_lines"] = rng.choice(("refuse", "skip"))
    return _built(given), _maker(given, record_length, makers, page)


def _sound(kinds: Kinds, rng: Random, encoding: str) -> tuple[dict[str, Any], int, Make]:
    """A field that the checks of definitions have nothing against."""
    for _ in range(1000):
        definition, length, make = kinds.any(rng)
        given = {"format": "fixed_width", "encoding": encoding, "record_length": length}
        try:
            _built(given | {"fields": {"one": {"at": 1, "length": length, **definition}}})
        except ValueError:
            continue
        return definition, length, make
    raise AssertionError("hardly any definition is sound")


def kinds_need_length(fields: dict[str, Any]) -> bool:
    """Whether a field may hold bytes that look like separators."""
    return any(
        field.get("usage", "display") != "display" or field["type"] == "float" for field in fields.values()
    )


def _built(given: dict[str, Any]) -> FixedWidthFormat:
    return FixedWidthFormat(FixedWidthDefinition.model_validate(given))


def _maker(
    given: dict[str, Any], record_length: int, makers: list[tuple[int, int, Make]], page: CodePage
) -> Callable[[Random, int], bytes]:
    endings = {"none": (b"",), "lf": (page.encode("\n"),), "crlf": (page.encode("\r\n"),), "nl": (b"\x15",)}
    chosen = endings.get(given["separator"], (page.encode("\n"), page.encode("\r\n")))

    def make(rng: Random, count: int) -> bytes:
        damage = rng.choice((0, 0.02, 0.2))
        parts = []
        for _ in range(count):
            record = bytearray(page.encode(" ") * record_length)
            for start, length, field in makers:
                record[start : start + length] = field(rng, length)
            if rng.random() < damage:
                record[rng.randrange(record_length)] = rng.randrange(256)
            if rng.random() < damage and given["separator"] != "none":
                del record[rng.randrange(record_length) :]
            ending = rng.choice(chosen)
            if rng.random() < damage / 4:
                ending = rng.choice((page.encode("\n"), page.encode("\r\n"), b"", ending + ending))
            parts += [bytes(record), ending]
        if rng.random() < 0.5:
            parts.pop()
        return b"".join(parts)

    return make
