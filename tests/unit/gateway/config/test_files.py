"""Files that definitions name: which are read, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import files
from gateway.config.files import file_reader


def test_what_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    (folder / "schemas").mkdir(parents=True)
    (folder / "schemas" / "a.xsd").write_bytes(b"a")
    (tmp_path / "outside.xsd").write_bytes(b"b")
    read = file_reader(folder)
    assert read("schemas/a.xsd") == b"a"
    assert read("schemas/../schemas/a.xsd") == b"a"
    assert read(str(tmp_path / "outside.xsd")) == b"b"


REFUSED = {
    "missing": ("nothing.xsd", "does not exist"),
    "folder": ("schemas", "is not a file"),
    "outside": ("../outside.xsd", "lies outside the configuration folder"),
    "url": ("https://example.invalid/a.xsd", "URLs are not fetched"),
    "too-large": ("large.xsd", "is larger than"),
}


@pytest.mark.parametrize(("name", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str) -> None:
    folder = tmp_path / "configuration"
    (folder / "schemas").mkdir(parents=True)
    (tmp_path / "outside.xsd").write_bytes(b"b")
    (folder / "large.xsd").write_bytes(b"x" * 11)
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    with pytest.raises(ValueError, match=reason):
        file_reader(folder)(name)
