"""Messages as people read them: a line each in a listing, and everything about one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_TITLES = ("ID", "STATE", "FLOW", "FROM", "RECEIVED (UTC)", "TRIED", "RECORDS", "WHY")
_GAP = "  "
_SECOND = 3
"""Where a line is broken that a terminal has no room for: id, state and flow stand above the rest."""
_NAMES = ("sftp.name", "mqtt.topic")
"""The headers that say what a message was called where it came from."""
_MAX_NAME = 40
_MAX_WHY = 100


def listing_lines(messages: Sequence[dict[str, Any]], width: int | None) -> Iterator[str]:
    """The lines of a listing. `width`: of the terminal, in characters; None to print to a pipe or file, which
    get one line for each message, however long.

    On a narrow terminal each message has two lines, so that its id can be read and copied whole.
    """
    rows = [_TITLES, *map(_row, messages)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    if width is None or max(map(len, lines)) <= width:
        yield from lines
        return
    for row in rows:
        yield _line(row[:_SECOND], widths[:_SECOND])
        yield _GAP + _line(row[_SECOND:], widths[_SECOND:])


def _row(message: dict[str, Any]) -> tuple[str, ...]:
    return (
        _shown(message["id"]),
        message["state"],
        _shown(message["flow"]),
        _shown(_bounded(came_from(message), _MAX_NAME)),
        _time(message["received_at"]),
        str(message["attempts"]),
        records_of(message),
        _shown(_bounded(_why(message), _MAX_WHY)),
    )


def came_from(message: dict[str, Any]) -> str:
    """What people know a message by: the file's name, the topic, the row; else its source."""
    headers = message.get("headers") or {}
    name = next((str(headers[key]) for key in _NAMES if key in headers), str(message["source"]))
    if "odbc.key" in headers:
        name = f"{message['source']} {headers['odbc.key']}"
    record = headers.get("gateway.record")
    return f"{name}, record {record}" if record is not None else name


def records_of(message: dict[str, Any]) -> str:
    """How many records are done, or what became of those that are not."""
    progress = message["progress"]
    counts, records = progress["counts"], progress["records"]
    if counts.get("failed"):
        return f"{counts['failed']} of {max(records, counts.get('checked', 0))} failed"
    begun = counts.get("under_way", 0)
    if begun:
        known = counts.get("checked")
        return f"{records + begun} of {known} sent" if known else f"{records + begun} sent"
    return str(records)


def _why(message: dict[str, Any]) -> str:
    """Why it is not done: what its last attempt said; of one that was not tried yet, why its flow waits."""
    failure = message.get("failure")
    if message["state"] == "done":
        return ""
    if message["state"] == "pending" and message.get("waits_for"):
        return str(message["waits_for"])
    if not failure:
        return ""
    text = failure.get("text") or failure["error"]
    step = failure.get("step")
    return f"{step}: {text}" if step else str(text)


def _bounded(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(text.ljust(size) for text, size in zip(row, widths, strict=True)).rstrip()


def _at_step(failure: dict[str, Any]) -> str:
    step = failure.get("step")
    return f"{failure['error']}@{step}" if step else str(failure["error"])


def _time(moment: str) -> str:
    """`2026-11-23 12:35:33`, of `2026-11-23T12:35:33.120Z`."""
    return moment[:19].replace("T", " ")


def detail_lines(message: dict[str, Any]) -> Iterator[str]:
    """Everything about one message, the most important first, then its history."""
    first = ("id", "state", "failure", "flow")
    members = {name: message[name] for name in dict.fromkeys((*first, *message)) if name in message}
    del members["history"]
    texts = {
        name: list(_texts(name, value)) for name, value in members.items() if value not in (None, "", {})
    }
    size = max(map(len, texts))
    for name, lines in texts.items():
        for number, line in enumerate(lines):
            yield f"{name.replace('_', ' ') if number == 0 else '':{size}}{_GAP}{line}"
    yield ""
    entries = message["history"]
    size = max((len(entry["kind"]) for entry in entries), default=0)
    for entry in entries:
        yield f"{_time(entry['at'])}{_GAP}{entry['kind']:{size}}{_GAP}{_shown(entry['text'])}".rstrip()


def _texts(name: str, value: Any) -> Iterator[str]:
    """The lines of one member."""
    if name == "failure":
        yield _shown(_at_step(value))
        if value.get("text"):
            yield _shown(value["text"])
        value = {key: place for key, place in value.items() if key not in ("error", "step", "text")}
    elif name == "progress":
        counts = ", ".join(
            f"{kind} {count}" for kind, count in value["counts"].items() if kind != "under_way"
        )
        begun = value["counts"].get("under_way")
        more = f", and {begun} more under way" if begun else ""
        yield f"{value['records']} records{more}" + (f" ({counts})" if counts else "")
        return
    elif name.endswith("_at"):
        yield f"{_time(value)} UTC"
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield _shown(f"{key.replace('_', ' ') if name == 'failure' else key}: {inner}")
    else:
        yield _shown(f"{value} bytes" if name == "size" else str(value))


def _shown(text: str) -> str:
    """A text of any origin on one line, without what a terminal would take for a command."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
