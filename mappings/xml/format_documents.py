"""The documents of a schema: a file and what it includes and imports, all read by a function that is given.

Nothing is fetched. An absolute URL is not followed; a file of that name (its last path segment) that lies
beside the including document is used in its place. What cannot be read costs only the elements that need it.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from lxml import etree

from mappings.xml.locations import COMPOSITION
from mappings.xml.model import XSD

MAX_DOCUMENTS = 500
MAX_BYTES = 32 << 20


def gather(name: str, read: Callable[[str], bytes]) -> list[tuple[str, str]]:
    """The location and text of each document, the named one first.

    `read` raises ValueError for what it cannot read. Raises: ValueError when the named one is no schema.
    """
    found = {name: _parse(name, read(name))}
    waiting = deque([name])
    while waiting:
        source = waiting.popleft()
        for statement in found[source].iterchildren(*COMPOSITION):
            location = (statement.get("schemaLocation") or "").strip()
            target = _first_readable(source, location, read, found) if location else None
            if target is not None:
                waiting.append(target)
        if len(found) > MAX_DOCUMENTS:
            raise ValueError(f"includes more than {MAX_DOCUMENTS} documents")
    return [(each, etree.tostring(root, encoding="unicode")) for each, root in found.items()]


def _first_readable(
    source: str, location: str, read: Callable[[str], bytes], found: dict[str, etree._Element]
) -> str | None:
    """The document that a location means, read now; None where it is known already or cannot be read."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return None
    beside = posixpath.join(posixpath.dirname(source), posixpath.basename(unquote(parts.path)))
    named = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(parts.path)))
    is_elsewhere = bool(parts.scheme or parts.netloc) or parts.path.startswith("/")
    for target in (beside,) if is_elsewhere else (named, beside):
        if target in found:
            return None
        try:
            found[target] = _parse(target, read(target))
        except ValueError:
            continue
        return target
    return None


def _parse(name: str, content: bytes) -> etree._Element:
    if len(content) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES} bytes")
    parser = etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]  # lxml 5 and newer; the stubs are older
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError(f"{name} is not XML: {str(error)[:200]}") from None
    if root is None or root.tag != f"{{{XSD}}}schema":
        raise ValueError(f"{name} is no XML Schema")
    return root
