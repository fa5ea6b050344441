"""Damaged interchanges: the same results wherever they are cut, errors that point into the data, an answer
that is right by its own definition, and good records that can be written again."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import pytest

from mappings.contract import Format, MappingError
from tests.unit.fuzz.damage import SEED, damaged
from tests.unit.mappings.edi.streams import bare, golden_bytes, read, read_all, rules, told, write
from tests.unit.mappings.edifact import samples as edifact
from tests.unit.mappings.x12 import samples as x12


class Damage(NamedTuple):
    """A format, the folder of golden samples and those of them that it reads, and what reads its answer; None
    where it gives none."""

    codec: Format
    folder: str
    samples: tuple[str, ...]
    reads_answer: Format | None = None


PIECES: dict[str, tuple[bytes, ...]] = {
    "x12": (
        *(bytes([byte]) for byte in b"\x00\n\r *:^~>-.,019AX\xff"),
        *(b"~ISA*", b"IEA*1*000000001~", b"GE*1*1~", b"SE*2*0001~", b"ST*850*0009~", b"BIN*3*"),
        *(b"N1*ST*X~", b"HL*1**20~", b"REF*D9*1~", b"~~", b"\xc3\xa9", b"BIN*99*a~"),
        b"GS*PO*A*B*20261123*1015*1*X*004010~",
    ),
    "edifact": (
        *(bytes([byte]) for byte in b"\x00\n\r +:?'*-.,019AX\xff\x1d"),
        *(b"'UNB+UNOC:3+A+B+261123:1015+R9'", b"UNA:+.? '", b"UNA:+,?*'", b"UNZ+1+R1'", b"UNE+1+1'"),
        *(b"UNH+9+ORDERS:D:96A:UN'", b"UNG+ORDERS+A+B+261123:1015+1+UN'", b"UNT+2+1'", b"''"),
        *(b"LIN+1'", b"NAD+BY'", b"UNOY:4", b"\xc3\xa9"),
    ),
}
CLAIMS = {"interchange": "always", "group": "999"}
ORDERS = {"interchange": "always", "group": "997"}
CONTRL = edifact.golden("contrl", others="segments")
DAMAGES = {
    "x12 in lists": Damage(x12.x12(), "x12", ("purchase-order", "claims")),
    "850": Damage(
        x12.golden("purchase-order", acknowledge=ORDERS),
        "x12",
        ("purchase-order",),
        x12.golden("functional-acknowledgment", others="segments"),
    ),
    "837": Damage(
        x12.golden("claims", acknowledge=CLAIMS),
        "x12",
        ("claims",),
        x12.golden("implementation-acknowledgment", others="segments"),
    ),
    "edifact in lists": Damage(
        edifact.edifact(acknowledge={"when": "always"}), "edifact", ("orders", "invoice-lines"), CONTRL
    ),
    "ORDERS": Damage(
        edifact.golden("orders", acknowledge={"when": "always"}), "edifact", ("orders",), CONTRL
    ),
    "INVOIC": Damage(
        edifact.golden("invoice-lines", acknowledge={"when": "always"}), "edifact", ("invoice-lines",), CONTRL
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize(
    "count", [100, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_damaged_interchanges(name: str, count: int) -> None:
    damage = DAMAGES[name]
    chance = random.Random(SEED)
    for _ in range(count):
        sample = golden_bytes(damage.folder, chance.choice(damage.samples))
        data = damaged(sample, chance, PIECES[damage.folder])
        try:
            check(damage, data, chance.choice([1, 2, 3, 50, 105, 300]))
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r}: {error!r}") from error


def check(damage: Damage, data: bytes, size: int) -> None:
    results, summary = read_all(damage.codec, data)
    again, also = read_all(damage.codec, data, size)
    assert told(again) == told(results)
    assert also == summary
    errors = [one for one in results if isinstance(one, MappingError)]
    assert summary.errors == len(errors)
    for error in errors:
        assert error.place.byte_offset is not None
        assert 0 <= error.place.byte_offset <= len(data)
        assert error.raw in data
    if results and not errors:
        written_again(damage, results)
    if damage.reads_answer is not None and summary.acknowledgement:
        assert rules(read(damage.reads_answer, summary.acknowledgement)) == []


def written_again(damage: Damage, records: list[Any]) -> None:
    try:
        data = write(damage.codec, records, now=None)
    except MappingError as error:
        rule = error.rule
    else:
        rule = ""
        again = read(damage.codec, data)
        if damage.folder == "x12":
            assert again == records
        else:
            # What UNB and UNG leave out is written as the definition says.
            assert bare(again) == bare(records)
            assert all(
                is_in(one["envelope"], other["envelope"]) for one, other in zip(records, again, strict=True)
            )
    assert rule in ("", "delimiter"), "only what the delimiters of the definition cannot hold is refused"


def is_in(one: Any, other: Any) -> bool:
    """True where another value has all that one has."""
    if not isinstance(one, dict):
        return bool(one == other)
    return isinstance(other, dict) and all(name in other and is_in(one[name], other[name]) for name in one)
