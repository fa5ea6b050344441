from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters import errors
from gateway.http.failures import of_adapter_error
from gateway.http.problems import TYPES
from gateway.http.wire import header_value

DOCUMENT = Path(__file__).parents[4] / "docs" / "problems.md"


def test_every_type_has_its_heading_and_no_heading_is_without() -> None:
    sections = re.findall(r"^## (\S+)\n\nStatus (\d+)\. (.+)\.\n\n(.+)$", DOCUMENT.read_text(), re.MULTILINE)
    documented = {name: (int(status), title, meaning) for name, status, title, meaning in sections}
    assert documented == {found.name: (found.status, found.title, found.meaning) for found in TYPES.values()}


def _all_errors(parent: type[errors.AdapterError]) -> list[type[errors.AdapterError]]:
    return [parent, *(inner for child in parent.__subclasses__() for inner in _all_errors(child))]


@pytest.mark.parametrize("safe", [True, False], ids=["read", "write"])
@pytest.mark.parametrize(
    "error_class", _all_errors(errors.AdapterError)[1:], ids=lambda found: found.__name__
)
def test_every_error_class_has_its_problem(error_class: type[errors.AdapterError], safe: bool) -> None:
    if error_class is errors.InvalidRequest:
        error: errors.AdapterError = errors.InvalidRequest("wrong", [])
    elif error_class is errors.Throttled:
        error = errors.Throttled("wait", 1.0)
    elif error_class is errors.PeerRejected:
        error = errors.PeerRejected("no", code="1", blame=errors.Blame.PEER)
    elif error_class.__name__ == "UnreadableReply":
        error = error_class("bad", [])  # type: ignore[call-arg]
    else:
        error = error_class("reason")
    problem = of_adapter_error(error, system="erp", operation="X", faults={}, safe=safe)
    assert problem.problem_type.name != "internal-error"
    # Of a write it is always said what became of it, of a read only that it was not sent.
    not_sent = error.outcome is errors.Outcome.NOT_SENT
    if safe:
        assert problem.outcome is (errors.Outcome.NOT_SENT if not_sent else None)
    else:
        assert problem.outcome is (error.outcome or errors.Outcome.UNKNOWN)
    assert 400 <= problem.status < 600


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("plain", "plain"),
        ("a\r\nb", "a%0D%0Ab"),
        ("é", "%C3%A9"),
        ("\x1b[31m", "%1B[31m"),
        ("\ud800", "?"),
        ("a\x85b", "a%C2%85b"),
    ],
)
def test_header_values_stay_on_their_line(value: str, sent: str) -> None:
    assert header_value(value) in (sent, sent.replace("?", "%3F"))
