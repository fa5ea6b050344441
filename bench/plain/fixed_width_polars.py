"""Fixed-width records to NDJSON with polars, in memory; amounts as whole cents, since it writes decimals as
text. For where polars is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import polars

from bench.plain.fixed_width import FIELDS, RECORD_BYTES


def main(source: str, target: str) -> None:
    data = Path(source).read_bytes()
    lines = [data[at : at + RECORD_BYTES].decode("ascii") for at in range(0, len(data), RECORD_BYTES)]
    record = polars.col("record")
    columns = []
    for name, start, end, kind in FIELDS:
        text = record.str.slice(start, end - start)
        column = text.str.strip_chars_end(" ") if kind == "text" else text.cast(polars.Int64, strict=False)
        if kind == "date":
            column = text.str.to_date("%Y%m%d")
        columns.append(column.alias(name))
    polars.DataFrame({"record": lines}).select(columns).write_ndjson(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
