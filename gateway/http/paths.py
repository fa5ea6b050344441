"""The request target, taken apart strictly: what looks like two paths to two programs is refused."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from gateway.http.problems import MALFORMED_REQUEST, HttpProblem

BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""A percent sign that no two hexadecimal digits follow. Source: RFC 3986, §2.1."""
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
# Everything a path may hold unescaped (RFC 3986, §3.3); quotes, brackets and the like must be escaped.
_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*", re.ASCII)
MAX_SEGMENTS = 64


def split_target(target: str) -> tuple[str, str]:
    """Path and query of a request target. An absolute target's host is ignored: nothing is derived from it.

    Raises: HttpProblem.
    """
    if not target.startswith("/"):
        found = _ABSOLUTE.match(target)
        if found is None:
            raise HttpProblem(MALFORMED_REQUEST, "The request target is not a path.")
        target = target[found.end() :]
        if not target.startswith("/"):
            target = f"/{target}"
    path, _, query = target.partition("?")
    if "#" in target:
        raise HttpProblem(MALFORMED_REQUEST, "The request target has a fragment.")
    return path, query


def segments(path: str) -> list[str]:
    """The decoded segments of a path.

    A `%2F` is a slash inside a segment and never separates. Segments that are `.` or `..` once decoded, and
    control characters, are refused; an empty segment (`//`, or `/` at the end) is kept and matches nothing.
    Raises: HttpProblem.
    """
    if "%" not in path:
        decoded = path[1:].split("/")
    else:
        if BAD_ESCAPE.search(path):
            raise HttpProblem(MALFORMED_REQUEST, "The path has a % that no two hexadecimal digits follow.")
        try:
            decoded = [unquote_to_bytes(segment).decode() for segment in path[1:].split("/")]
        except UnicodeDecodeError:
            raise HttpProblem(MALFORMED_REQUEST, "The path is not UTF-8.") from None
    if not _PATH.fullmatch(path):
        raise HttpProblem(MALFORMED_REQUEST, "The path has characters that must be percent-encoded.")
    if len(decoded) > MAX_SEGMENTS:
        raise HttpProblem(MALFORMED_REQUEST, f"The path has more than {MAX_SEGMENTS} segments.")
    for segment in decoded:
        if segment in (".", ".."):
            raise HttpProblem(MALFORMED_REQUEST, "The path has a segment . or ..")
        if not segment.isprintable() and any(ord(c) < 0x20 or ord(c) == 0x7F for c in segment):
            raise HttpProblem(MALFORMED_REQUEST, "The path has control characters.")
    return decoded
