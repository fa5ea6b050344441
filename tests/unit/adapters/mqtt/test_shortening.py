"""Packets that are longer than wanted are shortened, wherever what comes is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mqtt.shortening import Shortener

MOST = 150


def packet(length: int) -> bytes:
    head, rest = bytearray([0x30]), length
    while True:
        rest, low = rest >> 7, rest & 0x7F
        head.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes(head) + bytes(number % 251 for number in range(length))


def passed(pieces: list[bytes]) -> list[tuple[bytes, int]]:
    """What was passed on, and how much was missing then, call by call."""
    shortener = Shortener(MOST)
    found = []
    for piece in pieces:
        rest = piece
        while rest:
            part, used = shortener.take(rest)
            assert used
            rest = rest[used:]
            found.append((part, shortener.dropped))
    return found


@given(st.lists(st.integers(0, 400) | st.integers(MOST - 2, MOST + 2), max_size=6), st.integers(1, 200))
def test_packets_are_whole_or_shortened(lengths: list[int], size: int) -> None:
    data = b"".join(map(packet, lengths))
    found = passed([data[at : at + size] for at in range(0, len(data), size)])
    expected = b""
    ends: dict[int, int] = {}
    for length in lengths:
        whole = packet(length)
        if length > MOST:
            # The last byte that is passed on is the last one that came.
            whole = packet(MOST)[:-1] + whole[-1:]
        expected += whole
        if length > MOST:
            ends[len(expected)] = length - MOST
    assert b"".join(part for part, _ in found) == expected
    at = 0
    for part, dropped in found:
        at += len(part)
        # It is told with the packet's last byte, and with nothing else.
        assert dropped == (ends.pop(at, 0) if part else 0)
        assert not dropped or len(part) == 1
    assert ends == {}


def test_nothing_of_a_long_packet_is_kept() -> None:
    shortener = Shortener(MOST)
    head = b"\x30\xff\xff\xff\x7f"
    assert len(shortener.take(head + bytes(MOST))[0]) <= MOST + 3
    for _ in range(1000):
        assert shortener.take(bytes(65_536)) == (b"", 65_536)


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_length_that_is_none_is_passed_on(cut: int) -> None:
    head = b"\x30\xff\xff\xff\xff\x01"
    assert b"".join(part for part, _ in passed([head[:cut], head[cut:]])).startswith(head[:5])
