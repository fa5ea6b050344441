"""What one expression may cost. Both its text and the values it makes are bounded, whatever the input."""

from __future__ import annotations

MAX_CHARACTERS = 10_000
"""Characters of an expression's text."""
MAX_NODES = 1000
"""Literals, names, operators and calls of one expression."""
MAX_NESTING = 50
"""Brackets, calls and `?:` inside each other."""
MAX_LEVELS = 100
"""Levels of the whole tree: also what `a + b + c + …` is long."""
MAX_TEXT = 1 << 20
"""Characters of a text that an expression makes."""
MAX_ITEMS = 100_000
"""Items of a list that an expression makes."""
MAX_DIGITS = 100
"""Digits of a number that an expression makes. Legacy systems define up to 38; a product has twice as many
as its factors."""
MAX_EXPONENT = 400
"""Powers of ten between a decimal's first digit and its point; what JSON numbers may have here."""
QUOTIENT_DIGITS = 34
"""Digits of a quotient, which is exact or an error: as many as decimal128 has (IEEE 754)."""
