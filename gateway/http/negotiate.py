"""Which media type to answer with, and which the body has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.http.problems import NOT_ACCEPTABLE, HttpProblem

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
_MAX_RANGES = 50


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of `Accept`. Source: RFC 9110, §12.5.1."""

    type: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """0 when it does not match, else more for a closer match."""
        main, _, sub = media_type.partition("/")
        if self.type == "*" or main == "*":
            return 1
        if self.type != main:
            return 0
        if self.subtype == "*":
            return 2
        return 3 if self.subtype == sub else 0


@lru_cache(maxsize=256)
def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """The ranges of an `Accept` header; unreadable elements count as absent."""
    found = []
    for element in header.split(",")[:_MAX_RANGES]:
        media, *parameters = (part.strip().lower() for part in element.split(";"))
        main, slash, sub = media.partition("/")
        if not (main and slash and sub):
            continue
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _quality(value.strip())
        found.append(MediaRange(main, sub, quality))
    return tuple(found)


def choose(accept: str | None, offered: Sequence[str]) -> int:
    """The index of the offer that the caller likes best; among equals the first.

    Raises: HttpProblem when none is acceptable.
    """
    if accept is None or accept == "*/*" or not accept.strip():
        return 0
    ranges = parse_accept(accept)
    best, best_quality = -1, 0.0
    for index, media_type in enumerate(offered):
        matching = [(found.specificity(media_type), found.quality) for found in ranges]
        specificity, quality = max(matching, default=(0, 0.0))
        if specificity and quality > best_quality:
            best, best_quality = index, quality
    if best < 0:
        raise HttpProblem(
            NOT_ACCEPTABLE,
            "The answer is offered in other media types than those accepted.",
            members={"offered": list(dict.fromkeys(offered))},
        )
    return best


@lru_cache(maxsize=256)
def content_type(header: str) -> tuple[str, str | None]:
    """The media type, in lower case, and the charset of a `Content-Type` header."""
    media, *parameters = header.split(";")
    charset = None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media.strip().lower(), charset


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
