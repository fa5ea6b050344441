"""The PostgREST grammar for reading: query parameters to a syntax tree. Pure; knows no table.

    select = column {"," column}           column = [alias ":"] name | "*"
    order  = key {"," key}                 key = name ["." ("asc"|"desc")] ["." ("nullsfirst"|"nullslast")]
    {name} = ["not."] operator "." value   (a parameter of the column's name, repeatable)
    and    = "(" condition {"," condition} ")"           likewise or, not.and, not.or
    condition = name "." ["not."] operator "." value | ["not."] ("and" | "or") "(" … ")"

Names and values inside parentheses may be quoted ("a,b"), with backslash before quote and backslash.
Source: PostgREST documentation, "Tables and Views", version 12, without embedding, casts and JSON paths.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.odbc.filters import Comparison, Condition, Group, Ordering, Place, Selected

OPERATORS = ("eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "in", "is")
IS_VALUES = ("null", "not_null", "true", "false", "unknown")
LOGIC = ("and", "or", "not.and", "not.or")
RESERVED = ("select", "order", "limit", "offset", *LOGIC)
"""Parameters with a meaning of their own; columns of these names are reached through `and=(…)`."""

MAX_LENGTH = 16_384
MAX_DEPTH = 8
MAX_CONDITIONS = 200
MAX_LIST = 1_000


class GrammarError(ValueError):
    """A parameter does not follow the grammar."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"position {place.position}: {message}")
        self.place = place


class _Scanner:
    """Walks over one parameter's text."""

    def __init__(self, parameter: str, text: str) -> None:
        self.parameter = parameter
        self.text = text
        self.at = 0
        if len(text) > MAX_LENGTH:
            self.at = MAX_LENGTH
            raise self.error(f"longer than {MAX_LENGTH} characters")

    def place(self, at: int | None = None) -> Place:
        return Place(self.parameter, (self.at if at is None else at) + 1)

    def error(self, message: str, at: int | None = None) -> GrammarError:
        return GrammarError(self.place(at), message)

    def ended(self) -> bool:
        return self.at >= len(self.text)

    def take(self, token: str) -> bool:
        """Step over `token` if it comes next."""
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str, context: str) -> None:
        if not self.take(token):
            raise self.error(f"expected {token!r} {context}, found {self.found()}")

    def found(self) -> str:
        return repr(self.text[self.at : self.at + 20]) if not self.ended() else "the end"

    def until(self, stops: str) -> str:
        """The text before the next of the characters `stops`, or a quoted text."""
        if self.text.startswith('"', self.at):
            return self.quoted()
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in stops:
            self.at += 1
        return self.text[start : self.at]

    def quoted(self) -> str:
        start = self.at
        self.at += 1
        parts: list[str] = []
        while not self.ended():
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                return "".join(parts)
            if character == "\\":
                if self.ended():
                    break
                character = self.text[self.at]
                self.at += 1
            parts.append(character)
        raise self.error("a quoted text is not closed", start)

    def finish(self) -> None:
        if not self.ended():
            raise self.error(f"expected the end, found {self.found()}")


def parse_select(text: str) -> tuple[Selected, ...]:
    """The `select` parameter. `*` gives a Selected with the column `*`.

    Raises: GrammarError.
    """
    scanner = _Scanner("select", text)
    selected: list[Selected] = []
    while True:
        place = scanner.place()
        name = _name(scanner, ",:.()", "a column")
        alias = ""
        if scanner.text.startswith("::", scanner.at):
            raise scanner.error("casts (::) are not supported")
        if scanner.take(":"):
            alias, place = name, scanner.place()
            name = _name(scanner, ",:.()", "a column after the alias")
        if not scanner.ended() and scanner.text[scanner.at] in "(:":
            raise scanner.error("embedded resources and casts are not supported")
        if alias and name == "*":
            raise GrammarError(place, "'*' cannot have an alias")
        selected.append(Selected(name, alias or name, place))
        if not scanner.take(","):
            break
    scanner.finish()
    return tuple(selected)


def parse_order(text: str) -> tuple[Ordering, ...]:
    """The `order` parameter.

    Raises: GrammarError.
    """
    scanner = _Scanner("order", text)
    keys: list[Ordering] = []
    while True:
        place = scanner.place()
        column = _name(scanner, ",.()", "a column")
        descending, nulls = False, ""
        seen: set[str] = set()
        while scanner.take("."):
            at = scanner.at
            word = scanner.until(",.")
            role = {"asc": "direction", "desc": "direction", "nullsfirst": "nulls", "nullslast": "nulls"}.get(
                word
            )
            if role is None or role in seen or (role == "direction" and seen):
                raise scanner.error(f"expected asc or desc, then nullsfirst or nullslast; found {word!r}", at)
            seen.add(role)
            descending = descending or word == "desc"
            nulls = word.removeprefix("nulls") if role == "nulls" else nulls
        keys.append(Ordering(column, descending, nulls, place))
        if not scanner.take(","):
            break
    scanner.finish()
    return tuple(keys)


def parse_filter(column: str, text: str) -> Comparison:
    """A parameter named like a column: `["not."] operator "." value`.

    Raises: GrammarError.
    """
    scanner = _Scanner(column, text)
    place = scanner.place()
    negated = scanner.take("not.")
    operator = _operator(scanner)
    if operator == "in":
        values = _list(scanner)
    else:
        values = (_checked(scanner, operator, scanner.text[scanner.at :], scanner.at),)
        scanner.at = len(scanner.text)
    scanner.finish()
    return Comparison(column, operator, values, negated, place)


def parse_logic(parameter: str, text: str) -> Group:
    """The `and`, `or`, `not.and` and `not.or` parameters.

    Raises: GrammarError.
    """
    scanner = _Scanner(parameter, text)
    budget = [MAX_CONDITIONS]
    group = _group(scanner, parameter.removeprefix("not."), parameter.startswith("not."), 1, budget)
    scanner.finish()
    return group


def _group(scanner: _Scanner, joint: str, negated: bool, depth: int, budget: list[int]) -> Group:
    if depth > MAX_DEPTH:
        raise scanner.error(f"conditions are nested deeper than {MAX_DEPTH} levels")
    scanner.expect("(", f"after {joint}")
    members = [_condition(scanner, depth, budget)]
    while scanner.take(","):
        members.append(_condition(scanner, depth, budget))
    scanner.expect(")", "or ',' after a condition")
    return Group(joint, tuple(members), negated)


def _condition(scanner: _Scanner, depth: int, budget: list[int]) -> Condition:
    budget[0] -= 1
    if budget[0] < 0:
        raise scanner.error(f"more than {MAX_CONDITIONS} conditions")
    for prefix in ("not.and(", "not.or(", "and(", "or("):
        if scanner.take(prefix):
            scanner.at -= 1
            joint = prefix[:-1].removeprefix("not.")
            return _group(scanner, joint, prefix.startswith("not."), depth + 1, budget)
    place = scanner.place()
    column = _name(scanner, ".,()", "a column")
    scanner.expect(".", "after the column")
    negated = scanner.take("not.")
    operator = _operator(scanner)
    if operator == "in":
        return Comparison(column, operator, _list(scanner), negated, place)
    at = scanner.at
    return Comparison(
        column, operator, (_checked(scanner, operator, scanner.until(",()"), at),), negated, place
    )


def _operator(scanner: _Scanner) -> str:
    at = scanner.at
    word = scanner.until(".(,)")
    if word not in OPERATORS:
        raise scanner.error(f"expected one of {', '.join(OPERATORS)}; found {word[:40]!r}", at)
    scanner.expect(".", f"after {word}")
    return word


def _checked(scanner: _Scanner, operator: str, value: str, at: int) -> str:
    if operator == "is" and value.lower() not in IS_VALUES:
        raise scanner.error(f"is takes one of {', '.join(IS_VALUES)}; found {value[:40]!r}", at)
    return value.lower() if operator == "is" else value


def _list(scanner: _Scanner) -> tuple[str, ...]:
    scanner.expect("(", "after in.")
    if scanner.take(")"):
        return ()
    values = [scanner.until(",()")]
    while scanner.take(","):
        if len(values) >= MAX_LIST:
            raise scanner.error(f"more than {MAX_LIST} values")
        values.append(scanner.until(",()"))
    scanner.expect(")", "or ',' after a value")
    return tuple(values)


def _name(scanner: _Scanner, stops: str, what: str) -> str:
    start = scanner.at
    name = scanner.until(stops)
    if not name:
        raise scanner.error(f"expected {what}, found {scanner.found()}", start)
    if "->" in name and not scanner.text.startswith('"', start):
        raise scanner.error("JSON paths (->) are not supported", start)
    return name


def split_key(text: str, count: int) -> tuple[str, ...]:
    """The values of a composite key, comma-separated and quoted where they hold commas or quotes.

    Raises: GrammarError.
    """
    if count == 1:
        return (text,)
    scanner = _Scanner("key", text)
    values = [scanner.until(",")]
    while scanner.take(","):
        values.append(scanner.until(","))
    scanner.finish()
    if len(values) != count:
        raise GrammarError(
            Place("key", 1), f"the key has {count} parts, separated by commas; found {len(values)}"
        )
    return tuple(values)


def join_key(values: Iterable[str]) -> str:
    """The text that `split_key` reads back; a key of one part is its own text."""
    parts = list(values)
    if len(parts) == 1:
        return parts[0]
    return ",".join(
        '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if "," in part or part.startswith('"')
        else part
        for part in parts
    )
