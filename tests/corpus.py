"""Samples of other projects with the values they must give. They are not part of this project: GATEWAY_CORPUS
names their folder, and without it a test of them says why it did not run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
CSV_SPECTRUM = [
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
]
"""The names of csv-spectrum's files."""

ABSENT = "samples of other projects: GATEWAY_CORPUS does not name their folder"


def needs(*folders: Path) -> pytest.MarkDecorator:
    """The mark of tests that read these folders."""
    return pytest.mark.skipif(not all(folder.is_dir() for folder in folders), reason=ABSENT)
