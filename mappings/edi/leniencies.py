"""The rules about segments and elements that a definition can let pass, by the words it says that with."""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_RULES: Mapping[str, tuple[str, ...]] = {
    "trailing_separators": ("trailing-separator",),
    "padding": ("padding",),
    "too_short": ("too-short",),
    "too_long": ("too-long",),
    "codes": ("code",),
    "characters": ("character",),
    "conditions": ("condition", "exclusion"),
    "missing_elements": ("required-element",),
    "extra_elements": ("extra-element", "components"),
    "unknown_segments": ("unknown-segment",),
    "missing_segments": ("required-segment", "segment-minimum", "loop-minimum"),
    "segment_counts": ("segment-count", "loop-count"),
    "empty_segments": ("empty-segment",),
}
"""What each word means for the content of transaction sets and messages."""
