"""What compilers other than IBM's have in copybooks, and what few copybooks have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mappings.contract import Context, MappingError
from mappings.copybook import CopybookDefinition, CopybookFormat
from tests.unit.mappings.copybook.samples import defined, problems, records, write

SIZES = [  # of the picture, unsigned and signed, by the words of `binary_size`
    pytest.param("9", (2, 1, 1), (2, 1, 1), id="1"),
    pytest.param("9(2)", (2, 1, 1), (2, 1, 1), id="2"),
    pytest.param("9(3)", (2, 2, 2), (2, 2, 2), id="3"),
    pytest.param("9(4)", (2, 2, 2), (2, 2, 2), id="4"),
    pytest.param("9(5)", (4, 4, 3), (4, 4, 3), id="5"),
    pytest.param("9(6)", (4, 4, 3), (4, 4, 3), id="6"),
    pytest.param("9(7)", (4, 4, 3), (4, 4, 4), id="7"),
    pytest.param("9(9)", (4, 4, 4), (4, 4, 4), id="9"),
    pytest.param("9(11)", (8, 8, 5), (8, 8, 5), id="11"),
    pytest.param("9(12)", (8, 8, 5), (8, 8, 6), id="12"),
    pytest.param("9(14)", (8, 8, 6), (8, 8, 6), id="14"),
    pytest.param("9(16)", (8, 8, 7), (8, 8, 7), id="16"),
    pytest.param("9(18)", (8, 8, 8), (8, 8, 8), id="18"),
]


@pytest.mark.parametrize(("picture", "unsigned", "signed"), SIZES)
@pytest.mark.parametrize("usage", ["COMP", "COMP-5"])
def test_binary_sizes(
    picture: str, unsigned: tuple[int, int, int], signed: tuple[int, int, int], usage: str
) -> None:
    for sign, expected in (("", unsigned), ("S", signed)):
        found = tuple(
            defined(f" 01 R.\n 05 A PIC {sign}{picture} {usage}.\n", binary_size=size)
            .layout.records[0]
            .length
            for size in ("ibm", "1-2-4-8", "1-8")
        )
        assert found == expected


CLAUSES: list[Any] = [
    pytest.param("PIC X(3) COMP-X", b"\x01\x00\x02", 65538, id="COMP-X of bytes"),
    pytest.param("PIC 9(6) COMP-X", b"\x01\x00\x02", 65538, id="COMP-X of digits"),
    pytest.param("PIC 9V99 COMP-X", b"\x00\x7f", Decimal("1.27"), id="COMP-X with a fraction"),
    pytest.param("BINARY-CHAR", b"\xff", -1, id="BINARY-CHAR"),
    pytest.param("BINARY-CHAR UNSIGNED", b"\xff", 255, id="BINARY-CHAR UNSIGNED"),
    pytest.param("USAGE BINARY-SHORT SIGNED", b"\xff\xfe", -2, id="BINARY-SHORT"),
    pytest.param("USAGE IS BINARY-LONG", b"\x80\x00\x00\x00", -(2**31), id="BINARY-LONG"),
    pytest.param("BINARY-DOUBLE UNSIGNED", b"\xff" * 8, 2**64 - 1, id="BINARY-DOUBLE"),
    pytest.param("FLOAT-SHORT", b"\x3f\xc0\x00\x00", Decimal("1.5"), id="FLOAT-SHORT"),
    pytest.param("FLOAT-LONG", b"\x3f\xf8" + bytes(6), Decimal("1.5"), id="FLOAT-LONG"),
]


@pytest.mark.parametrize(("clauses", "data", "value"), CLAUSES)
def test_usages_of_other_compilers(clauses: str, data: bytes, value: Any) -> None:
    codec = defined(f" 01 R.\n 05 A {clauses}.\n", "us-ascii")
    assert records(codec, data) == [{"A": value}]
    assert write(codec, [{"A": value}]) == data


def test_a_group_says_what_is_in_it_is_unsigned() -> None:
    codec = defined(" 01 R.\n 05 G BINARY-CHAR UNSIGNED.\n 10 A.\n", "us-ascii")
    assert records(codec, b"\xff") == [{"G": {"A": 255}}]


TEXTS: list[Any] = [
    pytest.param(
        " 78 MAX-N VALUE 2.\n 01 R.\n 05 A PIC X OCCURS max-n TIMES.\n 05 B PIC X(MAX-N).\n",
        {"A": ["a", "b"], "B": "cd"},
        id="78",
    ),
    pytest.param(
        " REPLACE ==:P:== BY ==X(3)==.\n 01 R.\n 05 A PIC :P:.\n REPLACE OFF.\n 05 B PIC X.\n",
        {"A": "abc", "B": "d"},
        id="REPLACE",
    ),
    pytest.param(
        " REPLACE LEADING ==PRE== BY ==OUR==.\n 01 R.\n 05 PRE-A PIC X.\n"
        " REPLACE ==PRE-B== BY ==B==.\n 05 PRE-B PIC X.\n 05 PRE-C PIC X(2).\n",
        {"OUR-A": "a", "B": "b", "PRE-C": "cd"},
        id="REPLACE again",
    ),
    pytest.param(
        " 01 R.\n 05 T PIC X.\n 05 T PIC X.\n 05 T-2 PIC X.\n 05 T PIC X.\n",
        {"T": "a", "T-2": "b", "T-2-2": "c", "T-3": "d"},
        id="one name for several items",
    ),
]


@pytest.mark.parametrize(("text", "record"), TEXTS)
def test_texts(text: str, record: dict[str, Any]) -> None:
    codec = defined(text, "us-ascii")
    assert records(codec, b"abcd") == [record]
    assert write(codec, [record]) == b"abcd"


@pytest.mark.parametrize("space", ["", " "], ids=["close", "apart"])
def test_pictures_are_replaced(space: str) -> None:
    pairs = f"=={space}PIC X(5){space}== BY =={space}PIC 9(3){space}==\n ==:TAG:== BY ==WORK=="
    texts = {
        "texts": [{"name": "a", "content": f" 01 R.\n COPY B REPLACING {pairs}.\n"}],
        "copied": [{"name": "B", "content": " 05 :TAG:-ZIP PIC X(5).\n"}],
    }
    definition = {"format": "copybook", "encoding": "us-ascii", "copybook": texts}
    codec = CopybookFormat(CopybookDefinition.model_validate(definition))
    assert records(codec, b"012") == [{"WORK-ZIP": 12}]


def test_what_is_cut_off_is_said() -> None:
    entry = "88 VALID VALUE 100000 THRU 999999."
    text = "       01 R.\n         05 A PIC 9(6).\n" + entry.rjust(76) + "\n"
    (problem,) = problems(text, source="fixed")
    assert problem.endswith("; '999.', from column 73 on, is not read; `source: free` reads it")
    numbered = "       01 R.\n" + "         05 A PIC.".ljust(72) + "00000100\n"
    assert not any("column 73" in each for each in problems(numbered, source="fixed"))


def test_unbounded_says_what_to_do() -> None:
    text = " 01 R.\n 05 N PIC 9.\n 05 T PIC X OCCURS 1 TO UNBOUNDED DEPENDING ON N.\n"
    (problem,) = problems(text)
    assert problem.startswith("copybook: copybook:3:25: occurs: UNBOUNDED ")
    assert "put the greatest number of times in its place" in problem


def test_copies_of_copies_are_limited() -> None:
    copied = [{"name": f"b{n}", "content": f" COPY b{n + 1}.\n" * 10} for n in range(1, 8)]
    texts = {
        "texts": [{"name": "b0", "content": " 01 R.\n" + " COPY b1.\n" * 10}],
        "copied": [*copied, {"name": "b8", "content": " 05 FILLER PIC X.\n"}],
    }
    definition = {"format": "copybook", "encoding": "cp037", "copybook": texts}
    with pytest.raises(ValueError, match="size: copies more than 5000 times"):
        CopybookFormat(CopybookDefinition.model_validate(definition))


@pytest.mark.parametrize(
    ("picture", "rule"), [("9(5)", "overflow"), ("S9(5) COMP-3", "overflow"), ("9(5) COMP-6", "overflow")]
)
def test_numbers_of_any_size_are_refused(picture: str, rule: str) -> None:
    encoder = defined(f" 01 R.\n 05 A PIC {picture}.\n").encoder(Context())
    with pytest.raises(MappingError) as refused:
        encoder.encode([{"A": 10**5000}])
    assert (refused.value.rule, refused.value.place.path) == (rule, "/A")


@pytest.mark.parametrize("where", ["variants", "records"])
def test_names_of_conditions_are_told_from_values(where: str) -> None:
    kind = " 01 R.\n 05 K PIC X.\n 88 LIFE VALUE 'L'.\n"
    match = {"field": "K", "value": "LIFE"}
    if where == "variants":
        text = kind + " 05 A PIC X(2).\n 05 B REDEFINES A PIC 9(2).\n"
        found = problems(text, variants={"A": match, "B": "otherwise"})
    else:
        found = problems(kind, records={"life": {"record": "R", "match": match}})
    assert any("LIFE is a condition name of level 88, whose value is 'L'" in each for each in found)
