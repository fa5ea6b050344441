"""Structured logs: one JSON object (or one readable line) per event, from structlog and from every library
that uses the standard `logging` module.

A line has `time`, `level`, `component`, `event` and the event's own members, with `correlation_id` inside
requests. Bodies, query values and credentials are never passed to a logger; what comes from outside is
bounded and escaped.
"""

from __future__ import annotations

import datetime
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, BinaryIO, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.telemetry import correlation
from gateway.telemetry.sink import LineSink
from gateway.telemetry.text import safe, safe_value
from gateway.telemetry.throttle import RepeatLimit
from mappings import json

LogFormat = Literal["auto", "json", "console"]
"""Lines for programs, for people, or for whoever is at the other end: people where it is a terminal."""

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_MAX_TRACEBACK = 8000
# Libraries that report every refused request or lost connection with a traceback. What matters of it is
# reported by the gateway itself, once.
_QUIET = {"aiohttp.server": logging.CRITICAL, "aiohttp.access": logging.CRITICAL, "asyncio": logging.WARNING}


class _State:
    """The one sink of the process, exchanged by `configure`."""

    sink = LineSink(sys.stderr.buffer)
    as_json = True
    level = _LEVELS["info"]
    repeats = RepeatLimit()


def configure(level: str = "info", log_format: LogFormat = "auto", stream: BinaryIO | None = None) -> None:
    """Send all logs of this process to `stream` (standard error by default). May be called again."""
    _State.sink.close()
    target = stream or sys.stderr.buffer
    _State.sink = LineSink(target)
    _State.as_json = log_format == "json" or (log_format == "auto" and not target.isatty())
    _State.level = _LEVELS[level]
    _State.repeats = RepeatLimit()
    _configure_structlog()
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Bridge)]:
        root.removeHandler(handler)
    root.addHandler(_Bridge())
    root.setLevel(_State.level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, _State.level))
    logging.captureWarnings(True)


def _configure_structlog() -> None:
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(_State.level),
        logger_factory=lambda *_: _Output(),
        cache_logger_on_first_use=False,
    )


def shut_down() -> None:
    """Write what is waiting. To be called last."""
    _State.sink.close()


def get_logger(component: str) -> Any:
    """A structlog logger whose lines carry `component`."""
    return structlog.get_logger(component=component)


def write_event(event: MutableMapping[str, Any]) -> None:
    """Write one finished event. The short way for access lines: values must be safe already."""
    if _State.as_json:
        _State.sink.write(json.encode_line(dict(event)))
    else:
        _State.sink.write(_console_line(event))


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def access(**members: Any) -> None:
    """Write the line of one answered request, the short way: no value comes from outside unchecked."""
    if _State.level <= logging.INFO:
        write_event({"time": _now(), "level": "info", "component": "access", "event": "request", **members})


# --- structlog ---------------------------------------------------------------------------------------


def _complete(_: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put the members in reading order, with time, level and correlation id."""
    exc_info = event.pop("exc_info", None)
    line: dict[str, Any] = {
        "time": _now(),
        "level": "error" if method == "exception" else method,
        "component": event.pop("component", "gateway"),
        "event": safe(str(event.pop("event", ""))),
    }
    if correlation_id := event.pop("correlation_id", correlation.current.get()):
        line["correlation_id"] = safe(str(correlation_id))
    line.update((key, safe_value(value)) for key, value in event.items())
    if exc_info:
        line["traceback"] = _traceback(exc_info)
    return line


def _limit_repeats(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop warnings and errors that repeat too often; the next line that passes says how many."""
    if _LEVELS[event["level"]] >= logging.WARNING:
        suppressed = _State.repeats.admit((event["component"], event["event"], event.get("system")))
        if suppressed is None:
            raise structlog.DropEvent
        if suppressed:
            event["suppressed_before"] = suppressed
    return event


class _Output:
    """What structlog calls with the finished event."""

    def __call__(self, **event: Any) -> None:
        write_event(event)

    debug = info = warning = error = critical = exception = msg = __call__


def _as_keywords(_: WrappedLogger, __: str, event: EventDict) -> tuple[tuple[()], EventDict]:
    return (), event


_PROCESSORS: list[Processor] = [_complete, _limit_repeats, _as_keywords]


# --- the standard logging module -----------------------------------------------------------------------


class _Bridge(logging.Handler):
    """Carries a record of the standard library into the same pipeline."""

    def emit(self, record: logging.LogRecord) -> None:
        level = next((name for name, number in _LEVELS.items() if record.levelno <= number), "critical")
        try:
            event: EventDict = {"component": record.name, "event": record.getMessage()}
        except (TypeError, ValueError):
            event = {"component": record.name, "event": str(record.msg)}
        if record.exc_info and record.exc_info[0] is not None:
            event["exc_info"] = record.exc_info
        try:
            write_event(_limit_repeats(None, level, _complete(None, level, event)))
        except structlog.DropEvent:
            return


def _traceback(exc_info: Any) -> str:
    if isinstance(exc_info, BaseException):
        exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
    elif not isinstance(exc_info, tuple):
        exc_info = sys.exc_info()
    # No escaping: the line breaks are wanted, and both renderers escape what could act on a terminal.
    return "".join(traceback.format_exception(*exc_info))[-_MAX_TRACEBACK:]


def _console_line(event: MutableMapping[str, Any]) -> bytes:
    members = dict(event)
    head = (
        f"{str(members.pop('time', ''))[11:23]} {members.pop('level', 'info'):<8}"
        f"{members.pop('component', '')}: {members.pop('event', '')}"
    )
    trace = members.pop("traceback", "")
    tail = " ".join(f"{key}={_console_value(value)}" for key, value in members.items())
    lines = [f"{head} {tail}".rstrip(), *(safe(line) for line in str(trace).splitlines())]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _console_value(value: Any) -> str:
    return value if isinstance(value, str) and value and " " not in value else json.encode(value).decode()


# Before `configure` is called, and in programs that never call it, nothing may end up on standard output.
_configure_structlog()
