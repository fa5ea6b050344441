"""Code pages are what others say they are, and are reversible."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter

import pytest

from mappings.contract import MappingError
from mappings.fixed_width.code_pages import CodePage, Encoding, code_page
from scripts.code_pages import EARLIER, pairs, single
from tests.unit.mappings.fixed_width.samples import one_field, read, write

ALL = bytes(range(256))
SINGLE = [one for one in Encoding if code_page(one).is_single_byte]
MIXED = [one for one in Encoding if code_page(one).double is not None]
EBCDIC = [one for one in SINGLE if code_page(one).is_ebcdic]
# Where glibc has other characters than IBM's tables: mostly a macron, a middle dot, letters changed about.
GLIBC = {
    Encoding.CP273: {0xBC},
    Encoding.CP278: {0x71, 0xE0},
    Encoding.CP285: {0xA1},
    Encoding.CP424: {0x78, 0x8F, 0xB3, 0xBC},
    Encoding.CP870: {0xB0},
    Encoding.CP871: {0x4A, 0xC0},
    Encoding.CP875: {0x6A, 0x74, 0xDD},
    Encoding.CP1026: {0x9D, 0xBC},
}
# Characters that glibc writes as the byte of another one; it reads that as we do.
GLIBC_WRITES = {
    Encoding.CP930: {"\\": 0x5B, "~": 0xA1},
    Encoding.CP939: {"\\": 0xB2, "~": 0xA0},
    Encoding.CP1371: {"\\": 0x5B},
}
# What IBM's tables as ICU has them say since 2012: the lira sign in the place of a feminine ordinal.
LIRA = {Encoding.CP1026: {0x9A}, Encoding.CP1155: {0x9A}}


@pytest.mark.parametrize("encoding", [*SINGLE, *MIXED])
def test_every_byte_that_means_something_is_reversible(encoding: Encoding) -> None:
    page = code_page(encoding)
    for byte in ALL:
        one = bytes([byte])
        try:
            text = page.decode(one)
        except UnicodeError:
            assert page.show(one) == "·"
            continue
        assert page.encode(text) == one


@pytest.mark.parametrize("encoding", EBCDIC)
def test_ebcdic_pages_have_digits_and_letters_where_all_have_them(encoding: Encoding) -> None:
    page = code_page(encoding)
    assert page.encode("0123456789") == bytes(range(0xF0, 0xFA))
    assert page.encode(" +-.,") == b"\x40\x4e\x60\x4b\x6b"
    assert page.encode("AIJRSZ") == b"\xc1\xc9\xd1\xd9\xe2\xe9"
    assert page.encode("\r\n\x85") == b"\x0d\x25\x15"


def test_pages_beyond_pythons_have_what_tells_them_apart() -> None:
    for encoding, text, data in (
        (Encoding.CP1047, "[]^¬", b"\xad\xbd\x5f\xb0"),
        (Encoding.CP037, "[]^¬", b"\xba\xbb\xb0\x5f"),
        (Encoding.CP1141, "ÄÖÜ€", b"\x4a\xe0\x5a\x9f"),
        (Encoding.CP1148, "€", b"\x9f"),
        (Encoding.CP273, "¯", b"\xbc"),
        (Encoding.CP285, "£$", b"\x5b\x4a"),
        (Encoding.CP297, "éà£", b"\xc0\x7c\xb1"),
    ):
        if encoding is not Encoding.CP297:
            assert code_page(encoding).encode(text) == data
        assert code_page(encoding).decode(code_page(encoding).encode(text)) == text


@pytest.mark.skipif(shutil.which("iconv") is None, reason="there is no iconv to compare with")
@pytest.mark.parametrize("encoding", EBCDIC)
def test_pages_are_those_of_iconv(encoding: Encoding) -> None:
    name = _iconv_name(encoding)
    page = code_page(encoding)
    defined = bytes(byte for byte in ALL if _defined(page, byte) and byte not in GLIBC.get(encoding, ()))
    theirs = subprocess.run(
        ["iconv", "-f", name, "-t", "UTF-8"], input=defined, capture_output=True, check=True
    )
    assert theirs.stdout.decode() == page.decode(defined)


@pytest.mark.skipif(shutil.which("iconv") is None, reason="there is no iconv to compare with")
@pytest.mark.parametrize("encoding", MIXED)
def test_pages_with_double_byte_characters_are_those_of_iconv(encoding: Encoding) -> None:
    """Every byte, and every pair of bytes from 0x40 to 0xFE, each on a line of its own."""
    name, page = _iconv_name(encoding), code_page(encoding)
    singles = [bytes([byte]) for byte in ALL if byte not in (0x0E, 0x0F, 0x15, 0x25)]
    doubles = [bytes((0x0E, one, two, 0x0F)) for one in range(0x40, 0xFF) for two in range(0x40, 0xFF)]
    codes = [*singles, *doubles]
    found = _iconv(name, "UTF-8", b"\x25".join(codes)).decode().split("\n")
    # Of some bytes that mean nothing glibc makes the substitute character, as if they were 0x3F.
    theirs = [
        "" if text == "\x1a" and code != b"\x3f" else text for code, text in zip(codes, found, strict=True)
    ]
    ours = [_text(page, code) for code in codes]
    assert theirs == ours
    texts = [text for text in dict.fromkeys(ours) if text not in ("", *GLIBC_WRITES.get(encoding, ()))]
    assert _iconv("UTF-8", name, "\n".join(texts).encode()) == page.encode("\n".join(texts))
    for text, byte in GLIBC_WRITES.get(encoding, {}).items():
        assert _iconv("UTF-8", name, text.encode()) == bytes([byte]) != page.encode(text)
        assert page.decode(bytes([byte])) != text


def _iconv_name(encoding: Encoding) -> str:
    """Its name in this iconv; skips where it has none."""
    name = f"IBM{encoding.removeprefix('cp')}"
    known = subprocess.run(["iconv", "-l"], capture_output=True, text=True, check=True).stdout
    alias = name.replace("IBM", "IBM-")
    if not any(f"{one}{end}" in known for one in (name, alias) for end in ("//", " ")):
        pytest.skip(f"this iconv has no {name}")
    return name


def _iconv(known: str, wanted: str, data: bytes) -> bytes:
    """What it makes of the data; what it cannot convert is left out."""
    command = ["iconv", "-c", "-f", known, "-t", wanted]
    return subprocess.run(command, input=data, capture_output=True, check=False).stdout


def _text(page: CodePage, data: bytes) -> str:
    try:
        return page.decode(data)
    except UnicodeError:
        return ""


@pytest.mark.skipif(shutil.which("uconv") is None, reason="there is no ICU to compare with")
@pytest.mark.parametrize("encoding", EBCDIC)
def test_pages_are_those_of_icu(encoding: Encoding) -> None:
    page = code_page(encoding)
    defined = bytes(byte for byte in ALL if _defined(page, byte) and byte not in LIRA.get(encoding, ()))
    assert _uconv("-f", encoding, defined).decode("utf-16-be") == page.decode(defined)


@pytest.mark.skipif(shutil.which("uconv") is None, reason="there is no ICU to compare with")
@pytest.mark.parametrize("encoding", [*EBCDIC, *MIXED])
def test_tables_are_what_the_script_makes(encoding: Encoding) -> None:
    page = code_page(encoding)
    made = "".join(page.decode(bytes([byte])) if _defined(page, byte) else "\ufffe" for byte in ALL)
    assert made == single(encoding.removeprefix("cp"))


def _defined(page: CodePage, byte: int) -> bool:
    try:
        page.decode(bytes([byte]))
    except UnicodeError:
        return False
    return True


def _uconv(direction: str, encoding: Encoding, data: bytes) -> bytes:
    other = {"-f": "-t", "-t": "-f"}[direction]
    name = f"ibm-{encoding.removeprefix('cp').lstrip('0')}"
    command = ["uconv", direction, name, other, "utf-16be"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("encoding", MIXED)
def test_every_double_byte_character_is_reversible(encoding: Encoding) -> None:
    page = code_page(encoding)
    assert page.double is not None
    singles = {_text(page, bytes([byte])) for byte in ALL}
    times = Counter(page.double.characters.values())
    for pair, character in page.double.characters.items():
        written = page.double.encode(character)
        assert written == pair or times[character] > 1
        assert page.double.decode(written) == page.double.decode(pair) == character
        data = page.encode(character)
        assert data == b"\x0e" + written + b"\x0f" or (character in singles and len(data) == 1)
        assert page.decode(data) == page.decode(b"\x0e" + pair + b"\x0f") == character
    is_told = any("of several codes" in loss for loss in page.losses())
    sequences = [character for character in times if len(character) > 1]
    assert is_told == bool(singles & set(times) or max(times.values()) > 1 or sequences)


@pytest.mark.parametrize(("later", "earlier"), EARLIER.items())
def test_later_pages_have_what_earlier_ones_have(later: str, earlier: str) -> None:
    new, old = code_page(Encoding(f"cp{later}")), code_page(Encoding(f"cp{earlier}"))
    assert new.double is not None
    assert old.double is not None
    codes = [*(bytes([byte]) for byte in ALL), *(b"\x0e" + pair + b"\x0f" for pair in pairs())]
    before = {code: text for code in codes if (text := _text(old, code))}
    changed = {code[1:-1]: _text(new, code) for code, text in before.items() if _text(new, code) != text}
    assert changed == ({b"\x43\x45": "\u00b7"} if later == "1388" else {})
    assert len(new.double.characters) > len(old.double.characters)


WRITTEN = [
    pytest.param("cp1390", "日€本", "0e45620fe10e45660f", id="euro"),
    pytest.param("cp1371", "€", "9f", id="euro of Taiwan"),
    pytest.param("cp1399", "か\u309aか", "0eecb544860f", id="sequence"),
    pytest.param("cp1399", "\u02e5\u02e9\u02e5", "0eeccdd9420f", id="sequence from the left"),
    pytest.param("cp1399", "A\u00e6\u0300B", "c10eecc30fc2", id="letter and accent"),
    pytest.param("cp1390", "\U0002000b", "0eb3420f", id="beyond 16 bits"),
    pytest.param("cp1364", "똠방각하", "0e99b1a4778862d0610f", id="Hangul"),
    pytest.param("cp1388", "\u3400", "0ecf410f", id="extension A"),
]


@pytest.mark.parametrize(("encoding", "text", "data"), WRITTEN)
def test_what_came_with_the_euro(encoding: str, text: str, data: str) -> None:
    page = code_page(Encoding(encoding))
    assert page.encode(text).hex() == data
    assert page.decode(bytes.fromhex(data)) == text


def test_a_field_of_double_byte_characters_has_the_euro_and_sequences() -> None:
    codec = one_field({"length": 8, "double_byte": True}, "cp1390")
    data = bytes.fromhex("42e1ecb544864040")
    assert read(codec, data) == [{"a": "€か\u309aか"}]
    assert write(codec, [{"a": "€か\u309aか"}]) == data
    apart = bytes.fromhex("d67bea5140404040")
    assert read(codec, apart) == [{"a": "\u00e6\u0300"}]
    assert write(codec, read(codec, apart)) == bytes.fromhex("ecc3404040404040")
    assert any("of several codes" in loss for loss in codec.losses())
    for text, rule in (("か\u309aかかかか", "overflow"), ("か\u309a\u309a", "encoding")):
        with pytest.raises(MappingError) as caught:
            write(codec, [{"a": text}])
        assert caught.value.rule == rule


@pytest.mark.skipif(shutil.which("uconv") is None, reason="there is no ICU to compare with")
@pytest.mark.parametrize("encoding", MIXED)
def test_double_byte_characters_are_those_of_icu(encoding: Encoding) -> None:
    page = code_page(encoding)
    assert page.double is not None
    text = "".join(page.double.pairs)
    assert _uconv("-t", encoding, text.encode("utf-16-be")) == page.encode(text)
    pairs = b"".join(page.double.characters)
    data = b"\xc1\x0e" + pairs + b"\x0f\xc2"
    assert _uconv("-f", encoding, data).decode("utf-16-be") == page.decode(data)


BROKEN = [
    pytest.param(b"\x0e\x45\x62", id="no shift-in"),
    pytest.param(b"\x0e\x45\x0f", id="half a character"),
    pytest.param(b"\x45\x62\x0f", id="no shift-out"),
    pytest.param(b"\x0e\x45\x00\x0f", id="no pair"),
    pytest.param(b"\x0e\x0e\x45\x62\x0f", id="shift-out twice"),
]


@pytest.mark.parametrize("data", BROKEN)
@pytest.mark.parametrize("encoding", MIXED)
def test_shifts_that_do_not_belong_together_are_errors(encoding: Encoding, data: bytes) -> None:
    codec = one_field({"length": len(data)}, encoding)
    (error,) = read(codec, data)
    assert error.rule == "encoding"


def test_mixed_and_double_byte_text_both_ways() -> None:
    mixed = one_field({"length": 10}, "cp939")
    data = bytes.fromhex("c10e456245660fc24040")
    assert read(mixed, data) == [{"a": "A日本B"}]
    assert write(mixed, [{"a": "A日本B"}]) == data
    assert [loss.split(":")[0] for loss in mixed.losses()] == ["encoding"]
    double = one_field({"length": 6, "double_byte": True}, "cp939")
    assert read(double, bytes.fromhex("456245664040")) == [{"a": "日本"}]
    assert write(double, [{"a": "日本"}]) == bytes.fromhex("456245664040")
    for text, rule in (("日本日本", "overflow"), ("A", "encoding"), ("日\u3000", "padding")):
        with pytest.raises(MappingError) as caught:
            write(double, [{"a": text}])
        assert caught.value.rule == rule
    with pytest.raises(ValueError, match="double_byte"):
        one_field({"length": 6, "double_byte": True}, "cp037")
    with pytest.raises(ValueError, match="double_byte"):
        one_field({"length": 5, "double_byte": True}, "cp939")
