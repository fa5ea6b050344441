"""Errors of paramiko, of SFTP and of sockets, turned into those of `adapters.errors`."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto

import paramiko

from adapters.errors import (
    AdapterError,
    AuthenticationFailed,
    BadReply,
    Blame,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    NotSent,
    Outcome,
    OutcomeUnknown,
    PeerRejected,
    PermissionDenied,
    ReadTimeout,
)
from adapters.sftp.packets import Status, StatusError, status_name


class Phase(Enum):
    """How far a call has come, which decides what its failure means."""

    CONNECT = auto()
    READ = auto()
    UPLOAD = auto()
    """Bytes go to a temporary name: a failure leaves nothing visible behind."""
    COMMIT = auto()
    """The rename was sent: without an answer nobody knows."""


class Progress:
    """The phase of one call, and what it is about for messages (no payloads, no credentials)."""

    __slots__ = ("about", "blame", "phase")

    def __init__(self, phase: Phase, about: str, blame: Mapping[int, Blame] | None = None) -> None:
        self.phase = phase
        self.about = about
        self.blame = blame or {}


_TIMEOUTS: Mapping[Phase, tuple[type[AdapterError], str]] = {
    Phase.CONNECT: (ConnectTimeout, "the server did not answer in time"),
    Phase.READ: (ReadTimeout, "the server did not answer in time"),
    Phase.UPLOAD: (NotSent, "the upload was not finished in time; no file of that name is visible"),
    Phase.COMMIT: (OutcomeUnknown, "the server did not say in time whether the file has its name"),
}
_LOSSES: Mapping[Phase, tuple[type[AdapterError], str]] = {
    Phase.CONNECT: (ConnectFailed, "no connection"),
    Phase.READ: (ConnectionLost, "the connection broke"),
    Phase.UPLOAD: (NotSent, "the connection broke during the upload; no file of that name is visible"),
    Phase.COMMIT: (
        OutcomeUnknown,
        "the connection broke before the server said whether the file has its name",
    ),
}
_CONFLICTS = frozenset({Status.FILE_ALREADY_EXISTS, Status.LOCK_CONFLICT})


@contextmanager
def translate_errors(progress: Progress) -> Iterator[None]:
    """Raise only `adapters.errors`; the library's error stays as the cause."""
    try:
        yield
    except AdapterError as error:
        if isinstance(error, BadReply) and progress.phase is Phase.COMMIT:
            error.outcome = Outcome.UNKNOWN
        _say_where(error, progress)
        raise
    except StatusError as error:
        raise rejection(error, progress) from error
    except paramiko.AuthenticationException as error:
        raise _refused(error, progress) from error
    except TimeoutError as error:
        raise _made(_TIMEOUTS, progress, "") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise _made(_LOSSES, progress, _reason(error)) from error


def rejection(error: StatusError, progress: Progress) -> AdapterError:
    """A status as an error: the code kept, the blame by what was asked for."""
    message = f"{progress.about}: the server refused with {status_name(error.code)}"
    if error.code == Status.PERMISSION_DENIED:
        return PermissionDenied(message)
    fallback = Blame.CONFLICT if error.code in _CONFLICTS else Blame.PEER
    return PeerRejected(message, code=status_name(error.code), blame=progress.blame.get(error.code, fallback))


def _refused(error: paramiko.AuthenticationException, progress: Progress) -> AdapterError:
    """paramiko raises the same class for a refusal, a time-out and a lost connection; its text differs."""
    if isinstance(error, paramiko.BadAuthenticationType):
        known = {"password", "publickey", "keyboard-interactive", "hostbased", "gssapi-with-mic"}
        offered = ", ".join(sorted(known.intersection(error.allowed_types))) or "ways it does not name"
        return AuthenticationFailed(f"{progress.about}: the server accepts only {offered} to log in")
    text = str(error)
    if "timeout" in text.lower():
        return _made(_TIMEOUTS, progress, "")
    if "EOF" in text or "shut down" in text:
        return _made(_LOSSES, progress, "closed by the server while logging in")
    return AuthenticationFailed(f"{progress.about}: the server refused the username, key or password")


def _made(
    table: Mapping[Phase, tuple[type[AdapterError], str]], progress: Progress, reason: str
) -> AdapterError:
    kind, text = table[progress.phase]
    return kind(f"{progress.about}: {text}" + (f" ({reason})" if reason else ""))


def _say_where(error: AdapterError, progress: Progress) -> None:
    """What is raised deep inside knows neither the system nor the file."""
    if not error.message.startswith(progress.about):
        error.message = f"{progress.about}: {error.message}"
        error.args = (error.message,)


def _reason(error: Exception) -> str:
    """A short cause. The text of an SSHException may quote the server, so only the system's own is used."""
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # asyncio puts a text of its own into strerror
    return type(error).__name__
