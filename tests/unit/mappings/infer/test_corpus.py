"""Files of other projects: every draft loads, and where a file is regular it reads it without an error.

In the tables is what each file asks for; the rest is said with the reason.
"""

from __future__ import annotations

import json

import pytest

from mappings.infer import MAX_SAMPLE_BYTES, Sample, infer, infer_copybook
from tests.corpus import CORPUS, CSV_SPECTRUM, needs
from tests.unit.mappings.infer.drafting import keys, loaded, results

pytestmark = needs(CORPUS)

WHOLE = {
    **{f"csv/csv-spectrum/csvs/{name}.csv": "delimited" for name in CSV_SPECTRUM},
    "csv/omniparser/csv2/2_fixed_multi_row.input.csv": "delimited",
    "csv/omniparser/csv2/3_multi_row_headerfooter.input.csv": "fixed_width",
    "fixedwidth/omniparser/fixedlength/2_multi_rows.input.txt": "fixed_width",
    "fixedwidth/omniparser/fixedlength/3_header_footer.input.txt": "fixed_width",
    "fixedwidth/omniparser/fixedlength2/4_nested.input.txt": "fixed_width",
    "cobol/mainframe-data-utilities/sample-data/CLIENT.EBCDIC.txt": "fixed_width",
    "cobol/mainframe-data-utilities/sample-data/COBVBFM2.EBCDIC.txt": "fixed_width",
    **{
        f"cobol/cobrix/{name}": "fixed_width"
        for name in (
            "test1_data/example.bin",
            "test3_data/TRAN2.AUG31.DATA.dat",
            "test4_data/COMP.DETAILS.SEP30.DATA.dat",
            "test4a_data/COMP.DETAILS.SEP30.DATA.dat",
            "test5_data/COMP.DETAILS.SEP30.DATA.dat",
            "test5b_data/COMP.DETAILS.FEB02.DATA.RDW.BE.dat",
            "test6_data/INTEGR.TYPES.NOV28.DATA.dat",
            "test7_data/TEST.FILLERS.DEC07.DATA.dat",
            "test8_data/TRAN2.MAR14.DATA.dat",
            "test9_data/TRAN.APR14.NPT.DATA.dat",
            "test10_data/data.dat",
            "test12_data/data.dat",
            "test16_data/ENTITY.DB.AUG12.DATA.FIX.LEN.dat",
            "test19_display_num/data.dat",
        )
    },
    "x12/omniparser/edi/1_canadapost_edi_214.input.txt": "x12",
}
"""Files, and the format they are found to be in."""

RAGGED = {
    "csv/omniparser/csv/1_weather_data_csv.input.csv": "a line `N/A` stands between rows of nine fields",
    "csv/omniparser/csv2/1_single_row.input.csv": "the same file",
    "csv/omniparser/csv2/4_nested.input.csv": "headers of four fields stand between details of seven",
}
"""Files that no single definition of a kind drafted here reads without an error."""

RECORD_LENGTHS = {
    "cobol/cobrix/test3_data/TRAN2.AUG31.DATA.dat": 45,
    "cobol/cobrix/test6_data/INTEGR.TYPES.NOV28.DATA.dat": 1493,
    "cobol/cobrix/test7_data/TEST.FILLERS.DEC07.DATA.dat": 60,
    "cobol/cobrix/test8_data/TRAN2.MAR14.DATA.dat": 45,
    "cobol/cobrix/test9_data/TRAN.APR14.NPT.DATA.dat": 45,
    "cobol/mainframe-data-utilities/sample-data/CLIENT.EBCDIC.txt": 500,
}


def sample(path: str) -> Sample:
    data = (CORPUS / path).read_bytes()
    return Sample(path, data[:MAX_SAMPLE_BYTES], is_whole=len(data) <= MAX_SAMPLE_BYTES)


@pytest.mark.parametrize("path", WHOLE)
def test_regular_files(path: str) -> None:
    one = sample(path)
    draft = infer([one])
    assert keys(draft)["format"] == WHOLE[path]
    records, errors = results(loaded(draft), one.data)
    assert errors == []
    assert records


@pytest.mark.parametrize("path", RAGGED)
def test_irregular_files(path: str) -> None:
    one = sample(path)
    draft = infer([one])
    records, errors = results(loaded(draft), one.data)
    assert 0 < len(errors) < len(records) + len(errors)
    assert "errors: " in draft.findings[-1]


@pytest.mark.parametrize("path", RECORD_LENGTHS)
def test_record_lengths(path: str) -> None:
    assert keys(infer([sample(path)]))["record_length"] == RECORD_LENGTHS[path]


UNREADABLE = {
    "test19_display_num.cob": "one LF stands behind seven records of 80 bytes",
    "test5d_copybook.cob": "the descriptor word is a field of the copybook",
    "test13a_file_header_footer.cob": "the file has a header of 10 bytes and a footer of 12",
    "test1a_copybook.cob": "each record has 2 bytes before it and 27 behind it",
}
"""Copybooks that do not describe all bytes of their files."""


def cases() -> dict[str, tuple[str, str]]:
    """Copybooks with the first file of each."""
    if not CORPUS.is_dir():
        return {}
    found: dict[str, tuple[str, str]] = {}
    for case in json.loads((CORPUS / "cobol/cobrix/cases.json").read_text()):
        if isinstance(case["copybook"], str):
            found.setdefault(f"{case['copybook']}-{case['data']}", (case["copybook"], case["data"]))
    return found


@pytest.mark.parametrize(("copybook", "data"), cases().values(), ids=cases())
def test_copybooks(copybook: str, data: str) -> None:
    def read(name: str) -> bytes:
        return (CORPUS / "cobol/cobrix" / name).read_bytes()

    one = sample(f"cobol/cobrix/{data}")
    draft = infer_copybook([one], copybook, read)
    records, errors = results(loaded(draft, read), one.data)
    assert bool(errors) is (copybook in UNREADABLE)
    assert copybook in UNREADABLE or records
