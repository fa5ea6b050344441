"""Formats that say themselves what they are, by how they begin: EDI, HL7, XML and JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from mappings.infer.draft import Draft, Key
from mappings.infer.encodings import UTF_8_MARK, UTF_16_MARKS
from mappings.infer.sample import InferenceError, Sample

_TAG = re.compile(rb"<([A-Za-z_][\w.:-]*)")
_NAMESPACE = re.compile(rb"\sxmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"'<]+)[\"']")
_MOST_SHOWN = 10
_UNA_LENGTH = 9
_MSH = re.compile(rb"(?:^|[\r\n])(MSH[^\r\n]+)")
_SPACE = b" \t\r\n"
_BUILT_IN = (
    "The built-in format `{}` reads it without a definition; `record` adds a JSON Schema that is checked."
)


def recognised(samples: Sequence[Sample]) -> Draft | None:
    """The generic definition of what the samples are, None where they are none of these.

    Raises: InferenceError where they are not all of one kind.
    """
    drafts = [_recognised(sample) for sample in samples]
    for sample, draft in zip(samples, drafts, strict=True):
        if _kind(draft) != _kind(drafts[0]):
            raise InferenceError(
                f"is {_kind(drafts[0])}, and {sample.name} is {_kind(draft)}: a draft is of one format"
            )
    return drafts[0]


def _kind(draft: Draft | None) -> str:
    return "of another format" if draft is None else str(draft.definition["format"])


def _recognised(sample: Sample) -> Draft | None:
    data = sample.data.removeprefix(UTF_8_MARK).lstrip(_SPACE)
    if data.startswith(UTF_16_MARKS):
        text = data.decode("utf-16", "replace").lstrip()
        return _xml(text.encode("utf-8", "replace")) if text.startswith("<") else None
    if data.startswith(b"ISA"):
        return _x12(data)
    if data.startswith((b"UNA", b"UNB")):
        return _edifact(data)
    if data.startswith((b"MSH", b"FHS", b"BHS")):
        return _hl7(data)
    if data.startswith(b"<"):
        return _xml(data)
    if data[:1] in (b"{", b"["):
        return _json(data)
    return None


def _counted(kinds: Iterable[bytes]) -> str:
    """How many of each kind there are, the most frequent ones first."""
    found = Counter(kinds).most_common(_MOST_SHOWN)
    return ", ".join(f"{count} × {kind.decode('ascii', 'replace')}" for kind, count in found) or "none"


def _x12(data: bytes) -> Draft:
    separator = data[3:4]
    kinds = _counted(re.findall(rb"ST" + re.escape(separator) + rb"([0-9]{3})", data))
    finding = (
        f"X12 interchanges; transaction sets: {kinds}. This definition reads any of them as a list of "
        "segments; the key `content` says what stands where, `transaction` which set it is."
    )
    return Draft((Key("format", "x12"),), (finding,))


def _edifact(data: bytes) -> Draft:
    is_said = data.startswith(b"UNA") and len(data) >= _UNA_LENGTH
    component, element = (
        re.escape(data[at : at + 1]) if is_said else mark for at, mark in ((3, b":"), (4, rb"\+"))
    )
    part = rb"([0-9A-Z]{1,6})"
    message = rb"UNH" + element + rb"[^\r\n]{1,14}?" + element + component.join((part, part, part))
    kinds = _counted(map(b" ".join, re.findall(message, data)))
    finding = (
        f"EDIFACT interchanges; messages: {kinds}. This definition reads any of them as a list of segments; "
        "the key `content` says what stands where, `message` which message it is."
    )
    return Draft((Key("format", "edifact"),), (finding,))


def _hl7(data: bytes) -> Draft:
    headers = [header.split(header[3:4]) for header in _MSH.findall(data)]
    kinds = _counted(fields[8] if len(fields) > 8 else b"unknown" for fields in headers)
    return Draft((Key("format", "hl7"),), (f"HL7 v2 messages: {kinds}.",))


def _xml(data: bytes) -> Draft:
    tags = _TAG.findall(data)
    root = tags[0].decode("utf-8", "replace") if tags else "?"
    namespaces = dict.fromkeys(
        b"=".join(filter(None, each)).decode("utf-8", "replace") for each in _NAMESPACE.findall(data)
    )
    repeated = [
        f"{name.decode('utf-8', 'replace')} ({count} times)" for name, count in Counter(tags).most_common(3)
    ]
    findings = [f"XML: the root element is {root}; it has {', '.join(repeated)}."]
    if namespaces:
        findings.append(f"Namespaces: {', '.join(islice(namespaces, _MOST_SHOWN))}.")
    findings.append(
        "This definition reads any document as one record. With the partner's XML Schema (`schema: FILE`) or "
        "with declared `fields`, and with `record`, large ones are read element by element."
    )
    keys = (Key("format", "xml"), Key("convention", "badgerfish", "or `parker`, without attributes"))
    return Draft(keys, tuple(findings))


def _json(data: bytes) -> Draft:
    lines = [line for line in data.split(b"\n") if line.strip()]
    if data.startswith(b"{") and len(lines) > 1 and _is_json(lines[0]):
        finding = f"NDJSON: {len(lines)} lines, a record each."
        return Draft((Key("format", "ndjson"),), (finding, _BUILT_IN.format("ndjson")))
    what = (
        "an array, whose items are the records"
        if data.startswith(b"[")
        else "one object, which is the record"
    )
    return Draft((Key("format", "json"),), (f"JSON: {what}.", _BUILT_IN.format("json")))


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
