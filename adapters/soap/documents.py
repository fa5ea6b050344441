"""The pinned documents of a contract: a WSDL file and what it imports, from local files alone.

Nothing is ever fetched. An import is followed when its location is a relative path to a file below the
configuration folder. An absolute URL is not followed; where a file of that name (its last path segment) lies
beside the importing document, it is used and the repair is reported. Any other import is a problem, which
costs only the operations that need what it would have brought. Document type declarations are ignored but for
the plain entities that they declare inside the file, and are reported: no external one is ever resolved.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree

from mappings.xml import SchemaDocument

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XSD = "http://www.w3.org/2001/XMLSchema"

MAX_DOCUMENT_BYTES = 32 * 2**20
MAX_DOCUMENTS = 500

_SCHEMA_REFERENCES = tuple(f"{{{XSD}}}{name}" for name in ("import", "include", "redefine", "override"))


@dataclass(frozen=True, slots=True)
class Definitions:
    """One `wsdl:definitions` element and the file it is in, relative to the configuration folder."""

    location: str
    root: etree._Element


@dataclass(slots=True)
class Documents:
    """All documents of a contract, in the order they were met: the WSDL first.

    `repairs` says what was read otherwise than written, `problems` what could not be read.
    """

    definitions: list[Definitions] = field(default_factory=list)
    schemas: list[SchemaDocument] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load(wsdl: Path, base_dir: Path) -> Documents:
    """Read a WSDL and everything it imports, directly or not; each file once.

    `base_dir` is the configuration folder: imports outside it are refused. A WSDL that lies elsewhere may
    import from its own folder.
    Raises: ValueError when the WSDL itself cannot be read or is not a WSDL 1.1.
    Source: WSDL 1.1 §2.1.1; XML Schema 1.0 part 1 §4.2.
    """
    return _Loader(wsdl.resolve(), base_dir.resolve()).run()


class _Loader:
    def __init__(self, wsdl: Path, base_dir: Path) -> None:
        self._wsdl = wsdl
        self._root = base_dir if wsdl.is_relative_to(base_dir) else wsdl.parent
        self._documents = Documents()
        self._seen: set[Path] = {wsdl}
        self._queue: deque[Path] = deque([wsdl])

    def run(self) -> Documents:
        root = self._parse(self._wsdl)
        if isinstance(root, str):
            raise ValueError(f"{self._name(self._wsdl)}: {root}")
        if root.tag != f"{{{WSDL}}}definitions":
            raise ValueError(f"{self._name(self._wsdl)}: is not a WSDL 1.1 file but <{root.tag}>")
        while self._queue:
            self._take(self._queue.popleft())
        return self._documents

    def _take(self, path: Path) -> None:
        root = self._parse(path)
        if not isinstance(root, str):
            self._note_doctype(path, root)
        if isinstance(root, str):
            self._documents.problems.append(f"{self._name(path)}: {root}")
        elif root.tag == f"{{{WSDL}}}definitions":
            self._definitions(path, root)
        elif root.tag == f"{{{XSD}}}schema":
            self._schema(path, root, self._name(path))
        else:
            self._documents.problems.append(
                f"{self._name(path)}: is neither a WSDL nor a schema but <{root.tag}>"
            )

    def _definitions(self, path: Path, root: etree._Element) -> None:
        name = self._name(path)
        self._documents.definitions.append(Definitions(name, root))
        for element in root.iterchildren(f"{{{WSDL}}}import"):
            self._follow(path, element, "location")
        inline = root.iterfind(f"{{{WSDL}}}types/{{{XSD}}}schema")
        for number, schema in enumerate(inline, start=1):
            self._schema(path, schema, f"{name}#{number}")

    def _schema(self, path: Path, root: etree._Element, location: str) -> None:
        # Serialised anew: an inline schema keeps the prefixes of the elements around it, and internal
        # entities (xmldsig-core-schema.xsd has some) are expanded.
        self._documents.schemas.append(SchemaDocument(location, etree.tostring(root, encoding="utf-8")))
        for element in root.iterchildren(*_SCHEMA_REFERENCES):
            self._follow(path, element, "schemaLocation")

    def _follow(self, source: Path, element: etree._Element, attribute: str) -> None:
        location = (element.get(attribute) or "").strip()
        if not location:
            return  # names a namespace alone: it is among the other schemas, or built in, or missing
        where = f"{self._name(source)}:{element.sourceline}"
        target = self._resolve(source, location, where)
        if target is None or target in self._seen:
            return
        if len(self._seen) >= MAX_DOCUMENTS:
            raise ValueError(f"{self._name(self._wsdl)}: imports more than {MAX_DOCUMENTS} documents")
        self._seen.add(target)
        self._queue.append(target)

    def _resolve(self, source: Path, location: str, where: str) -> Path | None:
        """The file a location names; None, with the problem noted, when there is none to use."""
        try:
            parts = urlsplit(location)
            relative = unquote(parts.path)
            remote = bool(parts.scheme or parts.netloc or relative.startswith("/"))
            beside = source.parent / (relative.rsplit("/", 1)[-1] or "\0")
            target = (source.parent / relative).resolve()
            found = not remote and target.is_file()
            if not found and beside.is_file():
                target = beside.resolve()
                self._documents.repairs.append(
                    f"{where}: import of {location}: used {self._name(target)}, which lies beside it"
                )
                found = True
        except ValueError:  # a malformed URL, or a NUL in a path
            remote = found = False
        if not found:
            reason = "is not fetched; put a copy beside this file" if remote else "does not exist"
            self._leave_out(f"{where}: import of {location}: {reason}")
            return None
        if not target.is_relative_to(self._root):
            self._leave_out(f"{where}: import of {location}: lies outside {self._root}")
            return None
        return target

    def _leave_out(self, problem: str) -> None:
        """Note an import that is not followed, also among what people are told."""
        self._documents.problems.append(problem)
        self._documents.repairs.append(f"{problem}; left out")

    def _note_doctype(self, path: Path, root: etree._Element) -> None:
        info: Any = root.getroottree().docinfo  # the stubs know none of its members
        if not info.doctype:
            return
        left_out = f"; {info.system_url!r} is not read" if info.system_url else ""
        self._documents.repairs.append(
            f"{self._name(path)}: has a document type declaration, which is not needed{left_out}"
        )

    def _parse(self, path: Path) -> etree._Element | str:
        """The root element, or what is wrong with the file."""
        try:
            if path.stat().st_size > MAX_DOCUMENT_BYTES:
                return f"is larger than {MAX_DOCUMENT_BYTES} bytes"
            content = path.read_bytes()
            return etree.fromstring(content, _parser(recover=False))
        except etree.XMLSyntaxError as error:
            root = self._recovered(path, content)
            return f"cannot be read: {error.msg}" if root is None else root
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _recovered(self, path: Path, content: bytes) -> etree._Element | None:
        """The root of a file whose only fault is a prefix that is not declared (often on a vendor's
        attribute, where it does not matter)."""
        parser = _parser(recover=True)
        try:
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError:
            return None
        if root is None or any(error.domain != etree.ErrorDomains.NAMESPACE for error in parser.error_log):
            return None
        for error in parser.error_log:
            self._documents.repairs.append(f"{self._name(path)}:{error.line}: {error.message}; ignored")
        return root

    def _name(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else str(path)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]  # lxml 5 and newer; the stubs are older
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
