"""The csv-spectrum corpus: what other people's CSV looks like, and the values it must give."""

import json
import os
from pathlib import Path

import pytest

from mappings.contract import Context
from mappings.formats import built_in

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[4] / "../shared/corpus"))
FOLDER = CORPUS / "csv" / "csv-spectrum"
FILES = sorted((FOLDER / "csvs").glob("*.csv"))


@pytest.mark.skipif(not FILES, reason="the csv-spectrum corpus is not here; GATEWAY_CORPUS says where it is")
def test_the_corpus_is_whole() -> None:
    assert len(FILES) == 11


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_values_are_those_of_the_corpus(path: Path) -> None:
    expected = json.loads((FOLDER / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
    data = path.read_bytes()
    for size in (1, 7, len(data)):
        decoder = built_in("csv").decoder(Context())
        records = []
        for start in range(0, len(data), size):
            records += decoder.feed(data[start : start + size])
        last, summary = decoder.finish()
        assert [*records, *last] == expected
        assert summary.errors == 0
