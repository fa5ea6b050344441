"""Pictures: what they say, and how numbers are edited by them."""

from __future__ import annotations

from array import array
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.contract import MappingError
from mappings.copybook.editing import editor, uneditor
from mappings.copybook.picture import Category, Picture, picture
from tests.unit.mappings.copybook.samples import defined, field, problems, read, records, write

PICTURES = {
    "X(3)": (Category.TEXT, 3, 0, 0),
    "a(4)x": (Category.TEXT, 5, 0, 0),
    "XXBXX/0X": (Category.TEXT, 8, 0, 0),
    "9": (Category.NUMBER, 1, 1, 0),
    "S9(5)V99": (Category.NUMBER, 7, 7, 2),
    "SV9(3)": (Category.NUMBER, 3, 3, 3),
    "9(3)V": (Category.NUMBER, 3, 3, 0),
    "PPP99": (Category.NUMBER, 2, 2, 5),
    "SVPP9": (Category.NUMBER, 1, 1, 3),
    "S9(2)P(3)": (Category.NUMBER, 2, 2, -3),
    "9(2)P(3)V": (Category.NUMBER, 2, 2, -3),
    "S9(3).99": (Category.NUMBER, 6, 5, 2),
    "ZZ9.99-": (Category.EDITED, 7, 5, 2),
    "9(4)CR": (Category.EDITED, 6, 4, 0),
    "$$$,$$9.99": (Category.EDITED, 10, 7, 2),
    "Z(6)VZZ-": (Category.EDITED, 9, 8, 2),
    "99/99/9999": (Category.EDITED, 10, 8, 0),
    "N(4)": (Category.NATIONAL, 4, 0, 0),
    "G(4)": (Category.DBCS, 4, 0, 0),
    "+9V9(5)E+99": (Category.FLOAT_TEXT, 11, 6, 5),
    "-9.9(3)E-99": (Category.FLOAT_TEXT, 10, 4, 3),
}


@pytest.mark.parametrize(("text", "wanted"), PICTURES.items())
def test_pictures(text: str, wanted: tuple[Category, int, int, int]) -> None:
    found = picture(text)
    assert (found.category, found.size, found.digits, found.scale) == wanted


WRONG = [
    "", "Q", "X(", "X()",
    "X(0)", "(3)X", "X(-1)", "S", "V", "9S9", "9V9V9", "P9P", "9PV9", "PP", "VP", "S9.9V9",
    "Z9Z", "9Z", "*Z9", "$$ZZ", "+9-", "CR9", "9+9", "..9", "9.9.9", "9CRDB", "ZZ.Z9", "$9$9", "+E+99",
    "9(61)", "P(91)9",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_picture(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]"):
        picture(text)


# Enterprise COBOL for z/OS Language Reference, PICTURE clause editing, the tables of its kinds of editing.
EDITED: list[tuple[str, str, str]] = [
    ("99B999B000", "1234", "01 234 000"),
    ("99,999", "12345", "12,345"),
    ("999.99", "1.23", "001.23"),
    ("999.99", "0.12", "000.12"),
    ("999.99", "123.45", "123.45"),
    ("999.99+", "555.55", "555.55+"),
    ("+9999.99", "-5555.55", "-5555.55"),
    ("$999.99", "123.45", "$123.45"),
    ("-$999.99", "-123.45", "-$123.45"),
    ("-$999.99", "123.45", " $123.45"),
    ("$9999.99CR", "123.45", "$0123.45  "),
    ("$9999.99DB", "-123.45", "$0123.45DB"),
    ("$$$$.99", "0.12", "   $.12"),
    ("$$$9.99", "0.12", "  $0.12"),
    ("$,$$$,999.99", "1234.56", "   $1,234.56"),
    ("+,+++,999.99", "-123456.78", " -123,456.78"),
    ("$$,$$$,$$$.99CR", "-1234567", "$1,234,567.00CR"),
    ("++,+++,+++.+++", "0", "              "),
    ("****.**", "0", "****.**"),
    ("ZZZZ.ZZ", "0", "       "),
    ("ZZZZ.99", "0", "    .00"),
    ("****.99", "0", "****.00"),
    ("ZZ99.99", "0", "  00.00"),
    ("Z,ZZZ.ZZ+", "123.45", "  123.45+"),
    ("*,***.**+", "-123.45", "**123.45-"),
    ("**,***,***.**", "12345678.9", "12,345,678.90"),
    ("$Z,ZZZ,ZZZ.ZZCR", "12345.67", "$   12,345.67  "),
    ("$B*,***,***.**BBDB", "-12345.67", "$ ***12,345.67  DB"),
    ("ZZZZ.ZZ", "0.05", "    .05"),
    ("--9", "-5", " -5"),
    ("---", "-5", " -5"),
    ("--9", "5", "  5"),
    ("Z(6)VZZ-", "-12.5", "    1250-"),
    ("99/99/9999", "31122026", "31/12/2026"),
    ("Z/ZZ", "5", "   5"),
    ("+$$$9", "12", "+ $12"),
]


def edits(text: str, **options: Any) -> tuple[Picture, Any, Any]:
    found = picture(text, decimal_comma=options.get("decimal_comma", False))
    edit = editor(
        found, currency="$", decimal_comma=options.get("decimal_comma", False),
        blank_when_zero=options.get("blank_when_zero", False),
    )  # fmt: skip
    return found, edit, uneditor(found, edit)


@pytest.mark.parametrize(("text", "value", "wanted"), EDITED)
def test_editing(text: str, value: str, wanted: str) -> None:
    found, edit, unedit = edits(text)
    number = int(Decimal(value).scaleb(found.scale))
    if "000" not in text:
        assert edit(number) == wanted
        assert unedit(wanted) == number
    assert len(wanted) == found.size


def test_editing_with_commas_and_blanks() -> None:
    found, edit, unedit = edits("Z.ZZ9,99", decimal_comma=True)
    assert found.scale == 2
    assert edit(123456) == "1.234,56"
    assert unedit("1.234,56") == 123456
    _, edit, unedit = edits("ZZ9.99", blank_when_zero=True)
    assert edit(0) == "      "
    assert unedit("      ") == 0
    with pytest.raises(ValueError, match="edited"):
        unedit("  0.00")


ALL_EDITED = [text for text, _, _ in EDITED if "000" not in text]


@settings(deadline=None)
@given(st.sampled_from(ALL_EDITED), st.integers(-(10**9), 10**9))
def test_what_is_edited_is_read(text: str, number: int) -> None:
    found, edit, unedit = edits(text)
    number %= 10**found.digits
    number = -number if found.signed and number % 2 else number
    edited = edit(number)
    assert len(edited) == found.size
    assert unedit(edited) == number


@settings(deadline=None)
@given(st.sampled_from(ALL_EDITED), st.text("0123456789 .,+-$*CRDB/", max_size=12))
def test_only_what_is_edited_is_read(text: str, data: str) -> None:
    _, edit, unedit = edits(text)
    number: int | None
    try:
        number = unedit(data)
    except ValueError:
        number = None
    assert number is None or edit(number) == data


BOTH_WAYS: dict[str, tuple[str, str, Any]] = {
    # clauses, bytes in hexadecimal, value (page 037)
    "text": ("PIC X(3)", "C14040", "A"),
    "text on the right": ("PIC X(3) JUST RIGHT", "4040C1", "A"),
    "low-values are text": ("PIC X(3)", "C10000", "A\0\0"),
    "digits": ("PIC 9(3)", "F0F1F2", 12),
    "digits with a point": ("PIC 9V99", "F1F2F3", Decimal("1.23")),
    "zoned plus": ("PIC S9(3)", "F0F1C2", 12),
    "zoned minus": ("PIC S9(3)", "F0F1D2", -12),
    "zoned leading": ("PIC S9(3) LEADING", "D0F1F2", -12),
    "sign leading": ("PIC S9(3) SIGN IS LEADING SEPARATE CHARACTER", "60F0F1F2", -12),
    "sign trailing": ("PIC S9(3) SIGN TRAILING SEPARATE", "F0F1F24E", 12),
    "a sign of its own without S": ("PIC 9(3) SIGN TRAILING SEPARATE", "F0F1F260", -12),
    "a zoned point": ("PIC S9(3).99", "F0F1F24BF3D4", Decimal("-12.34")),
    "a zoned point and a sign behind": ("PIC S9(3).99 SIGN TRAILING SEPARATE", "F0F1F24BF3F460",
                                        Decimal("-12.34")),
    "a zoned point and a sign before": ("PIC S9(3).99 SIGN LEADING SEPARATE", "60F0F1F24BF3F4",
                                        Decimal("-12.34")),
    "hundredths behind the digits": ("PIC VPP99", "F1F2", Decimal("0.0012")),
    "thousands": ("PIC 99PPP", "F1F2", 12000),
    "packed": ("PIC S9(5) COMP-3", "00012D", -12),
    "packed without sign": ("PIC 9(4) PACKED-DECIMAL", "00012F", 12),
    "packed fraction": ("PIC S9(3)V99 COMPUTATIONAL-3", "01234C", Decimal("12.34")),
    "packed without a half byte": ("PIC 9(4) COMP-6", "0012", 12),
    "binary of 2": ("PIC S9(4) COMP", "FFF4", -12),
    "binary of 4": ("PIC 9(5) BINARY", "0000000C", 12),
    "binary of 8": ("PIC S9(18) COMP-4", "FFFFFFFFFFFFFFF4", -12),
    "binary fraction": ("PIC S9(3)V9 COMP", "FF85", Decimal("-12.3")),
    "native": ("PIC 9(4) COMP-5", "FFFF", 65535),
    "hexadecimal float": ("COMP-1", "C276A000", Decimal("-118.625")),
    "hexadecimal double": ("COMP-2", "C276A00000000000", Decimal("-118.625")),
    "index": ("USAGE IS INDEX", "0000000C", 12),
    "pointer of 32 bits": ("USAGE POINTER-32", "0000000C", "0000000c"),
    "pointer": ("POINTER", "0000000C", "0000000c"),
    "procedure pointer": ("PROCEDURE-POINTER", "0000000C00000000", "0000000c00000000"),
    "national": ("PIC N(3)", "00C42F810020", "Ä⾁"),
    "national digits": ("PIC 9(2) NATIONAL", "00310032", 12),
    "national, blank when zero": ("PIC 9(2) NATIONAL BLANK WHEN ZERO", "00200020", 0),
    "national with a sign": ("PIC S9(2) NATIONAL SIGN LEADING SEPARATE", "002D00310032", -12),
    "national, edited": ("PIC ZZ9 NATIONAL", "002000310032", 12),
    "edited": ("PIC ZZ9.99-", "4040F14BF2F360", Decimal("-1.23")),
    "blank when zero": ("PIC 9(3) BLANK WHEN ZERO", "404040", 0),
    "edited text": ("PIC XX/XX", "C1C261C3C4", "AB/CD"),
    "float as text": ("PIC +9.9(3)E-99", "60F14BF2F3F4C540F0F2", Decimal("-123.4")),
    "float as text, a small one": ("PIC -9V99E+99", "40F1F2F3C560F0F5", Decimal("0.0000123")),
}  # fmt: skip


@pytest.mark.parametrize(("clauses", "data", "value"), BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_fields(clauses: str, data: str, value: Any) -> None:
    codec = field(clauses)
    assert records(codec, bytes.fromhex(data)) == [{"A": value}]
    assert write(codec, [{"A": value}]) == bytes.fromhex(data)


@pytest.mark.parametrize("name", [name for name in BOTH_WAYS if name.startswith("national")])
def test_national_fields_of_x86(name: str) -> None:
    clauses, data, value = BOTH_WAYS[name]
    codec = field(clauses, national_order="little")
    swapped = array("H", bytes.fromhex(data))
    swapped.byteswap()
    assert records(codec, swapped.tobytes()) == [{"A": value}]
    assert write(codec, [{"A": value}]) == swapped.tobytes()


@pytest.mark.parametrize("clauses", [clauses for clauses, _, _ in BOTH_WAYS.values()])
@pytest.mark.parametrize("options", [{}, {"signs_read": "written"}], ids=["all signs", "written signs"])
def test_every_byte_in_every_position(clauses: str, options: dict[str, Any]) -> None:
    """A value that is written to the same bytes or, where signs have several codes, to the same value."""
    codec = field(clauses, **options)
    length, _ = codec.record_lengths[""]
    name = next(each for each, (some, _, _) in BOTH_WAYS.items() if some == clauses)
    good = bytes.fromhex(BOTH_WAYS[name][1])
    assert length == len(good)
    for position in range(length):
        for byte in range(256):
            data = good[:position] + bytes([byte]) + good[position + 1 :]
            (result,) = read(codec, data)
            if isinstance(result, MappingError):
                assert result.rule
                assert result.place.path == "/A"
                assert result.place.byte_offset == 0
                continue
            again = write(codec, [result])
            assert records(codec, again) == [result]
            assert again == data or codec.losses()


def test_double_byte_characters() -> None:
    text = "01 R.\n 05 A PIC G(3).\n 05 B PIC N(2).\n 05 C PIC N(2) USAGE DISPLAY-1.\n 05 D PIC X(6).\n"
    codec = defined(text, "cp939", pic_n="dbcs")
    value = {"A": "日本", "B": "語", "C": "日本", "D": "a日"}
    data = write(codec, [value])
    assert len(data) == 20
    assert data[14:] == b"\x81\x0e" + data[:2] + b"\x0f\x40"
    assert records(codec, data) == [value]
    assert {loss.partition(":")[0] for loss in codec.losses()} == {"encoding"}
    shifts = b"\x0e\x0f" + write(codec, [{**value, "D": "a"}])[14:18]
    assert write(codec, records(codec, data[:14] + shifts)) != data[:14] + shifts
    (error,) = problems("01 R.\n 05 A PIC G(3).\n", "cp037")
    assert error == "copybook: copybook:2:5: dbcs: cp037 has no double-byte characters"
    utf_16 = defined("01 R.\n 05 B PIC N(2).\n", "cp939")
    assert write(utf_16, [{"B": "語"}]) == "語 ".encode("utf-16-be")


LATER = {"cp1364": "똠방", "cp1371": "十€", "cp1388": "㐀中", "cp1390": "か\u309a𠀋", "cp1399": "か\u309a𠀋"}


@pytest.mark.parametrize(("page", "text"), LATER.items())
def test_double_byte_characters_that_came_with_the_euro(page: str, text: str) -> None:
    codec = defined("01 R.\n 05 A PIC G(2).\n 05 B PIC X(8).\n", page)
    value = {"A": text, "B": f"a{text}"}
    data = write(codec, [value])
    assert len(data) == 12
    assert records(codec, data) == [value]
    properties: Any = codec.schema()["properties"]
    assert len(text) <= properties["A"]["maxLength"] <= 4


BAD_VALUES: dict[str, tuple[str, Any, str]] = {
    "too long": ("PIC X(3)", "abcd", "overflow"),
    "a space that would be lost": ("PIC X(3)", "ab ", "padding"),
    "a space before what stands on the right": ("PIC X(3) JUST", " ab", "padding"),
    "a character that the page has not": ("PIC X(3)", "€", "encoding"),
    "a number as text": ("PIC X(3)", 123, "type"),
    "text as a number": ("PIC 9(3)", "123", "type"),
    "true": ("PIC 9(3)", True, "type"),
    "too many digits": ("PIC 9(3)", 1000, "overflow"),
    "too many digits, binary": ("PIC 9(3) COMP", 1000, "overflow"),
    "too many digits, packed": ("PIC 9(4) COMP-3", 10000, "overflow"),
    "no sign": ("PIC 9(3)", -1, "sign"),
    "no sign, packed": ("PIC 9(3) COMP-3", -1, "sign"),
    "no sign, edited": ("PIC ZZ9", -1, "sign"),
    "too fine": ("PIC 9V9", Decimal("1.25"), "scale"),
    "too fine, edited": ("PIC 9.9", Decimal("1.25"), "scale"),
    "too coarse": ("PIC 9P", 15, "scale"),
    "too many digits, edited": ("PIC ZZ9", 1000, "overflow"),
    "not finite": ("PIC ZZ9", Decimal("NaN"), "overflow"),
    "too many digits, float": ("PIC +9.9E+99", Decimal("1.23"), "overflow"),
    "too great, float": ("PIC +9.9E+99", Decimal("1E+200"), "overflow"),
    "no pointer": ("POINTER", "xyz", "hex"),
    "null": ("PIC 9", None, "type"),
    "too precise": ("COMP-1", Decimal("1.23456789012"), "precision"),
}


@pytest.mark.parametrize(("clauses", "value", "rule"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_values_that_do_not_fit(clauses: str, value: Any, rule: str) -> None:
    with pytest.raises(MappingError) as caught:
        write(field(clauses), [{"A": value}])
    assert (caught.value.rule, caught.value.place.path) == (rule, "/A")


def test_lenient_editing() -> None:
    lenient = field("PIC -9(4).99", edited="lenient")
    for text in ("+0012.34", "  12.34 ", "0012.34+", " 0012.34"):
        assert records(lenient, text.encode("cp037")) == [{"A": Decimal("12.34")}]
    assert records(lenient, "  12.34-".encode("cp037")) == [{"A": Decimal("-12.34")}]
    assert lenient.losses()
    for text in ("12.3    ", "1 2.34  ", "        ", "-12.34- ", "12A4.00 ", "12.3.4  "):
        (error,) = read(lenient, text.encode("cp037"))
        assert error.rule == "edited"
    assert records(field("PIC -9(4).99", edited="text"), "+0012.34".encode("cp037")) == [{"A": "+0012.34"}]


def test_lenient_editing_of_long_fields_takes_no_time() -> None:
    """Spaces that could be shared out in many ways: 1,000 of them took minutes."""
    lenient = field("PIC Z(30)B(969)9", encoding="us-ascii", edited="lenient")
    assert records(lenient, b" " * 500 + b"12" + b" " * 498) == [{"A": 12}]
    (error,) = read(lenient, b" " * 999 + b"x")
    assert error.rule == "edited"
