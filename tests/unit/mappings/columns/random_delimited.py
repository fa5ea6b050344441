"""Random definitions of delimited text, and random data for them: most of it good, some of it not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from mappings.delimited import DelimitedDefinition, DelimitedFormat

Make = Callable[[Random], str]
ENCODINGS = ("utf-8", "utf-8-sig", "us-ascii", "latin-1", "cp1252", "iso-8859-7", "cp437")


def _text(rng: Random) -> tuple[dict[str, Any], Make]:
    definition: dict[str, Any] = {}
    if rng.random() < 0.3:
        definition = {"min_length": rng.randrange(3), "max_length": rng.randrange(3, 9)}

    def make(rng: Random) -> str:
        alphabet = "abcXYZ 09.-" if rng.random() < 0.8 else "aé\"\\\t\x01€β,;|\x80'\r\n\u2028"
        return "".join(rng.choice(alphabet) for _ in range(rng.randrange(10)))

    return definition, make


def _digits(rng: Random, most: int) -> str:
    return str(rng.randrange(10 ** rng.randrange(1, most))).zfill(rng.choice((0, 0, 0, 5)))


def _integer(rng: Random) -> tuple[dict[str, Any], Make]:
    definition: dict[str, Any] = {"type": "integer"}
    if rng.random() < 0.3:
        definition |= {"minimum": -50, "maximum": rng.choice((999, 10**20))}

    def make(rng: Random) -> str:
        return rng.choice(("", "", "", "-", "+", " ")) + _digits(rng, rng.choice((4, 4, 25)))

    return definition, make


def _decimal(rng: Random) -> tuple[dict[str, Any], Make]:
    definition: dict[str, Any] = {"type": "decimal", "separator": rng.choice(".,")}
    if rng.random() < 0.7:
        definition["scale"] = rng.choice((0, 2, 2, 9))

    def make(rng: Random) -> str:
        text = rng.choice(("", "", "-", "+")) + _digits(rng, 6)
        if rng.random() < 0.8:
            digits = rng.choice((1, 2, 2, 2, 3, 8))
            text += rng.choice(definition["separator"] * 20 + ".,") + f"{rng.randrange(10**digits):0{digits}}"
        return text

    return definition, make


def _date(rng: Random) -> tuple[dict[str, Any], Make]:
    pattern = rng.choice(("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"))

    def make(rng: Random) -> str:
        parts = {"%Y": f"{rng.randrange(2100):04}", "%m": f"{rng.randrange(1, 13):02}"}
        text = pattern.replace("%d", f"{rng.randrange(1, 30):02}")
        for part, value in parts.items():
            text = text.replace(part, value)
        return text

    return {"type": "date", "pattern": pattern}, make


def _moment(rng: Random) -> tuple[dict[str, Any], Make]:
    definition = rng.choice(
        (
            {"type": "datetime"},
            {"type": "datetime", "pattern": "%Y-%m-%d %H:%M:%S.%f", "offset": "local"},
            {"type": "datetime", "pattern": "%Y%m%d%H%M", "offset": "+05:30"},
            {"type": "datetime", "pattern": "%Y-%m-%d %H:%M:%S.%3f%z"},
        )
    )

    def make(rng: Random) -> str:
        text: str = definition.get("pattern", "%Y-%m-%dT%H:%M:%S%.f%:z")
        for part, most, width in (("Y", 2100, 4), ("m", 13, 2), ("d", 29, 2), ("H", 24, 2), ("M", 61, 2)):
            text = text.replace(f"%{part}", f"{rng.randrange(most):0{width}}")
        text = text.replace("%S", f"{rng.randrange(60):02}").replace("%f", rng.choice(("000000", "120000")))
        text = text.replace("%3f", rng.choice(("000", "120", "12")))
        text = text.replace("%.f", rng.choice(("", ".5", ".000", ".123456000", ".1234567")))
        return text.replace("%:z", "%z").replace(
            "%z", rng.choice(("Z", "+00:00", "+0130", "-11:00", "+25:00"))
        )

    return definition, make


def _flag(rng: Random) -> tuple[dict[str, Any], Make]:
    return {"type": "boolean"}, lambda rng: rng.choice(("true", "false", "true", "false", "yes"))


def random_delimited(rng: Random) -> tuple[DelimitedFormat, Callable[[Random, int], bytes]]:
    """A definition, and what makes so many lines for it."""
    kinds = (_text, _text, _integer, _decimal, _date, _moment, _flag)
    encoding = rng.choice(ENCODINGS)
    delimiter, quote = rng.choice((",", ",", ";", "\t", "|")), rng.choice(('"', '"', '"', "'", None))
    null = rng.choice(("", "", "NULL", "-"))
    fields: dict[str, Any] = {}
    makers: dict[str, Make] = {}
    for number in range(rng.randrange(1, 7)):
        definition, make = rng.choice(kinds)(rng)
        nullable = rng.random() < 0.3
        name = rng.choice(("field", "f\\é")) + str(number)
        fields[name] = definition | {"nullable": nullable}
        if rng.random() < 0.2:
            fields[name]["column"] = f"c{number}"
        makers[name] = _null_or(make, null) if nullable else make
    header = rng.random() < 0.7
    given = {
        "format": "delimited",
        "encoding": encoding,
        "delimiter": delimiter,
        "quote": quote,
        "null": null,
        "header": header,
        "fields": fields,
    }
    order = rng.sample(list(fields), len(fields)) if header else list(fields)
    try:
        format_ = DelimitedFormat(DelimitedDefinition.model_validate(given))
        titles = delimiter.join(fields[name].get("column", name) for name in order)
        titles.encode(encoding)
    except ValueError:
        return random_delimited(rng)
    codec = "utf-8" if encoding == "utf-8-sig" else encoding

    def make_lines(rng: Random, count: int) -> bytes:
        damage = rng.choice((0, 0.02, 0.1))
        ending = rng.choice(("\n", "\r\n"))
        lines = [titles + ending] if header else []
        for _ in range(count):
            cells = [_cell(makers[name](rng), rng, delimiter, quote) for name in order]
            if rng.random() < damage:
                cells = cells[: rng.randrange(len(cells) + 1)] + [""] * rng.randrange(2)
            lines.append(delimiter.join(cells) + (ending if rng.random() >= damage else rng.choice("\n\r")))
        data = bytearray("".join(lines).encode(codec, "replace"))
        for _ in range(int(len(data) * damage / 20)):
            data[rng.randrange(len(titles), len(data))] = rng.choice(
                (0, 34, 39, 10, 13, 44, 92, 200, 255, 48)
            )
        mark = b"\xef\xbb\xbf" if encoding == "utf-8-sig" and rng.random() < 0.5 else b""
        return mark + bytes(data)

    return format_, make_lines


def _null_or(make: Make, null: str) -> Make:
    return lambda rng: null if rng.random() < 0.3 else make(rng)


def _cell(text: str, rng: Random, delimiter: str, quote: str | None) -> str:
    special = any(each in text for each in (delimiter, quote or delimiter, "\r", "\n"))
    if quote is None:
        return "".join(each for each in text if each not in delimiter + "\r\n")
    if (special and rng.random() < 0.98) or rng.random() < 0.05:
        return quote + text.replace(quote, quote * 2) + quote
    return text
