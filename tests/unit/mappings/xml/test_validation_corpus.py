"""Another project's validation cases: what it calls valid is read here, and what it calls invalid is not.

Each case is a schema, which here has to make a format, or a document, which is one record of the format that
its schema makes. `EXCEPTIONS` has the cases that come out otherwise, with the reason; one that agrees after
all fails.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mappings.contract import MappingError
from mappings.xml.parse import parse_xml
from tests.corpus import CORPUS, needs
from tests.unit.mappings.xml.test_format_corpus import format_of, read

FOLDER = CORPUS / "xml" / "xmlschema" / "test_cases"
pytestmark = needs(FOLDER)

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
XSD_1_1 = "XSD 1.1: what that version adds (assertions, alternatives, open content, override) is not read"
IDENTITY = "key, keyref and unique are about a whole document; records are checked one by one"
REDEFINED = "xs:redefine is not supported, and refused where its types are used"
UNUSED = (
    "what is wrong in a schema is told where it is used; elements that do not need it are read and written"
)
MENDED = "a mistake in the schema that says what is meant all the same: the schemas of services have many"
EXCEPTIONS = {
    "examples/collection/collection2.xml": IDENTITY,
    "examples/collection/collection3.xml": IDENTITY,
    "examples/collection/collection3bis.xml": IDENTITY,
    "features/attributes/default_attributes.xsd": XSD_1_1,
    "features/attributes/default_attributes-missing_group.xsd 1.1": XSD_1_1,
    "features/derivations/complex11-restrictions.xsd 1.1": XSD_1_1,
    "features/derivations/list_types.xsd": UNUSED,
    "features/derivations/invalid-restrictions1.xsd": UNUSED,
    "features/derivations/invalid-restrictions1.xsd 1.1": UNUSED,
    "features/elements/type_alternatives.xsd": XSD_1_1,
    "features/models/illegal-occurs.xsd": UNUSED,
    "features/models/invalid_models1.xsd": UNUSED,
    "features/models/invalid_models2.xsd": UNUSED,
    "features/models/recursive-groups.xsd": UNUSED,
    "features/namespaces/default_ns_invalid.xsd": MENDED,
    "features/namespaces/import-case2.xsd": MENDED,
    "features/namespaces/include-case6.xsd": MENDED,
    "features/namespaces/include-case7.xsd": MENDED,
    "features/namespaces/include-case8.xsd": REDEFINED,
    "features/namespaces/included8-redefine.xsd": REDEFINED,
    "issues/issue_009/issue_009.xsd": UNUSED,
    "issues/issue_018/issue_018.xsd": XSD_1_1,
    "issues/issue_018/issue_018-1.xml 1.1": XSD_1_1,
    "issues/issue_203/issue_203.xsd": XSD_1_1,
    "issues/issue_243/issue_243.xml 1.1": XSD_1_1,
    "issues/issue_245/issue_245-valid.xml 1.1": XSD_1_1,
    "issues/issue_259/issue_259-2.xsd 1.1": XSD_1_1,
    "issues/issue_265/issue_265-2-override.xsd 1.1": XSD_1_1,
    "issues/issue_311/correct_no_list.xml 1.1": XSD_1_1,
    "issues/issue_311/incorrect_with_list.xml 1.1": XSD_1_1,
    "issues/issue_349/issue_349.xml 1.1": XSD_1_1,
    "issues/issue_437/issue_437-1.xml 1.1": XSD_1_1,
}


def _cases() -> list[tuple[str, list[str]]]:
    """Each line's words, with the name of the case: the path, and the version where it is 1.1."""
    if not FOLDER.is_dir():
        return []
    text = (FOLDER / "testfiles").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.partition(" #")[0].strip() for line in text.splitlines() if not line.startswith("#")]
    words = [shlex.split(line) for line in lines if line]
    return [(one[0] + (" 1.1" if "1.1" in " ".join(one[1:]) else ""), one) for one in words]


CASES = _cases()


def test_every_case_is_looked_at() -> None:
    assert len(CASES) == 135
    assert EXCEPTIONS.keys() <= {name for name, _ in CASES}


def _is_good_schema(path: Path) -> bool:
    """True where a format can be made of it, by one of its elements."""
    try:
        format_of(path)
    except ValueError as error:
        return str(error).startswith("root: is required")
    return True


def _is_good_document(path: Path, words: list[str]) -> bool:
    data = path.read_bytes()
    root = parse_xml(data, max_bytes=1 << 24)
    if "-L" in words:
        location = words[words.index("-L") + 2]
    else:
        named = (root.get(f"{XSI}schemaLocation") or "").split()[1::2]
        location = named[0] if named else str(root.get(f"{XSI}noNamespaceSchemaLocation"))
    try:
        codec = format_of(path.parent / location, root=str(root.tag))
    except ValueError:
        return False
    return not any(isinstance(one, MappingError) for one in read(codec, data))


@pytest.mark.parametrize(("name", "words"), CASES, ids=[name for name, _ in CASES])
def test_a_case(name: str, words: list[str]) -> None:
    errors = re.search(r"--errors[= ]([0-9]+)", " ".join(words))
    path = FOLDER / words[0]
    is_good = _is_good_schema(path) if path.suffix == ".xsd" else _is_good_document(path, words)
    agrees = is_good == (errors is None or errors[1] == "0")
    assert agrees != (name in EXCEPTIONS), EXCEPTIONS.get(name, "disagrees")
