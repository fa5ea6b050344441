"""Definitions and data by chance, for the laws that hold for all of them.

Data is drawn in the forms that a field may be read in, more of them than it is written in, and now and then
any bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from mappings.fixed_width.code_pages import Encoding, code_page

ENCODINGS = ("us-ascii", "utf-8", "cp1252", "cp037", "cp1141", "cp939")
_DIGITS = "0123456789"
_KINDS = ("string", "integer", "decimal", "packed", "binary", "float", "boolean", "date")


@dataclass(frozen=True)
class Sample:
    """A definition without its `format`, and data for it that may be good."""

    definition: dict[str, Any]
    data: bytes


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """A definition of one type of record, and some records."""
    encoding = draw(st.sampled_from(ENCODINGS))
    frame = draw(st.sampled_from(["F", "lf", "either", "nl", "V", "VB"]))
    if frame == "nl" and not code_page(Encoding(encoding)).is_ebcdic:
        frame = "lf"
    varies = frame != "F"
    fields = {f"f{number}": draw(_fields(encoding)) for number in range(draw(st.integers(1, 4)))}
    if draw(st.booleans()):
        fields |= _table(draw, encoding, varies=varies)
    if varies and draw(st.booleans()):
        fields |= {"o1": draw(_fields(encoding)) | {"optional": True}}
    elif varies and draw(st.booleans()):
        fields |= {"rest": {"length": 6, "variable": True}}
    if frame not in ("F", "V", "VB") and _is_binary(fields):
        frame = "V"
    definition: dict[str, Any] = {"encoding": encoding, "fields": fields}
    definition |= draw(st.sampled_from([{}, {}, {"gaps": "ignore"}, {"fill": "."}]))
    _spread(draw, fields)
    fill = definition.get("fill", " ")
    records = [_record(draw, fields, encoding, fill) for _ in range(draw(st.integers(0, 3)))]
    if frame == "F":
        length = max((len(one) for one in records), default=0) or 1
        definition["record_length"] = length = max(length, _least(fields))
        records = [one.ljust(length, code_page(Encoding(encoding)).encode(fill)) for one in records]
    return Sample(*_framed(draw, definition, frame, encoding, records))


def _framed(
    draw: st.DrawFn, definition: dict[str, Any], frame: str, encoding: str, records: list[bytes]
) -> tuple[dict[str, Any], bytes]:
    if frame == "F":
        return definition, b"".join(records)
    if frame in ("V", "VB"):
        worded = b"".join((len(one) + 4).to_bytes(2, "big") + b"\0\0" + one for one in records)
        if frame == "VB" and worded:
            worded = (len(worded) + 4).to_bytes(2, "big") + b"\0\0" + worded
        return definition | {"record_format": frame}, worded
    newline = {"nl": b"\x15"}.get(frame, code_page(Encoding(encoding)).encode("\n"))
    ending = draw(st.sampled_from([newline, b""]))
    return definition | {"separator": frame}, newline.join(records) + (ending if records else b"")


def _is_binary(fields: dict[str, Any]) -> bool:
    return any("usage" in field or _is_binary(field.get("fields", {})) for field in fields.values())


def _least(fields: dict[str, Any]) -> int:
    total = 0
    for field in fields.values():
        size = field.get("length") or _least(field["fields"])
        occurs = field.get("occurs")
        total += size * (1 if occurs is None else occurs.get("count") or occurs["max"])
    return total


def _table(draw: st.DrawFn, encoding: str, *, varies: bool) -> dict[str, Any]:
    inner = {f"g{number}": draw(_fields(encoding)) for number in range(draw(st.integers(1, 2)))}
    occurs: dict[str, Any] = {"count": draw(st.integers(1, 3))}
    counter: dict[str, Any] = {}
    if draw(st.booleans()):
        occurs = {"max": 3, "depends_on": "n", "room": draw(st.sampled_from(["used", "all"]))}
        counter = {"n": {"length": 1, "type": "integer", "maximum": 3}}
    elif varies and draw(st.booleans()):
        return {"t": {"type": "group", "fields": inner}}
    return counter | {"t": {"type": "group", "occurs": occurs, "fields": inner}}


@st.composite
def _fields(draw: st.DrawFn, encoding: str) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["string", "integer", "decimal", "packed", "binary", "float", "boolean", "date"])
    )
    length = draw(st.integers(1, 5))
    field: dict[str, Any] = {"length": length}
    if kind == "string":
        field |= draw(st.sampled_from([{}, {"trim": False}, {"justify": "right"}, {"pad": "*"}]))
    elif kind in ("integer", "decimal"):
        field |= (
            {"type": "integer"}
            if kind == "integer"
            else {"type": "decimal", "scale": draw(st.integers(-2, 3))}
        )
        signs = ["none", "floating", "overpunch"] + (["leading", "trailing"] if length > 1 else [])
        field |= {"sign": draw(st.sampled_from(signs)), "pad": draw(st.sampled_from("000  *"))}
        if field["sign"] != "none" and draw(st.booleans()):
            field["signs_read"] = "written"
    elif kind == "packed":
        field |= {"type": "integer", "usage": "packed"}
        field |= draw(st.sampled_from([{}, {"signs_read": "written"}, {"sign": "none"}, {"usage": "bcd"}]))
    elif kind == "binary":
        field |= {
            "type": "integer",
            "usage": "binary",
            "byte_order": draw(st.sampled_from(["big", "little"])),
        }
    elif kind == "float":
        field |= {"type": "float", "usage": draw(st.sampled_from(["ieee", "hexadecimal"])), "length": 4}
    elif kind == "boolean":
        field |= {"type": "boolean", "true_words": draw(st.sampled_from([["Y"], ["Y", "1"]]))}
    else:
        field |= {"type": "date", "length": 8}
    if draw(st.integers(0, 3)) == 0:
        field["nullable"] = True
        field["null"] = draw(st.sampled_from([["spaces"], ["zeros", "spaces"], ["low-values"]]))
    return field


def _spread(draw: st.DrawFn, fields: dict[str, Any]) -> None:
    """Give some fields a place, a byte or more behind the one before."""
    at = 1
    for field in fields.values():
        if "length" not in field or "occurs" in field:
            return
        if "optional" not in field and draw(st.integers(0, 2)) == 0:
            at += draw(st.integers(0, 2))
            field["at"] = at
        at += field["length"]


def _record(draw: st.DrawFn, fields: dict[str, Any], encoding: str, fill: str = " ") -> bytes:
    parts = list[bytes]()
    count = 0
    for name, field in fields.items():
        if "at" in field:
            gap = field["at"] - 1 - sum(map(len, parts))
            parts.append(code_page(Encoding(encoding)).encode(fill) * gap)
        if field.get("optional") and draw(st.booleans()):
            break
        if name == "n":
            count = draw(st.integers(0, 3))
            parts.append(code_page(Encoding(encoding)).encode(str(count)))
        elif field.get("type") == "group":
            occurs = field.get("occurs", {"count": 1})
            times = occurs.get("count", count)
            body = b"".join(_record(draw, field["fields"], encoding) for _ in range(times))
            room = occurs.get("room") == "all"
            parts.append(body + b"?" * ((3 - times) * _least(field["fields"]) if room else 0))
        else:
            parts.append(draw(_forms(field, encoding)))
    return b"".join(parts)


def _forms(field: dict[str, Any], encoding: str) -> st.SearchStrategy[bytes]:
    """The bytes of one field, in any of the forms that it may be read in."""
    length, kind, usage = field["length"], field.get("type", "string"), field.get("usage", "display")
    encode = code_page(Encoding(encoding)).encode
    if field.get("variable"):
        return st.text("ab ", max_size=length).map(encode)
    if usage in ("packed", "bcd"):
        last = "abcdef" if usage == "packed" else _DIGITS
        digits = st.text(_DIGITS, min_size=2 * length - 1, max_size=2 * length - 1)
        forms = st.tuples(digits, st.sampled_from(last)).map(lambda two: bytes.fromhex("".join(two)))
    elif usage != "display":
        forms = st.binary(min_size=length, max_size=length)
    elif kind == "string":
        forms = st.text("aB *", min_size=length, max_size=length).map(encode)
    elif kind == "boolean":
        forms = st.sampled_from(["Y", "1", "N"]).map(lambda word: encode(word.ljust(length)))
    elif kind == "date":
        forms = st.dates().map(lambda day: encode(day.strftime("%Y").zfill(4) + day.strftime("%m%d")))
    else:
        forms = _display(field).map(lambda text: encode(text[-length:]))
        if field.get("sign") == "overpunch" and encoding.startswith("cp") and len(encoding) != 6:
            zoned = st.tuples(
                st.text(_DIGITS, min_size=length - 1, max_size=length - 1), st.binary(min_size=1, max_size=1)
            )
            forms = forms | zoned.map(lambda two: encode(two[0]) + two[1])
    null = {"low-values": b"\0" * length, "zeros": encode("0") * length}
    nulls = [null.get(word, encode(" ") * length) for word in field.get("null", ())]
    return st.one_of(forms, forms, *(map(st.just, nulls)))


def _display(field: dict[str, Any]) -> st.SearchStrategy[str]:
    length = field["length"]
    digits = st.text("0012", min_size=length, max_size=length)
    if field["sign"] == "leading":
        return st.tuples(st.sampled_from("+-"), digits).map(lambda two: two[0] + two[1][1:])
    if field["sign"] == "trailing":
        return st.tuples(st.sampled_from("+-"), digits).map(lambda two: two[1][1:] + two[0])
    if field["sign"] == "floating":
        return digits | digits.map(lambda text: ("-" + text[1:]) if len(text) > 1 else text)
    if field["sign"] == "overpunch":
        return st.tuples(digits, st.sampled_from("{}AJ01")).map(lambda two: two[0][1:] + two[1])
    return digits | digits.map(lambda text: text[:-1].replace("0", " ") + text[-1])
