"""Texts that are put together in a matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mappings.columns.padding import Element, Options, Spans, padded

Texts = Sequence[bytes]
TEXTS: dict[str, Callable[[Texts], Texts]] = {
    "short": lambda texts: texts,
    "empty": lambda texts: [b"" for _ in texts],
    "of one length": lambda texts: [b"abc" for _ in texts],
    "longer than is compared by a table": lambda texts: [text + b"x" * 200 for text in texts],
}


def _made(texts: Texts, *, before: bytes = b"<", option: bytes = b"no") -> tuple[list[Element], bytes]:
    """Elements of which each text has a constant, its span and one of two options."""
    ends = np.cumsum([len(text) for text in texts], dtype=np.int32)
    starts = np.concatenate(([np.int32(0)], ends[:-1]))
    chosen = np.arange(len(texts), dtype=np.int32) % 2
    return [before, Spans(starts, ends), Options(chosen, [b"yes", option])], b"".join(texts)


@pytest.mark.parametrize("change", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("count", [1, 50])
def test_texts_follow_each_other(change: Callable[[Texts], Texts], count: int) -> None:
    texts = change([b"t" * (number % 7) for number in range(count)])
    elements, source = _made(texts)
    found = padded(elements, np.frombuffer(source, np.uint8), count)
    expected = [b"<" + text + (b"yes", b"no")[number % 2] for number, text in enumerate(texts)]
    assert found is not None
    assert found.data == b"".join(expected)
    assert found.ends.tolist() == np.cumsum([len(text) for text in expected]).tolist()


@pytest.mark.parametrize(
    ("texts", "constants"),
    [
        ([b"a", b"\0"] * 20, {}),
        ([b"a"] * 40, {"before": b"\0"}),
        ([b"a"] * 40, {"option": b"\0"}),
        ([b"a"] * 40 + [b"b" * 1000], {}),
        ([], {}),
    ],
    ids=["NUL in the data", "NUL before it", "NUL in an option", "one much longer than others", "none"],
)
def test_what_no_matrix_is_made_of(texts: Texts, constants: dict[str, bytes]) -> None:
    elements, source = _made(texts, **constants) if texts else ([b"<"], b"")
    assert padded(elements, np.frombuffer(source, np.uint8), len(texts)) is None
