"""Fixed width: edges, record lengths, descriptor words, EBCDIC, packed decimals, types of record."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mappings.infer import Draft, InferenceError, Sample, infer
from tests.unit.mappings.infer.drafting import drafted, keys, loaded, results, written

NAMES = ("Axle", "Bolt M8", "Washer", "Nut", "Gear wheel", "Shaft", "Spring", "Key", "Cable tie", "O-ring")


def lines(count: int = 40) -> bytes:
    """Receipts: a number, an article, a quantity filled with zeros, a date."""
    chance = random.Random(1)
    return b"".join(
        f"R-{at:06}{chance.choice(NAMES):12}{chance.randint(1, 30000):05}202611{at % 28 + 1:02}\n".encode()
        for at in range(1, count + 1)
    )


def packed(value: int, length: int) -> bytes:
    digits = f"{abs(value)}{'D' if value < 0 else 'C'}".rjust(2 * length, "0")
    return bytes.fromhex(digits)


def customers(count: int = 60) -> list[bytes]:
    """EBCDIC: a number, a name, a packed balance, a binary counter."""
    chance = random.Random(2)
    return [
        f"{at:06}{chance.choice(NAMES):14}".encode("cp037")
        + packed(chance.randint(-99999, 999999), 4)
        + chance.randint(0, 70000).to_bytes(4, "big")
        for at in range(1, count + 1)
    ]


def reads(data: bytes, draft: Any) -> None:
    """The draft's YAML loads, reads the sample without an error and writes it again."""
    format_ = loaded(draft)
    records, errors = results(format_, data)
    assert errors == []
    assert written(format_, records) == data


def test_lines() -> None:
    data = lines()
    draft = drafted(data)
    found = keys(draft)
    assert (found["format"], found["separator"]) == ("fixed_width", "lf")
    places = {(each["at"], each["length"]): each.get("type", "string") for each in found["fields"].values()}
    assert places[(9, 12)] == "string"
    assert places[(21, 5)] == "integer"
    assert places[(26, 8)] == "date"
    reads(data, draft)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_line_ends(ending: bytes) -> None:
    data = lines().replace(b"\n", ending)
    assert keys(drafted(data))["separator"] == {b"\r\n": "crlf", b"\n": "lf"}[ending]
    reads(data, drafted(data))


def test_ebcdic_without_line_ends() -> None:
    data = b"".join(customers())
    draft = drafted(data)
    found = keys(draft)
    assert (found["encoding"], found["record_length"]) == ("cp037", 28)
    fields = {(each["at"], each["length"]): each for each in found["fields"].values()}
    assert fields[(1, 6)]["type"] == "integer"
    assert fields[(21, 4)]["usage"] == "packed"
    assert fields[(25, 4)]["usage"] == "binary"
    assert "EBCDIC by its bytes" in draft.text("x")
    reads(data, draft)


def framed(records: list[bytes], form: str) -> bytes:
    """The records with descriptor words of a form."""
    if form == "V":
        return b"".join((len(one) + 4).to_bytes(2, "big") + b"\0\0" + one for one in records)
    if form == "little":
        return b"".join(b"\0\0" + len(one).to_bytes(2, "little") + one for one in records)
    blocks = [framed(records[at : at + 7], "V") for at in range(0, len(records), 7)]
    return b"".join((len(one) + 4).to_bytes(2, "big") + b"\0\0" + one for one in blocks)


FORMS: dict[str, dict[str, Any]] = {
    "V": {"record_format": "V"},
    "VB": {"record_format": "VB"},
    "little": {
        "record_format": "V",
        "rdw": {"form": "zeros-length", "byte_order": "little", "counts": "data"},
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_descriptor_words(form: str) -> None:
    data = framed(customers(), form)
    draft = drafted(data)
    found = keys(draft)
    assert {name: found[name] for name in FORMS[form]} == FORMS[form]
    assert results(loaded(draft), data)[1] == []


def test_types_of_record_by_their_beginnings() -> None:
    rows = [f"D{at:04}{name:10}\n" for at, name in enumerate(NAMES * 3)]
    data = ("H20261123\n" + "".join(rows) + f"T{len(rows):06}\n").encode()
    draft = drafted(data)
    assert list(keys(draft)["records"]) == ["record_H", "record_D", "record_T"]
    assert keys(draft)["records"]["record_H"]["max"] == 1
    reads(data, draft)


def test_a_header_and_a_trailer_of_the_same_length() -> None:
    rows = [f"2{at:05}{name:10}\n" for at, name in enumerate(NAMES * 3)]
    data = (f"{'020261123':16}\n" + "".join(rows) + f"{'9000030':16}\n").encode()
    draft = drafted(data)
    assert list(keys(draft)["records"]) == ["record_0", "record_2", "record_9"]
    reads(data, draft)


def test_a_header_and_a_trailer_where_spaces_at_the_end_were_cut_off() -> None:
    rows = [f"02{at:05}{name:14}{'note' * (at % 3)}".rstrip() for at, name in enumerate(NAMES * 3)]
    draft = drafted("\n".join(["01BANK        20261123EUR", *rows, "0300003000000001118906", ""]).encode())
    assert list(keys(draft)["records"]) == ["record_01", "record_02", "record_03"]


def test_types_that_come_in_turns() -> None:
    data = b"".join(b"H%03d\nD%03dabc\nD%03ddefg\n"[:-2] + b"\n" for _ in range(9)) % tuple(range(27))
    draft = drafted(data)
    assert keys(draft)["order"] == "any"
    assert results(loaded(draft), data)[1] == []


def test_lines_that_end_early() -> None:
    rows = [
        f"{at:04}  {name:14}{at * 7:6}  {'late' if at % 3 else ''}".rstrip()
        for at, name in enumerate(NAMES * 3)
    ]
    data = ("\n".join(rows) + "\n").encode()
    draft = drafted(data)
    assert results(loaded(draft), data)[1] == []


VALUES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "zeros": (["00012", "00345", "12345"], {"type": "integer"}),
    "spaces-before": (["   12", "  345", "12345"], {"type": "integer", "pad": " "}),
    "sign-before": (["-0012", "+0345", "+1234"], {"type": "integer", "sign": "leading"}),
    "sign-behind": (["0012-", "0345+", "1234+"], {"type": "integer", "sign": "trailing"}),
    "overpunch": (["0001B", "0034N", "1234{"], {"type": "integer", "sign": "overpunch"}),
    "point": (["01.50", "22.75", "13.00"], {"type": "decimal", "scale": 2, "separator": "."}),
    "may-be-spaces": (["00012", "     ", "12345"], {"type": "integer", "nullable": True}),
    "text-right": (["   ab", "  cde", "fghij"], {"justify": "right"}),
}


@pytest.mark.parametrize(("values", "expected"), VALUES.values(), ids=VALUES)
def test_fields(values: list[str], expected: dict[str, Any]) -> None:
    data = "".join(
        f"{name[:1]}{name[1:4]:4} {value} x\n" for name, value in zip(NAMES, values * 5, strict=False)
    )
    draft = drafted(data.encode())
    fields = [dict(each) for each in keys(draft)["fields"].values()]
    for each in fields:
        each.pop("at"), each.pop("length")
    assert expected in fields
    reads(data.encode(), draft)


def test_a_cut_sample() -> None:
    data = lines(400)
    draft = infer([Sample("big", data[:5000], is_whole=False)])
    assert results(loaded(draft), data)[1] == []


def test_nothing_tells_where_records_end() -> None:
    with pytest.raises(InferenceError, match="nothing tells where its records end"):
        drafted(b"\x00\x01\x02")


def _iban(number: int) -> str:
    account = f"{number * 7919 % 10**18:018}"
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def _places(draft: Draft) -> list[tuple[int, int]]:
    return [(field["at"], field["length"]) for field in keys(draft)["fields"].values()]


WHOLE_FIELDS = {
    "an IBAN is one field": ("{iban}{at:06}", [(1, 22), (23, 6)]),
    "an IBAN between others": ("{at:04}{iban}X{at:03}", [(1, 4), (5, 22), (27, 4)]),
    "words that are always the same are one text": ("{at:03} Order no. {at:04}", [(1, 3), (5, 10), (15, 4)]),
    "two spaces between words are an edge": ("{at:03} Open   Now", [(1, 3), (5, 7), (12, 3)]),
    "a number that is always the same is not cut at its zeros": (
        "{at:03} 2026 {at:02}",
        [(1, 3), (5, 4), (10, 2)],
    ),
}


@pytest.mark.parametrize("case", WHOLE_FIELDS)
def test_edges_that_are_none(case: str) -> None:
    pattern, places = WHOLE_FIELDS[case]
    lines = [pattern.format(at=number * 13 % 97, iban=_iban(number)) for number in range(1, 41)]
    assert _places(drafted("".join(f"{line}\n" for line in lines).encode())) == places


@pytest.mark.parametrize("size", [600, 3000, 4096, 65536])
def test_noise_is_no_file_of_records(size: int) -> None:
    with pytest.raises(InferenceError, match="nothing that repeats"):
        drafted(random.Random(size).randbytes(size))
