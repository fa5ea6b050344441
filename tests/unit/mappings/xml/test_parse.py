"""The safe parser: what it refuses, with which rule, and where."""

from __future__ import annotations

import pytest

from mappings.contract import MappingError
from mappings.xml import LIMIT_RULES, parse_xml, serialize

DEEP = b"<a>" * 65 + b"</a>" * 65
VERY_DEEP = b"<a>" * 20_000 + b"</a>" * 20_000
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
EXTERNAL = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><x/>'

BAD: list[tuple[str, bytes, str, int | None]] = [
    ("empty", b"", "syntax", None),
    ("white-space", b"  \n ", "syntax", None),
    ("text", b"hello", "syntax", 1),
    ("html", b"<html><p>no end</html>", "syntax", 1),
    ("json", b'{"a": 1}', "syntax", 1),
    ("cut", b"<a>\n<b>", "syntax", 2),
    ("two-roots", b"<a/>\n<b/>", "syntax", 2),
    ("bad-character", b"<a>\x00</a>", "syntax", None),
    ("control-character", b"<a>&#1;</a>", "syntax", 1),
    ("bad-utf-8", b"<a>\xff\xfe</a>", "syntax", 1),
    ("unknown-encoding", b'<?xml version="1.0" encoding="nonsense"?><a/>', "syntax", None),
    ("undeclared-prefix", b"<x:a/>", "syntax", 1),
    ("undeclared-entity", b"<a>&nope;</a>", "syntax", 1),
    ("attribute-twice", b'<a b="1" b="2"/>', "syntax", 1),
    ("entities", LAUGHS, "doctype", 1),
    ("external-subset", EXTERNAL, "doctype", 1),
    ("doctype-after-comment", b"<!-- x -->\n" + LAUGHS, "doctype", 2),
    ("doctype-after-declaration", b'<?xml version="1.0"?>' + LAUGHS, "doctype", 1),
    ("doctype-utf-16", LAUGHS.decode().encode("utf-16"), "doctype", 1),
    ("parameter-entity", b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><x/>', "doctype", 1),
    ("doctype-after-many", b"<!-- a --><?b c?>\n" * 1000 + LAUGHS, "doctype", 1001),
    ("doctype-utf-16-big-endian", LAUGHS.decode().encode("utf-16-be"), "doctype", 1),
    ("comments-opened-again-and-again", b"<!--" * 100_000 + b"<!DOCTYPE", "syntax", 1),
    ("long-name", b"<" + b"a" * 60_000 + b"/>", "size", 1),
    ("deep", DEEP, "depth", 1),
    ("very-deep", VERY_DEEP, "depth", 1),
    ("size", b"<a>" + b"x" * (1 << 20) + b"</a>", "size", None),
    ("count", b"<a>" + b"<b/>" * 1001 + b"</a>", "element-count", None),
]


@pytest.mark.parametrize(("data", "rule", "line"), [c[1:] for c in BAD], ids=[c[0] for c in BAD])
def test_bad_xml_is_refused_with_rule_and_line(data: bytes, rule: str, line: int | None) -> None:
    with pytest.raises(MappingError) as caught:
        parse_xml(data, max_bytes=1 << 20, max_elements=1001)
    assert caught.value.rule == rule
    if line is not None:
        assert caught.value.place.line == line


ELEVEN_MB = b"x" * 11_000_000
LONG = {
    "text": b"<a>%b</a>",
    "attribute": b'<a b="%b"/>',
    "cdata": b"<a><![CDATA[%b]]></a>",
    "comment": b"<a><!--%b--></a>",
    "instruction": b"<a><?x %b?></a>",
}


@pytest.mark.parametrize("form", LONG.values(), ids=LONG)
def test_what_the_parser_itself_finds_too_long_breaks_a_limit(form: bytes) -> None:
    with pytest.raises(MappingError, match=r"too (long|big)|exceeded") as caught:
        parse_xml(form % ELEVEN_MB, max_bytes=1 << 24)
    assert caught.value.rule == "size"
    assert caught.value.rule in LIMIT_RULES
    assert "XML_PARSE_HUGE" not in str(caught.value)


GOOD = [
    ("doctype-in-comment", b"<a><!-- <!DOCTYPE x> --></a>"),
    ("doctype-in-cdata", b"<a><![CDATA[<!DOCTYPE x>]]></a>"),
    ("doctype-in-text", b"<a>&lt;!DOCTYPE x&gt;</a>"),
    ("byte-order-mark", b"\xef\xbb\xbf<a/>"),
    ("utf-16", '<?xml version="1.0" encoding="utf-16"?><a>\u00e4</a>'.encode("utf-16")),
    ("latin-1", '<?xml version="1.0" encoding="iso-8859-1"?><a>\u00e4</a>'.encode("latin-1")),
    ("as-deep-as-allowed", b"<a>" * 64 + b"</a>" * 64),
    ("as-many-as-allowed", b"<a>" + b"<b/>" * 1000 + b"</a>"),
]


@pytest.mark.parametrize("data", [c[1] for c in GOOD], ids=[c[0] for c in GOOD])
def test_good_xml_is_read(data: bytes) -> None:
    assert parse_xml(data, max_bytes=1 << 20, max_elements=1001).tag == "a"


def test_syntax_errors_tell_the_byte() -> None:
    with pytest.raises(MappingError) as caught:
        parse_xml(b"<a>\n  <b></c>\n</a>", max_bytes=100)
    place = caught.value.place
    assert place.line == 2
    assert place.byte_offset is not None
    assert 6 <= place.byte_offset <= 14


def test_cut_at_every_byte_is_an_error() -> None:
    data = '<?xml version="1.0" encoding="UTF-8"?><r><ä k="v">t&amp;<!-- c --><![CDATA[d]]></ä></r>'.encode()
    for length in range(len(data)):
        with pytest.raises(MappingError):
            parse_xml(data[:length], max_bytes=1000)


def test_serialize_writes_utf_8() -> None:
    root = parse_xml("<a>\u20ac\r\n</a>".encode(), max_bytes=100)
    assert serialize(root) == "<?xml version='1.0' encoding='UTF-8'?>\n<a>\u20ac\n</a>".encode()
    assert serialize(root, declaration=False) == "<a>\u20ac\n</a>".encode()


@pytest.mark.parametrize("data", [b'<a xml:id="1"/>', b'<a><b xml:id="x"/><b xml:id="x"/></a>'])
def test_identifiers_that_are_none_leave_a_document_well_formed(data: bytes) -> None:
    assert serialize(parse_xml(data, max_bytes=1000), declaration=False) == data
