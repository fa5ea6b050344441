"""The header row: which column is which field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mappings.delimited.columns import Columns, Shape
from mappings.delimited.schema import Collect, DelimitedDefinition
from mappings.delimited.titles import listed, shown

Make = Callable[[tuple[str, ...], Shape | None], Columns]
"""Compiles the fields of these names, in the order of the file."""


class Header:
    """What a definition says of header rows."""

    def __init__(self, definition: DelimitedDefinition, make: Make, fill: Mapping[str, str]) -> None:
        """`fill` has the text of each field for rows that lack it."""
        assert definition.fields is not None, "several types of record have no header row"
        self._definition = definition
        self._make = make
        self._fill = fill
        self._names: dict[str, list[str]] = {}
        for name, field in definition.fields.items():
            self._names.setdefault(field.column or name, []).append(name)

    def columns(self, titles: Sequence[str]) -> Columns:
        """Columns in the order of a header row.

        Raises: ValueError naming a column that is missing, unknown or there too often.
        """
        other_columns = self._definition.other_columns
        left = {title: list(names) for title, names in self._names.items()}
        found: list[str] = []
        indexes: list[int] = []
        others: dict[str, int] = {}
        for index, title in enumerate(titles):
            if left.get(title):
                found.append(left[title].pop(0))
                indexes.append(index)
            elif title not in left and other_columns == "refuse":
                raise ValueError(self._undeclared(index, title, titles))
            elif title in left or title in others:
                raise ValueError(f"the header row names the column {shown(title)} twice")
            elif other_columns != "ignore":
                others[title] = index
        lacking = [title for title, names in left.items() if names]
        if lacking:
            raise ValueError(f"the header row lacks the column {shown(lacking[0])}")
        return self._make(tuple(found), self._shape(tuple(found), tuple(indexes), len(titles), others))

    def _undeclared(self, index: int, title: str, titles: Sequence[str]) -> str:
        lacking = [declared for declared in self._names if declared not in titles]
        return (
            f"column {index + 1} of the header row, {shown(title)}, is not declared; declared and missing: "
            f"{listed(lacking)}"
        )

    def _shape(
        self, names: tuple[str, ...], indexes: tuple[int, ...], width: int, others: Mapping[str, int]
    ) -> Shape | None:
        collect = self._definition.other_columns
        return shape_of(
            self._definition,
            indexes,
            width,
            [self._fill[name] for name in names],
            others_in=collect.collect if isinstance(collect, Collect) else None,
            others=tuple(others.items()),
        )


def shape_of(
    definition: DelimitedDefinition,
    indexes: tuple[int, ...],
    width: int,
    fill: Sequence[str],
    *,
    others_in: str | None = None,
    others: tuple[tuple[str, int], ...] = (),
) -> Shape | None:
    """The shape of rows; None where each column is a field and rows are not ragged."""
    long_rows, fills = definition.long_rows, definition.short_rows == "fill"
    is_plain = indexes == tuple(range(width)) and others_in is None
    if is_plain and long_rows == "refuse" and not fills:
        return None
    return Shape(
        indexes=indexes,
        width=width,
        fill=tuple(fill) if fills else None,
        ignores_more=long_rows == "ignore",
        more=long_rows.collect if isinstance(long_rows, Collect) else None,
        others_in=others_in,
        others=others,
    )
