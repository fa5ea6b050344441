"""Formats that say themselves what they are: what is drafted reads them."""

from __future__ import annotations

import gzip
import re

import pytest
from ruamel.yaml import YAML

from mappings.infer import MAX_SAMPLE_BYTES, InferenceError, Sample, infer
from mappings.infer.packed import unpacked
from tests.corpus import CORPUS, needs
from tests.unit.mappings.infer.drafting import drafted, keys, loaded, results, written

_ISA = b"ISA*00*          *00*          *ZZ*ACME           "
_ISA += b"*ZZ*GLOBEX         *261123*1015*U*00401*000000001*0*P*>~"
_SET = b"ST*850*0001~BEG*00*NE*1**20261123~SE*3*0001~"
_X12 = _ISA + b"GS*PO*ACME*GLOBEX*20261123*1015*1*X*004010~" + _SET + b"GE*1*1~IEA*1*000000001~"
_UNB = b"UNB+UNOC:4+A:14+B+20261123:1015+1'"

KNOWN = {
    "x12": (_X12, "x12", "1 × 850"),
    "x12 behind blank lines": (b"\r\n\r\n" + _X12, "x12", "1 × 850"),
    "edifact": (_UNB + b"UNH+1+ORDERS:D:96A:UN'BGM+220'UNT+3+1'UNZ+1+1'", "edifact", "1 × ORDERS D 96A"),
    "edifact of a private message": (
        _UNB + b"UNH+1+MSG2:S:93A:UN'A+1'UNT+3+1'UNZ+1+1'",
        "edifact",
        "1 × MSG2 S 93A",
    ),
    "edifact with other delimiters": (
        b"UNA|*.? ~UNB*UNOC|4*A|14*B*20261123|1015*1~UNH*1*INVOIC|D|97B|UN~BGM*380~UNT*3*1~UNZ*1*1~",
        "edifact",
        "1 × INVOIC D 97B",
    ),
    "hl7": (b"MSH|^~\\&|A|B|C|D|20261123||ADT^A01^ADT_A01|1|P|2.5\rPID|1\r", "hl7", "1 × ADT^A01^ADT_A01"),
    "json": (b'[{"a": 1}, {"a": 2}]', "json", "an array"),
    "json of one object": (b'{"a": 1}', "json", "one object"),
    "ndjson": (b'{"a": 1}\n{"a": 2}\n', "ndjson", "2 lines"),
    "xml": (b"<?xml version='1.0'?><orders><order/><order/></orders>", "xml", "the root element is orders"),
    "xml with a prefix": (b'<o:orders xmlns:o="urn:o"><o:order/></o:orders>', "xml", "o:orders"),
    "xml with a byte order mark": (b"\xef\xbb\xbf<orders><order/></orders>", "xml", "orders"),
    "xml with namespaces inside": (
        b'<orders xmlns="urn:a" xmlns:b = "urn:b"><c:date xmlns:c="urn:c"/><d xmlns:c="urn:c"/></orders>',
        "xml",
        "Namespaces: urn:a, b=urn:b, c=urn:c.",
    ),
    "xml in UTF-16": (
        "\ufeff<?xml version='1.0' encoding='utf-16'?><orders/>".encode("utf-16-le"),
        "xml",
        "orders",
    ),
    "an EDIFACT message without its envelope": (
        b"BGM+82+1'\nDTM+137:20080421:102'\nNAD+SU+1::9++Peter?'s+x'\n",
        "segments",
        "messages of EDIFACT without",
    ),
    "an X12 transaction set without its envelope": (
        _SET,
        "segments",
        "X12 without",
    ),
    "tradacoms": (b"STX=ANA:1+5000:A'\r\nMHD=1+ORDHDR:8'\r\nMTR=3'\r\nEND=1'\r\n", "segments", "TRADACOMS"),
    "segments in lines": (b"HDR*1*0\nCUS*user1*Harry^F*SD\nORD*1*1*364\n", "segments", "1 × HDR"),
}


@pytest.mark.parametrize("case", KNOWN)
def test_what_says_itself_what_it_is(case: str) -> None:
    data, format_, finding = KNOWN[case]
    draft = drafted(data)
    assert keys(draft)["format"] == format_
    assert finding in " ".join(draft.findings)
    assert "no error" in draft.findings[-1]
    records, errors = results(loaded(draft), data)
    assert records
    assert not errors


SEGMENTS = [case for case, (_, format_, _) in KNOWN.items() if format_ == "segments"]


@pytest.mark.parametrize("case", SEGMENTS)
def test_drafted_segments_are_written_as_they_were_read(case: str) -> None:
    data = KNOWN[case][0]
    format_ = loaded(drafted(data))
    records, _ = results(format_, data)
    assert written(format_, records) == data


NO_SEGMENTS = {
    "delimited text with types in capitals": b"HDR;1;2\nLIN;1;2\nLIN;2;3\n",
    "bars": b"HDR|1|2\nLIN|1|2\nLIN|2|3\n",
    "rows that all begin alike": b"SEG*1*2\nSEG*2*3\nSEG*4*5\n",
    "names": b"Peter's\nPaul's\nMary's\n",
    "sentences": b"THE+END\nof the story is here\nand there\n",
}


@pytest.mark.parametrize("data", NO_SEGMENTS.values(), ids=NO_SEGMENTS)
def test_what_is_rather_something_else(data: bytes) -> None:
    assert keys(drafted(data))["format"] != "segments"


def test_samples_of_two_formats_are_told() -> None:
    with pytest.raises(InferenceError, match="is x12, and sample 1 is of another format"):
        drafted(_X12, b"a,b\n1,2\n")


def test_the_error_of_a_broken_document_is_told() -> None:
    draft = drafted(b"<orders><order></orders>")
    assert keys(draft)["format"] == "xml"
    assert "not well-formed" in draft.findings[-1]


@pytest.mark.parametrize("data", [b"MSH", b"ISA*00*          *00*          *ZZ*A", b"UNB+UN"])
def test_a_header_that_is_cut(data: bytes) -> None:
    finding = infer([Sample("x", data, is_whole=False)]).findings[0]
    assert re.search("(messages|transaction sets): none", finding)


def test_controls_in_names_do_not_break_the_comments() -> None:
    text = drafted(b"<a b='\x07' xmlns='urn:\x04\x85x'/>").text("broken")
    assert list(YAML(typ="safe").load(text)) == ["broken"]


@pytest.mark.parametrize("members", [1, 3])
def test_a_file_in_gzip(members: int) -> None:
    data = b"".join(gzip.compress(b"a,b\n1,2\n" if not at else b"3,4\n") for at in range(members))
    draft = drafted(data)
    assert (keys(draft)["format"], keys(draft)["compression"]) == ("delimited", "gzip")
    records, errors = results(loaded(draft), data)
    assert (len(records), errors) == (members, [])


def test_of_a_bomb_in_gzip_only_the_beginning_is_unpacked() -> None:
    (sample,) = unpacked([Sample("bomb", gzip.compress(bytes(10 * MAX_SAMPLE_BYTES)))])
    assert (len(sample.data), sample.is_whole) == (MAX_SAMPLE_BYTES, False)


PACKED = {
    "a damaged one": ([gzip.compress(b"a,b\n1,2\n")[:-8] + bytes(8)], "damaged"),
    "one of two": ([gzip.compress(b"a,b\n1,2\n"), b"a,b\n1,2\n"], "others are not"),
    "twice": ([gzip.compress(gzip.compress(b"a,b\n1,2\n"))], "compressed twice"),
    "an archive": ([b"PK\x03\x04\x14\0"], "is a zip archive"),
}


@pytest.mark.parametrize(("samples", "reason"), PACKED.values(), ids=PACKED)
def test_compressed_samples_that_are_refused(samples: list[bytes], reason: str) -> None:
    with pytest.raises(InferenceError, match=reason):
        drafted(*samples)


@needs(CORPUS)
@pytest.mark.parametrize(
    ("path", "format_"),
    [
        ("smooks-edi-cartridge/ect/d93a-invoic-1/input.edi", "segments"),
        ("staedi/EDIFACT/invoic_d97b_una.edi", "edifact"),
        ("staedi/TRADACOMS/order.edi", "segments"),
    ],
)
def test_files_of_the_corpus(path: str, format_: str) -> None:
    data = (CORPUS / "edifact" / path).read_bytes()
    draft = drafted(data)
    assert keys(draft)["format"] == format_
    assert results(loaded(draft), data)[0]
