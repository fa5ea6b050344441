"""YAML files as trees with positions: the scalars, the bounds, and that nothing makes the reader fail."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ConfigurationError, Problem, load
from gateway.config.document import MAX_NODES, Node, read_document

SCALARS: list[tuple[str, Any]] = [
    ("text", "text"),
    ("yes", "yes"),
    ("off", "off"),
    ("true", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("17", 17),
    ("-17", -17),
    ("007", 7),
    ("0x1f", 31),
    ("0o17", 15),
    ("1_000", "1_000"),
    ("1.50", 1.5),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1.2.3", "1.2.3"),
    ("12:30", "12:30"),
    ("2026-11-23", "2026-11-23"),
    ("'17'", "17"),
    ('"true"', "true"),
    ('"a\\tb\\u00e9"', "a\tbé"),
    ("|\n  two\n  lines\n", "two\nlines\n"),
    (">-\n  one\n  line\n", "one line"),
    ("<<", "<<"),
    ("=", "="),
]


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_scalars(text: str, value: Any, tmp_path: Path) -> None:
    root = tree(f"key: {text}", tmp_path)
    assert isinstance(root.value, Mapping)
    found = root.value["key"].node.value
    assert found == value
    assert type(found) is type(value)


def tree(text: str, folder: Path) -> Node:
    """The tree of a good file."""
    file = folder / "x.yaml"
    file.write_bytes(text.encode())
    node, problems = read_document(file)
    assert problems == []
    assert node is not None
    return node


def test_positions_count_characters_from_one(tmp_path: Path) -> None:
    root = tree("# é\n'é': [a, {'ü': ж}]\r\nlast:\n  - x\n", tmp_path)
    assert isinstance(root.value, Mapping)
    entry = root.value["é"]
    assert (entry.line, entry.column) == (2, 1)
    assert isinstance(entry.node.value, tuple)
    inner = entry.node.value[1].value
    assert isinstance(inner, Mapping)
    assert (inner["ü"].column, inner["ü"].node.column) == (11, 16)
    assert root.value["last"].node.line == 4


def test_keys_are_the_text_that_is_written(tmp_path: Path) -> None:
    root = tree("404: a\non: b\nnull: c\n1.0: d\n", tmp_path)
    assert isinstance(root.value, Mapping)
    assert list(root.value) == ["404", "on", "null", "1.0"]


@pytest.mark.parametrize("written", ['"": a', "'': a", '{"": a}', '? ""\n: a'])
def test_no_text_in_quotes_is_a_key(written: str, tmp_path: Path) -> None:
    root = tree(written + "\n", tmp_path)
    assert isinstance(root.value, Mapping)
    assert {key: entry.node.value for key, entry in root.value.items()} == {"": "a"}


def test_merged_keys_yield_to_own_and_earlier_ones(tmp_path: Path) -> None:
    root = tree("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}\n", tmp_path)
    assert isinstance(root.value, Mapping)
    merged = root.value["c"].node.value
    assert isinstance(merged, Mapping)
    assert {key: entry.node.value for key, entry in merged.items()} == {"x": 1, "y": 1, "z": 3}


def _bomb() -> str:
    lines = ["a: &a [" + ",".join("x" * 9) + "]"]
    for index in range(1, 12):
        name, before = chr(ord("a") + index), chr(ord("a") + index - 1)
        lines.append(f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


HOSTILE = {
    "alias-bomb": _bomb(),
    "merge-bomb": "a: &a {k: 1}\nb: {" + f"<<: [{','.join(['*a'] * 30_000)}]" + "}\n",
    "many-values": "[" + "1," * (MAX_NODES + 10) + "]",
    "deep-flow": "[" * 100_000,
    "deep-block": "".join(" " * n + "a:\n" for n in range(500)),
    "long-key": "x" * 5000 + ": 1",
    "long-line": "a: " + "x" * 500_000,
    "many-anchors": "\n".join(f"k{n}: &a{n} 1" for n in range(30_000)),
    "many-duplicates": "a: 1\n" * 30_000,
    "many-documents": "---\n" * 1000,
    "directives": "%TAG ! tag:x,2000:\n" * 1000 + "---\n!a b",
    "question-marks": "? " * 5000,
    "comment": "#" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_end_soon(text: str, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    began = time.process_time()
    read_document(file)
    assert time.process_time() - began < 20


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(list("[]{}:,-?&*!|>'\"%@`#~ \n\t\\=<$")),
        st.sampled_from(
            ["\n  ", "a: ", "- ", "&a ", "*a", "<<: ", "!!str ", "---\n", "...\n", "${env:A}", "\r\n"]
        ),
        st.sampled_from(
            ["\\U0011FFFF", "\\xzz", "\ufeff", "\x85", "\u2028", "\x00", "1e999", "0o9", "%YAML 9.9\n"]
        ),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


@given(st.one_of(_PIECES.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=60)))
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_bytes_give_a_configuration_or_problems_with_positions(tmp_path: Path, data: bytes) -> None:
    for name in ("gateway.yaml", "systems/s.yaml", "mappings/m.yaml", "routes/r.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    for problem in _problems(tmp_path):
        assert problem.line >= 1
        assert problem.column >= 1
        assert str(problem).isprintable()
        assert "canary-secret" not in str(problem)


def _problems(folder: Path) -> tuple[Problem, ...]:
    try:
        load(folder, {"A": "canary-secret"})
    except ConfigurationError as error:
        return error.problems
    return ()
