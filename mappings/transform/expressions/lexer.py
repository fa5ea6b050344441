"""The tokens of an expression.

Source: the Common Expression Language's definition, section Syntax: string and number literals, identifiers,
and back-quoted names for members that are no identifiers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mappings.contract import JsonValue
from mappings.transform.expressions.errors import ExpressionError
from mappings.transform.expressions.limits import MAX_CHARACTERS, MAX_DIGITS, MAX_EXPONENT

Kind = Literal["name", "literal", "symbol", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is what was written; `value` is that of a literal, or the name without its back-quotes."""

    kind: Kind
    text: str
    column: int
    value: JsonValue = None


CONSTANTS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+ | //[^\n]*)
  | (?P<number>[0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)?)
  | (?P<text>[rR]?(?:"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*'))
  | (?P<quoted>`[^`\n]+`)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))")
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "a": "\a",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "`": "`",
    "?": "?",
}
_HINTS = {
    "=": "comparing is `==`",
    "&": "`and` is `&&`",
    "|": "`or` is `||`",
    '"': "the text has no closing quote on its line",
    "'": "the text has no closing quote on its line",
    "`": "the name has no closing back-quote",
    "$": "names are written without `$`",
    "^": "there is no power operator",
    ";": "an expression is one value",
}
_OTHER_LETTERS = "a name with letters beyond ASCII is written in back-quotes: `größe`"


def tokens(text: str) -> list[Token]:
    """The tokens of a text, an `end` token last. Raises: ExpressionError."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"longer than the {MAX_CHARACTERS} characters allowed", MAX_CHARACTERS + 1)
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            hint = _HINTS.get(text[at]) or (_OTHER_LETTERS if text[at].isidentifier() else "")
            shown = repr(text[at])
            raise ExpressionError(
                f"{shown} may not stand here{'; ' + hint if hint else ''}; allowed are names, literals and "
                "the operators + - * / % == != < <= > >= && || ! ?: in",
                at + 1,
            )
        if match.lastgroup != "space":
            found.append(_token(match, at + 1))
        at = match.end()
    found.append(Token("end", "", len(text) + 1))
    return found


def _token(match: re.Match[str], column: int) -> Token:
    text = match[0]
    if match.lastgroup == "number":
        return Token("literal", text, column, _number(text, column))
    if match.lastgroup == "text":
        return Token("literal", text, column, _text(text, column))
    if match.lastgroup == "quoted":
        return Token("name", text, column, text[1:-1])
    if match.lastgroup == "symbol" or text == "in":
        return Token("symbol", text, column)
    if text in CONSTANTS:
        return Token("literal", text, column, CONSTANTS[text])
    return Token("name", text, column, text)


def _number(text: str, column: int) -> JsonValue:
    """A whole number, or a decimal with the digits it is written with."""
    mantissa = re.split("[eE]", text)[0]
    if len(mantissa) > MAX_DIGITS:
        raise ExpressionError(f"a number with more than {MAX_DIGITS} digits", column)
    if text.isdigit():
        return int(text)
    exponent = text[len(mantissa) + 1 :]
    if len(exponent) > 6 or abs(Decimal(text).adjusted()) > MAX_EXPONENT:
        raise ExpressionError(f"a number whose exponent is beyond ±{MAX_EXPONENT}", column)
    return Decimal(text)


def _text(text: str, column: int) -> str:
    if text[0] in "rR":
        return text[2:-1]
    inside = text[1:-1]

    def replacement(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits is None:
            if match[4] in _ESCAPES:
                return _ESCAPES[match[4]]
        elif (code := int(digits, 16)) <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            return chr(code)
        raise ExpressionError(
            f"{match[0]} is no escape; allowed are \\n \\t \\r \\b \\f \\\\ \\\" \\' \\xHH \\uHHHH and "
            '\\UHHHHHHHH, and r"…" for a text without escapes',
            column + 1 + match.start(),
        )

    return _ESCAPE.sub(replacement, inside)
