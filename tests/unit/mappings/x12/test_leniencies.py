"""Rules that partners break: an error, unless the definition lets it pass; then it is counted."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.contract import MappingError
from mappings.x12.schema import Leniency
from tests.unit.mappings.x12.samples import golden, interchange, read_all, transaction

BEG, LINE = "BEG*00*NE*PO1**20261123", "PO1*1*1*EA"


def sent(*segments: str, changes: tuple[str, str] = ("", "")) -> bytes:
    return interchange(*transaction(*segments)).decode().replace(*changes).encode()


CASES: dict[Leniency, tuple[bytes, Any]] = {
    Leniency.TRAILING_SEPARATORS: (sent(BEG, LINE + "*"), {"number": "1", "quantity": 1, "unit": "EA"}),
    Leniency.PADDING: (sent(BEG, "PO1*1*1 *EA"), {"number": "1", "quantity": 1, "unit": "EA"}),
    Leniency.TOO_SHORT: (sent(BEG, "PO1*1*1*EA*9*X"), {"price_basis": "X", "price": 9, "quantity": 1}),
    Leniency.TOO_LONG: (sent(BEG, f"PO1*{'1' * 21}*1*EA"), {"number": "1" * 21, "quantity": 1}),
    Leniency.CODES: (sent(BEG, "PO1*1*1*QQ"), {"unit": "QQ"}),
    Leniency.CONDITIONS: (sent(BEG, "PO1*1*1*EA*9**VP"), {"sku_qualifier": "VP"}),
    Leniency.MISSING_ELEMENTS: (sent("BEG*00**PO1**20261123", LINE), {"number": "1"}),
    Leniency.EXTRA_ELEMENTS: (sent(BEG, LINE + "*****y*z"), {"unit": "EA"}),
    Leniency.UNKNOWN_SEGMENTS: (sent(BEG, "ZZZ*1", LINE), {"number": "1"}),
    Leniency.MISSING_SEGMENTS: (sent(LINE), {"number": "1"}),
    Leniency.SEGMENT_COUNTS: (sent(BEG, BEG, LINE), {"number": "1"}),
    Leniency.EMPTY_SEGMENTS: (sent(BEG, LINE, changes=("EA~", "EA~~")), {"number": "1"}),
    Leniency.CONTROL_NUMBERS: (sent(BEG, LINE, changes=("SE*4*0001", "SE*4*0002")), {"number": "1"}),
    Leniency.CONTROL_COUNTS: (sent(BEG, LINE, changes=("SE*4*", "SE*9*")), {"number": "1"}),
    Leniency.ENVELOPE: (sent(BEG, LINE, changes=("*20261123*1015*", "*20261323*1015*")), {"number": "1"}),
    Leniency.ISA_LENGTHS: (sent(BEG, LINE, changes=("ACME           ", "ACME")), {"number": "1"}),
    Leniency.DUPLICATES: (sent(BEG, LINE) + interchange(), {"number": "1"}),
}


@pytest.mark.parametrize("word", list(Leniency))
def test_what_is_tolerated_is_read_and_counted(word: Leniency) -> None:
    data, item = CASES[word]
    results, summary = read_all(golden("purchase-order"), data)
    assert any(isinstance(one, MappingError) for one in results)
    (record,), summary = read_all(golden("purchase-order", lenient=[word]), data)
    assert not isinstance(record, MappingError), record
    assert item.items() <= record["lines"][0]["item"].items()
    assert summary.leniencies == {word.value: 1}
    assert summary.errors == 0


@pytest.mark.parametrize("word", list(Leniency))
def test_what_is_right_needs_no_leniency(word: Leniency) -> None:
    _, summary = read_all(golden("purchase-order", lenient=[word]), sent(BEG, LINE))
    assert (summary.errors, summary.leniencies) == (0, {})


@pytest.mark.parametrize("word", list(Leniency))
def test_one_leniency_does_not_cover_others(word: Leniency) -> None:
    others = [one for one in Leniency if one is not word]
    results, _ = read_all(golden("purchase-order", lenient=others), CASES[word][0])
    assert any(isinstance(one, MappingError) for one in results)
