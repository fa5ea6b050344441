"""Formats that do not exist are found before anything is connected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue import Catalogue
from gateway.config import load


def found(directory: Path, system: dict[str, Any]) -> list[str]:
    (directory / "systems").mkdir()
    (directory / "gateway.yaml").write_text("listen: 127.0.0.1:0\n")
    (directory / "systems" / "all.yaml").write_text(json.dumps({"one": system}, indent=1))
    problems = Catalogue(load(directory, {"SECRET": "sesame"})).check()
    return [f"{problem.line}: {problem.key}: {problem.message}" for problem in problems]


def sftp(inboxes: dict[str, Any], outboxes: dict[str, Any]) -> dict[str, Any]:
    return {
        "adapter": "sftp",
        "host": "127.0.0.1",
        "username": "acme",
        "password": "${env:SECRET}",
        "host_key": "SHA256:" + "A" * 43,
        "inboxes": inboxes,
        "outboxes": outboxes,
    }


def test_once_for_each_key_at_its_place(tmp_path: Path) -> None:
    box = {"path": "/out", "format": "cvs"}
    problems = found(
        tmp_path, sftp({"a": box, "b": {**box, "format": "csv"}}, {"c": {**box, "name": "x-{sequence}"}})
    )
    assert [problem.partition(": there")[0].partition(": ")[2] for problem in problems] == [
        "one.inboxes.a.format",
        "one.outboxes.c.format",
    ]
    assert "there is no format 'cvs'; did you mean csv?; there are: csv," in problems[0]
    assert [problem.partition(":")[0] for problem in problems] == ["11", "21"]


def test_no_near_miss(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, sftp({"a": {"path": "/out", "format": "zzzzz"}}, {}))
    assert "there is no format 'zzzzz'; there are: csv," in problem


@pytest.mark.parametrize("format_", ["csv", "json", "ndjson"])
def test_built_in(tmp_path: Path, format_: str) -> None:
    assert found(tmp_path, sftp({"a": {"path": "/out", "format": format_}}, {})) == []
