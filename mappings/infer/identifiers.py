"""Numbers that prove themselves: what has the check digits of an IBAN in all records is one field."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHORTEST, _LONGEST = 15, 34
_FEW = 3
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def ibans(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Where IBANs stand in all texts: their first character and the one behind their last. Texts are of one
    length; of fewer than three different ones nothing is said.

    Source: ISO 13616-1, the check by ISO/IEC 7064 MOD 97-10.
    """
    found: list[tuple[int, int]] = []
    at = 0
    width = len(texts[0]) if len(texts) >= _FEW else 0
    while at + _SHORTEST <= width:
        # Where one number fits by chance, no other record does; so the longest that fits in all is it.
        ends = range(min(width, at + _LONGEST), at + _SHORTEST - 1, -1)
        end = next((end for end in ends if all(_is_iban(text[at:end]) for text in texts)), None)
        if end is None:
            at += 1
        else:
            found.append((at, end))
            at = end
    return found


def _is_iban(text: str) -> bool:
    if _IBAN.fullmatch(text) is None:
        return False
    return int("".join(str(int(each, 36)) for each in text[4:] + text[:4])) % 97 == 1
