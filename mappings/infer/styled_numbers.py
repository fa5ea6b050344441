"""Numbers of delimited text as people write them: groups of digits, currencies, percents, signs behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mappings.infer.draft import Plain
from mappings.infer.fitting import Candidate

_AFFIX = r" ?(?:[%‰€$£¥]|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK) ?"
_STYLED = re.compile(
    rf"[-+(]*(?P<prefix>{_AFFIX})?(?P<number>[0-9][0-9.,' \u00a0\u202f]*?)(?P<suffix>{_AFFIX})?[-+)]*"
)
_GROUPED = re.compile(r"[0-9]([,.' \u00a0\u202f])[0-9]{3}(?![0-9])")
_SEPARATORS = (".", ",")


def styled_numbers(values: Sequence[str]) -> Iterator[Candidate]:
    """The ways in which the values may be numbers that are not plain ones; none where they are none."""
    found = _STYLED.fullmatch(values[0])
    if found is None:
        return
    keys: dict[str, Plain] = {}
    if any(value.startswith("(") for value in values):
        keys["sign"] = "parentheses"
    elif any(value.endswith("-") for value in values):
        keys["sign"] = "trailing"
    keys |= {name: found[name] for name in ("prefix", "suffix") if found[name]}
    groups = list(dict.fromkeys(match[1] for value in values[:1000] for match in _GROUPED.finditer(value)))
    for group in groups:
        yield from _numbers({**keys, "group_separator": group}, values)
    if keys:
        yield from _numbers(keys, values)


def _numbers(keys: dict[str, Plain], values: Sequence[str]) -> Iterator[Candidate]:
    """Whole numbers, and decimals with all separators that do not stand between groups."""
    yield Candidate({"type": "integer", **keys})
    for separator in _SEPARATORS:
        if separator == keys.get("group_separator"):
            continue
        more: dict[str, Plain] = {"separator": separator} if separator != "." else {}
        scales = {len(re.sub(r"[^0-9]*$", "", value.partition(separator)[2])) for value in values}
        if len(scales) == 1 and scales != {0}:
            scale = scales.pop()
            doubt = f"always {scale} digits behind the point"
            yield Candidate({"type": "decimal", **more, "scale": scale, **keys}, doubt)
        yield Candidate({"type": "decimal", **more, **keys})
