"""The text of a copybook: its lines, its words, what it copies, and what is wrong with it where."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.copybook import CopybookDefinition, CopybookFormat
from mappings.xml_definition import READ_FILE
from tests.unit.mappings.copybook.samples import defined, problems, records

FIXED = """\
000100* A COMMENT                                                       ABC00010
000200 01  REC.                                                         ABC00020
000300     05  A           PIC X(3).                                    ABC00030
000400/    A NEW PAGE
000500D    05  DEBUG-ONLY  PIC X(3).
000600     05  B           PIC
000700         9(2).                                                    ABC00070
       EJECT
           05  LONG-NA
      -    ME            PIC X.  *> at the end of a line
           05  C PIC X(10) VALUE 'IT''S A *> L
      -    'ITERAL.'.
"""
FREE = """\
>>SOURCE FORMAT IS FREE
01 rec.   *> comment
* a line
  05 a pic x(3).
  05 b pic 9(2). 05 long-name pic x. 05 c pic x(10).
"""
TABS = "\t01\tREC.\n\t05\tA\tPIC X(3).\n\t05\tB PIC 99.\n\t05 LONG-NAME PIC X.\n\t05 C PIC X(10).\n"
PROGRAM = """\
       IDENTIFICATION DIVISION.
       DATA DIVISION.
       FILE SECTION.
       FD  OUT-FILE RECORDING MODE F BLOCK CONTAINS 0 RECORDS.
           EXEC SQL DECLARE T TABLE (A CHAR(3)) END-EXEC.
       01  REC.
           05  A PIC X(3). 05 B PIC 99.
           05 LONG-NAME PIC X. 05 C PIC X(10).
"""
WITHOUT_01 = (
    "           05  A PIC X(3).\n           05 B PIC 99.\n           05 LONG-NAME PIC X. 05 C PIC X(10).\n"
)


@pytest.mark.parametrize(
    "text", [FIXED, FREE, TABS, PROGRAM, WITHOUT_01], ids=["fixed", "free", "tabs", "program", "without 01"]
)
def test_the_same_record_in_all_forms(text: str) -> None:
    codec = defined(text, "us-ascii")
    assert dict(codec.record_lengths) == {"": (16, 16)}
    found = records(codec, b"abc12zlast field")[0]
    assert {name.upper(): value for name, value in found.items()} == {
        "A": "abc", "B": 12, "LONG-NAME": "z", "C": "last field",
    }  # fmt: skip


def read_from(files: dict[str, str]) -> Any:
    def read(name: str) -> bytes:
        if name not in files:
            raise ValueError(f"{name}: there is no such file")
        return files[name].encode()

    return {READ_FILE: read}


def from_files(files: dict[str, str], copybook: Any = "main.cpy", **more: Any) -> CopybookFormat:
    definition = {"format": "copybook", "copybook": copybook, "encoding": "us-ascii", **more}
    checked = CopybookDefinition.model_validate(definition, context=read_from(files))
    again = CopybookDefinition.model_validate_json(checked.model_dump_json())  # complete without its files
    assert again == checked
    return CopybookFormat(again)


ADDRESS = " 05 :TAG:-STREET PIC X(4).\n 05 :TAG:-ZIP PIC 9(5).\n"
COPIES: dict[str, tuple[dict[str, str], list[str]]] = {
    "as it is": ({"main.cpy": " 01 R.\n COPY ADDR.\n", "ADDR.cpy": " 05 A PIC X(9).\n"}, ["A"]),
    "in small letters": ({"main.cpy": " 01 R. copy addr.\n", "addr.cob": " 05 A PIC X(9).\n"}, ["A"]),
    "of a library": ({"main.cpy": " 01 R. COPY 'ADDR' OF LIB.\n", "ADDR": " 05 A PIC X(9).\n"}, ["A"]),
    "pseudo-text in a name": (
        {"main.cpy": " 01 R.\n COPY ADDR REPLACING ==:TAG:== BY ==CUST==.\n", "ADDR.cpy": ADDRESS},
        ["CUST-STREET", "CUST-ZIP"],
    ),
    "a word": (
        {
            "main.cpy": " 01 R.\n COPY ADDR REPLACING A BY B, ==X(4)== BY ==X(9)==.\n",
            "ADDR.cpy": " 05 A PIC X(4).\n",
        },
        ["B"],
    ),
    "the beginning of words": (
        {
            "main.cpy": " 01 R.\n COPY ADDR REPLACING LEADING ==OLD== BY ==NEW==\n"
            " TRAILING ==-N== BY ==-NR==.\n",
            "ADDR.cpy": " 05 OLD-A PIC X(4).\n 05 X-N PIC 9(5).\n",
        },
        ["NEW-A", "X-NR"],
    ),
    "nothing in its place": (
        {
            "main.cpy": " 01 R.\n COPY ADDR REPLACING ==OCCURS 2 TIMES== BY ====.\n",
            "ADDR.cpy": " 05 A PIC X(9) OCCURS\n 2 TIMES.\n",
        },
        ["A"],
    ),
    "copies that copy": (
        {
            "main.cpy": " 01 R.\n COPY OUTER REPLACING ==X== BY ==Y==.\n",
            "OUTER.cpy": " COPY INNER.\n",
            "INNER.cpy": " 05 X PIC X(9).\n",
        },
        ["Y"],
    ),
    "in another folder": (
        {"x/main.cpy": " 01 R.\n COPY ADDR.\n", "x/ADDR.cpy": " 05 A PIC X(9).\n"}, ["A"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "names"), COPIES.values(), ids=COPIES)
def test_copy(files: dict[str, str], names: list[str]) -> None:
    codec = from_files(files, next(iter(files)))
    assert dict(codec.record_lengths) == {"": (9, 9)}
    assert list(records(codec, b"abcd12345")[0]) == names


def test_several_copybooks() -> None:
    files = {"a.cpy": " 01 A.\n 05 X PIC X.\n", "b.cpy": " 01 B.\n 05 Y PIC 9.\n"}
    kinds = {"a": {"match": {"at": 1, "value": "A"}}, "b": {}}
    assert records(from_files(files, ["a.cpy", "b.cpy"], records=kinds), b"A1") == [
        {"a": {"X": "A"}},
        {"b": {"Y": 1}},
    ]


def test_a_file_that_is_not_there() -> None:
    for files in ({}, {"main.cpy": " 01 R.\n COPY ADDR.\n"}):
        with pytest.raises(ValueError, match="there is no such file"):
            from_files(files)
    with pytest.raises(ValueError, match="give the text itself"):
        CopybookDefinition.model_validate({"format": "copybook", "copybook": "a.cpy", "encoding": "cp037"})


def test_what_is_copied_is_looked_for_in_the_declared_form() -> None:
    """Past column 72, which a text in the fixed format does not reach."""
    files = {"main.cpy": "        01 R. 05 B PIC X." + " " * 60 + "COPY A.\n", "A": " 05 C PIC X(3).\n"}
    assert dict(from_files(files, source="free").record_lengths) == {"": (4, 4)}
    assert dict(from_files(files).record_lengths) == {"": (1, 1)}


def test_a_file_that_is_not_utf_8() -> None:
    context = {READ_FILE: lambda name: b" 01 R.\n* M\xfcller\n 05 A PIC X.\n"}
    definition = {"format": "copybook", "copybook": "a.cpy", "encoding": "cp037"}
    assert CopybookFormat(CopybookDefinition.model_validate(definition, context=context)).record_lengths


WRONG = {
    "no period": (" 01 R.\n 05 A PIC X\n", "copybook:2:2: period"),
    "no level": (" 01 R.\n AB PIC X.\n 05 B PIC X.\n", "copybook:2:2: level"),
    "an unknown level": (" 01 R.\n 51 A PIC X.\n", "copybook:2:2: level"),
    "no picture": (" 01 R.\n 05 A.\n", "copybook:2:5: picture"),
    "two pictures": (" 01 R.\n 05 A PIC X PIC X.\n", "copybook:2:17: picture"),
    "no such picture": (" 01 R.\n 05 A PIC X9(.\n", "copybook:2:11: picture"),
    "a picture of a group": (" 01 R.\n 05 A PIC X.\n 10 B PIC X.\n", "copybook:2:5: group"),
    "an unknown clause": (" 01 R.\n 05 A PIC X COLOUR RED.\n", "copybook:2:13: clause"),
    "an unknown usage": (" 01 R.\n 05 A PIC 9 USAGE COMP-9.\n", "copybook:2:19: usage"),
    "a usage for text": (" 01 R.\n 05 A PIC X COMP-3.\n", "copybook:2:5: usage"),
    "another usage than the group": (" 01 R COMP.\n 05 A PIC 9 COMP-3.\n", "copybook:2:5: usage"),
    "a sign of text": (" 01 R.\n 05 A PIC X SIGN LEADING.\n", "copybook:2:5: sign"),
    "a sign of packed numbers": (" 01 R.\n 05 A PIC S9 COMP-3 SIGN LEADING.\n", "copybook:2:5: sign"),
    "too long a record": (" 01 R.\n 05 A OCCURS 9999999.\n 10 FILLER PIC X(99999) OCCURS 9.\n",
                          "copybook:1:5: size"),
    "no such sign": (" 01 R.\n 05 A PIC S9 SIGN ABOVE.\n", "copybook:2:19: sign"),
    "a literal without end": (" 01 R.\n 05 A PIC X VALUE 'A.\n", "copybook:2:19: literal"),
    "a name that is none": (" 01 R.\n 05 A+B PIC X.\n", "copybook:2:5: name"),
    "a redefined item far away": (
        " 01 R.\n 05 A PIC X.\n 05 B PIC X.\n 05 C REDEFINES A PIC X.\n", "copybook:4:5: redefines",
    ),
    "no such counter": (" 01 R.\n 05 A PIC X OCCURS 2 DEPENDING ON N.\n", "copybook:2:35: reference"),
    "a counter behind": (
        " 01 R.\n 05 A PIC X OCCURS 2 DEPENDING ON N.\n 05 N PIC 9.\n", "copybook:2:35: depending",
    ),
    "a counter that is text": (
        " 01 R.\n 05 N PIC X.\n 05 A PIC X OCCURS 2 DEPENDING ON N.\n", "copybook:3:35: depending",
    ),
    "times that cannot be": (" 01 R.\n 05 A PIC X OCCURS 3 TO 2 DEPENDING ON A.\n", "copybook:2:20: occurs"),
    "times without end": (" 01 R.\n 05 A PIC X OCCURS UNBOUNDED.\n", "copybook:2:20: occurs"),
    "a table of records": (" 01 R OCCURS 2.\n 05 A PIC X.\n", "copybook:1:5: occurs"),
    "a counter of thousands": (
        " 01 R.\n 05 N PIC 9P.\n 05 A PIC X OCCURS 2 DEPENDING ON N.\n", "copybook:3:35: depending",
    ),
    "a condition without values": (" 01 R.\n 05 A PIC X.\n 88 B.\n", "copybook:3:5: condition"),
    "a condition that cannot be": (" 01 R.\n 05 A PIC 9.\n 88 B VALUE 12.\n", "copybook:3:5: condition"),
    "a condition of nothing": (" 88 B VALUE 1.\n", "copybook:1:2: level"),
    "renaming nothing": (" 01 R.\n 05 A PIC X.\n 66 B RENAMES C.\n", "copybook:3:15: reference"),
    "renaming backwards": (
        " 01 R.\n 05 A PIC X.\n 05 B PIC X.\n 66 C RENAMES B THRU A.\n", "copybook:4:5: renames",
    ),
    "78 without value": (" 78 N.\n 01 R.\n 05 A PIC X.\n", "copybook:1:5: constant"),
    "78 that is computed": (" 78 N VALUE 1 + 2.\n 01 R.\n 05 A PIC X.\n", "copybook:1:13: constant"),
    "COMP-X with a sign": (" 01 R.\n 05 A PIC S9(4) COMP-X.\n", "copybook:2:5: sign"),
    "BINARY-LONG with a picture": (" 01 R.\n 05 A PIC 9(4) BINARY-LONG.\n", "copybook:2:5: usage"),
    "one of two of a name": (
        " 01 R.\n 05 A PIC 9.\n 05 A PIC 9.\n 05 B PIC X OCCURS 0 TO 2 DEPENDING ON A.\n",
        "copybook:4:40: reference",
    ),
    "boolean": (" 01 R.\n 05 A PIC 1.\n", "copybook:2:11: picture"),
    "a text that is not there": (" 01 R.\n COPY X.\n", "copybook:2:2: copy"),
    "COPY without period": (" 01 R.\n COPY X\n", "copybook:2:2: copy"),
    "REPLACING nothing": (" 01 R.\n COPY X REPLACING.\n", "copybook:2:2: copy"),
    "REPLACING without BY": (" 01 R.\n COPY X REPLACING ==A== ==B==.\n", "copybook:2:19: copy"),
    "text in column 7": ("       01 R.\n0000021    05 A PIC X.\n", "copybook:2:7: indicator"),
    "values that end before they begin": (
        " 01 R.\n 05 A PIC S9.\n 88 B VALUE 1 THRU -2.\n", "copybook:3:5: condition",
    ),
    "texts that end before they begin": (
        " 01 R.\n 05 A PIC X.\n 88 B VALUE 'Z' THRU 'a'.\n", "copybook:3:5: condition",
    ),
    "EXEC without end": (" 01 R.\n 05 A PIC X.\n EXEC SQL X\n 05 B PIC X.\n", "copybook:3:2: period"),
    "REPLACE nothing": (" REPLACE.\n 01 R.\n 05 A PIC X.\n", "copybook:1:2: replace"),
    "REPLACE without period": (" REPLACE OFF\n 01 R.\n 05 A PIC X.\n", "copybook:1:2: replace"),
    "REPLACE without end": (" REPLACE ==X.\n 01 R.\n 05 A PIC X.\n", "copybook:1:10: copy"),
    "nothing": ("\n * only a comment\n", "copybook: empty"),
    "blank text": (" 01 R.\n 05 A PIC X BLANK WHEN ZERO.\n", "copybook:2:5: blank"),
    "too long a number": (" 01 R.\n 05 A PIC 9(99).\n", "copybook:2:11: picture"),
    "a repetition that cannot be": (" 01 R.\n 05 A PIC X(99999999).\n", "copybook:2:11: picture"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_has_a_place(text: str, wanted: str) -> None:
    definition = {
        "format": "copybook",
        "encoding": "cp037",
        "copybook": {"texts": [{"name": "copybook", "content": text}]},
    }
    with pytest.raises(ValueError, match="copybook") as caught:
        CopybookFormat(CopybookDefinition.model_validate(definition))
    assert str(caught.value).splitlines()[0].startswith(f"copybook: {wanted}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems(" 01 R.\n 05 A PIC Q.\n 05 B COLOUR.\n 05 C PIC 9(2) COMP-9.\n 05 D PIC X.\n")
    assert [each.split(": ")[1] for each in found] == ["copybook:2:11", "copybook:3:7", "copybook:4:16"]


def test_a_copy_of_itself_ends() -> None:
    copied = [{"name": "A", "content": " COPY A.\n"}]
    text = {"texts": [{"name": "copybook", "content": " 01 R.\n COPY A.\n"}], "copied": copied}
    definition = {"format": "copybook", "encoding": "cp037", "copybook": text}
    with pytest.raises(ValueError, match="'A' copies itself"):
        CopybookFormat(CopybookDefinition.model_validate(definition))


def test_a_word_that_never_ends_is_not_quoted_whole() -> None:
    (error,) = problems(">>SOURCE FREE\n01 R. 05 " + "(:" * 50_000 + " PIC X.\n")
    assert error.startswith("copybook: copybook:2:10: name: ")
    assert len(error) < 400
