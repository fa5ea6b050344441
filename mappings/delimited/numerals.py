"""Numbers as people write them: groups of digits, signs behind or as parentheses, currencies and percents.

They are taken to the plain form, digits with a leading sign and a point or comma, and back.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mappings.delimited.errors import ValueSyntaxError
from mappings.delimited.field_schema import DecimalField, IntegerField


def is_styled(field: IntegerField | DecimalField) -> bool:
    """Whether a field's numbers are written in any other than the plain form."""
    has_more = field.group_separator or field.prefix or field.suffix
    return bool(has_more) or field.sign != "leading"


def separator_of(field: IntegerField | DecimalField) -> str | None:
    """What stands before the fraction, None where there is none."""
    return field.separator if isinstance(field, DecimalField) and field.scale != 0 else None


def plain(field: IntegerField | DecimalField) -> Callable[[str], str]:
    """A function from a number as it is written to the plain form. It raises ValueSyntaxError."""
    match = _form(field).fullmatch
    rule = "integer" if isinstance(field, IntegerField) else "decimal"
    group = field.group_separator
    sample = styled(field)(_sample(field))

    def read(text: str) -> str:
        found = match(text)
        if found is None:
            raise ValueSyntaxError(rule, f"is not a number as this field writes it, such as {sample}")
        parts = found.groupdict("")
        whole = parts["whole"] if group is None else parts["whole"].replace(group, "")
        sign = "-" if parts.get("open") else parts.get("sign", "")
        return f"{sign}{whole}{parts['fraction']}"

    return read


def _sample(field: IntegerField | DecimalField) -> str:
    """A number that shows all there is to it."""
    separator, scale = separator_of(field), field.scale if isinstance(field, DecimalField) else 0
    return f"-1234{separator}{'56789'[: 2 if scale is None else scale]}" if separator else "-1234"


def styled(field: IntegerField | DecimalField) -> Callable[[str], str]:
    """A function from the plain form to a number as it is written."""
    group, prefix, suffix = field.group_separator, field.prefix or "", field.suffix or ""
    separator = separator_of(field)

    def write(text: str) -> str:
        is_negative = text.startswith("-")
        digits = text.lstrip("-")
        whole, point, fraction = digits.partition(separator) if separator else (digits, "", "")
        if group is not None:
            whole = _grouped(whole, group)
        number = f"{prefix}{whole}{point}{fraction}{suffix}"
        if not is_negative:
            return number
        match field.sign:
            case "leading":
                return f"-{number}"
            case "trailing":
                return f"{number}-"
            case _:
                return f"({number})"

    return write


def _form(field: IntegerField | DecimalField) -> re.Pattern[str]:
    digits = "[0-9]+"
    if field.group_separator is not None:
        digits = f"[0-9]{{1,3}}(?:{re.escape(field.group_separator)}[0-9]{{3}})+|[0-9]+"
    separator = separator_of(field)
    fraction = f"(?:{re.escape(separator)}[0-9]+)?" if separator else ""
    prefix, suffix = re.escape(field.prefix or ""), re.escape(field.suffix or "")
    number = f"{prefix}(?P<whole>{digits})(?P<fraction>{fraction}){suffix}"
    match field.sign:
        case "leading":
            return re.compile(f"(?P<sign>[+-]?){number}")
        case "trailing":
            return re.compile(f"{number}(?P<sign>[+-]?)")
        case _:
            return re.compile(f"(?P<open>[(])?{number}(?(open)[)])")


def _grouped(digits: str, group: str) -> str:
    first = len(digits) % 3
    parts = [digits[:first]] if first else []
    return group.join([*parts, *(digits[at : at + 3] for at in range(first, len(digits), 3))])
