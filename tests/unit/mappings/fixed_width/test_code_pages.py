"""Code pages are what others say they are, and are reversible."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from mappings.fixed_width.code_pages import Encoding, code_page

ALL = bytes(range(256))
SINGLE = [one for one in Encoding if one is not Encoding.UTF_8]
EBCDIC = [one for one in SINGLE if code_page(one).is_ebcdic]
# What Python and IBM's tables say of the macron differs from glibc in these two.
MACRON = {Encoding.CP273: 0xBC, Encoding.CP285: 0xA1, Encoding.CP1026: 0xBC}


@pytest.mark.parametrize("encoding", SINGLE)
def test_every_byte_that_means_something_is_reversible(encoding: Encoding) -> None:
    page = code_page(encoding)
    for byte in ALL:
        one = bytes([byte])
        try:
            text = page.decode(one)
        except UnicodeError:
            assert not page.is_ebcdic
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
    name = f"IBM{encoding.removeprefix('cp')}"
    known = subprocess.run(["iconv", "-l"], capture_output=True, text=True, check=True).stdout
    if f"{name}//" not in known and f"{name} " not in known:
        pytest.skip(f"this iconv has no {name}")
    found = subprocess.run(["iconv", "-f", name, "-t", "UTF-8"], input=ALL, capture_output=True, check=True)
    theirs, ours = found.stdout.decode(), code_page(encoding).decode(ALL)
    different = {at for at, (one, other) in enumerate(zip(theirs, ours, strict=True)) if one != other}
    allowed = {0x9D, 0xBC} if encoding is Encoding.CP1026 else {MACRON.get(encoding, -1)}
    assert different <= allowed
