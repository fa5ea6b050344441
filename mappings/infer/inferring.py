"""From samples to a draft."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.infer.delimited import draft_delimited
from mappings.infer.dialect import find_dialect
from mappings.infer.draft import Draft, Plain
from mappings.infer.encodings import Guess, is_plain_text, is_wide, narrowed
from mappings.infer.fixed_fields import ANY_TEXT
from mappings.infer.fixed_width import draft_fixed_width
from mappings.infer.packed import is_gzip, unpacked, with_gzip
from mappings.infer.recognising import recognised
from mappings.infer.sample import InferenceError, Sample
from mappings.infer.segmented import recognised_segments
from mappings.infer.verifying import built, reading_of, verdict, verified

_TEXT: dict[str, dict[str, Plain]] = {"delimited": {}, "fixed_width": dict(ANY_TEXT)}
"""The keys of a text that anything is, by the kind of format."""


def infer(samples: Sequence[Sample], encoding: str | None = None) -> Draft:
    """Draft a definition of the format that all samples are in. `encoding`: what they are known to be in.

    Raises: InferenceError.
    """
    filled = [sample for sample in samples if sample.data]
    if not filled:
        raise InferenceError("is empty")
    if any(map(is_gzip, filled)):
        return with_gzip(infer(unpacked(filled), encoding))
    known = recognised(filled)
    if known is not None:
        return _checked(known, filled)
    if is_wide(filled):
        return _wide(filled)
    if encoding is None and is_plain_text(b"".join(sample.data for sample in filled)):
        segments = recognised_segments(filled)
        if segments is not None:
            return segments
        dialect = find_dialect(filled)
        if dialect is not None:
            return verified(draft_delimited(filled, dialect), filled, _TEXT)
    return verified(draft_fixed_width(filled, encoding), filled, _TEXT)


def _checked(draft: Draft, samples: Sequence[Sample]) -> Draft:
    """The draft with what reading the samples by it gave. Of a cut one that is a single record nothing can be
    said."""
    reading = reading_of(built(draft), samples)
    return draft.replaced(draft.keys, verdict(reading)) if reading.read or reading.errors else draft


def _wide(samples: Sequence[Sample]) -> Draft:
    """The draft of delimited text in UTF-16."""
    narrow = narrowed(samples)
    dialect = find_dialect(narrow)
    if dialect is None:
        raise InferenceError("is UTF-16 and not delimited text; save it as UTF-8")
    dialect.encoding = Guess("utf-16", "there is a byte order mark")
    return verified(draft_delimited(narrow, dialect), samples, _TEXT)
