"""Damaged interchanges: the same results wherever they are cut, errors that point into the data, an answer
that is right by its own definition, and good records that can be written again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.formats import built_in
from tests.unit.fuzz.damage import SEED, damaged
from tests.unit.mappings.x12.samples import GOLDEN, golden, read, read_all, rules, write

PIECES = [
    *(bytes([byte]) for byte in b"\x00\n\r *:^~>-.,019AX\xff"),
    *(b"~ISA*", b"IEA*1*000000001~", b"GE*1*1~", b"SE*2*0001~", b"ST*850*0009~", b"BIN*3*", b"BIN*99*a~"),
    *(b"N1*ST*X~", b"HL*1**20~", b"REF*D9*1~", b"~~", b"\xc3\xa9", b"GS*PO*A*B*20261123*1015*1*X*004010~"),
]
CODECS: dict[str, tuple[Any, list[str], str]] = {
    "any": (built_in("x12"), ["purchase-order", "claims"], ""),
    "850": (
        golden("purchase-order", acknowledge={"interchange": "always", "group": "997"}),
        ["purchase-order"],
        "997",
    ),
    "837": (
        golden("claims", acknowledge={"interchange": "always", "group": "999"}),
        ["claims"],
        "999",
    ),
}
ANSWERS = {
    "997": golden("functional-acknowledgment", others="segments"),
    "999": golden("implementation-acknowledgment", others="segments"),
}


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize(
    "count", [150, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_damaged_interchanges(name: str, count: int) -> None:
    codec, samples, answer = CODECS[name]
    chance = random.Random(SEED)
    for _ in range(count):
        data = damaged((GOLDEN / f"{chance.choice(samples)}.edi").read_bytes(), chance, PIECES)
        try:
            check(codec, data, answer, chance.choice([1, 2, 3, 50, 105, 300]))
        except Exception as error:
            raise AssertionError(f"seed {SEED}: {data!r}: {error!r}") from error


def check(codec: Any, data: bytes, answer: str, size: int) -> None:
    results, summary = read_all(codec, data)
    again, also = read_all(codec, data, size)
    assert [shown(one) for one in again] == [shown(one) for one in results]
    assert also == summary
    errors = [one for one in results if isinstance(one, MappingError)]
    assert summary.errors == len(errors)
    for error in errors:
        assert error.place.byte_offset is not None
        assert 0 <= error.place.byte_offset <= len(data)
        assert error.raw in data
    if results and not errors:
        written_again(codec, results)
    if answer and summary.acknowledgement:
        assert rules(read(ANSWERS[answer], summary.acknowledgement)) == []


def written_again(codec: Any, records: list[Any]) -> None:
    try:
        data = write(codec, records, now=None)
    except MappingError as error:
        rule = error.rule
    else:
        rule = ""
        assert read(codec, data) == records
    assert rule in ("", "delimiter"), "only what the delimiters of the definition cannot hold is refused"


def shown(result: Any) -> Any:
    return (str(result), result.raw, result.excerpt) if isinstance(result, MappingError) else result
