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
# Why a case comes out otherwise. The rules are those of XML Schema 1.0, Part 1: Structures.
TABLES = """§3.11.5: the node table of an element has the keys of the elements inside of it, of all of them
where they differ, so that both references are found"""
UNUSED = "by no element; what is wrong in a schema is told of the elements that need it"
REDEFINED = "§4.2.2: xs:redefine is not supported; what it redefines, and all that needs it, is refused"
NO_NAMESPACE = """§3.15.3: a name without a namespace is taken for one of the schema's own namespace, and that
is reported: schemas of services have this mistake, and there is nothing else that it could mean"""
NOT_IMPORTED = "§3.15.3: a namespace that a document has is taken as imported, and that is reported"
DECLARED_TWICE = "§3.15.6: of two equal declarations in documents that include each other one is taken"
OVERLAP = """§3.8.6, unique attribution of a wildcard and an element, is for readers without lookahead; here
the element comes before the wildcard, as in 1.1"""
ORDER_OF_CHOICE = """§3.9.6: the members of a choice stand in another order than those of the base. What is
checked is the restricted content model, which says exactly what may be there"""
MIN_VERSION = "XSD 1.1: the schema says by vc:minVersion that it needs that"
ALTERNATIVES = "XSD 1.1: an element with xs:alternative is refused, since its base type would let in more"
DEFAULT_ATTRIBUTES = """XSD 1.1: defaultAttributes is an attribute of xs:schema itself, and passed over;
documents with such attributes are refused, so no more is let in"""
EXCEPTIONS = {
    "examples/collection/collection3bis.xml": TABLES,
    "features/attributes/default_attributes.xsd": DEFAULT_ATTRIBUTES,
    "features/attributes/default_attributes-missing_group.xsd 1.1": DEFAULT_ATTRIBUTES,
    "features/derivations/complex11-restrictions.xsd 1.1": "XSD 1.1: restriction is freer (1.0: §3.9.6)",
    "features/derivations/list_types.xsd": f"Part 2 §2.5.1.2: the list of lists is used {UNUSED}",
    "features/derivations/invalid-restrictions1.xsd": f"§3.9.6: each of the types is used {UNUSED}",
    "features/derivations/invalid-restrictions1.xsd 1.1": f"§3.9.6: each of the types is used {UNUSED}",
    "features/elements/type_alternatives.xsd 1.1": ALTERNATIVES,
    "features/elements/type_alternatives-no-ns.xsd 1.1": ALTERNATIVES,
    "features/elements/test_alternatives-1.xml 1.1": ALTERNATIVES,
    "features/models/invalid_models1.xsd": f"§3.8.6: each of the types is used {UNUSED}",
    "features/models/invalid_models2.xsd": OVERLAP,
    "features/models/recursive-groups.xsd": f"§3.8.6: the groups that hold themselves are used {UNUSED}",
    "features/namespaces/default_ns_invalid.xsd": NO_NAMESPACE,
    "features/namespaces/import-case2.xsd": NOT_IMPORTED,
    "features/namespaces/include-case6.xsd": NO_NAMESPACE,
    "features/namespaces/include-case7.xsd": DECLARED_TWICE,
    "features/namespaces/include-case8.xsd": REDEFINED,
    "features/namespaces/included8-redefine.xsd": REDEFINED,
    "issues/issue_018/issue_018.xsd 1.1": ALTERNATIVES,
    "issues/issue_018/issue_018-1.xml 1.1": ALTERNATIVES,
    "issues/issue_203/issue_203.xsd": ORDER_OF_CHOICE,
    "issues/issue_243/issue_243.xml 1.1": MIN_VERSION,
    "issues/issue_245/issue_245-valid.xml 1.1": MIN_VERSION,
    "issues/issue_259/issue_259-2.xsd 1.1": REDEFINED,
    "issues/issue_265/issue_265-2-override.xsd 1.1": "XSD 1.1: xs:override",
    "issues/issue_311/correct_no_list.xml 1.1": MIN_VERSION,
    "issues/issue_311/incorrect_with_list.xml 1.1": MIN_VERSION,
    "issues/issue_349/issue_349.xml 1.1": MIN_VERSION,
    "issues/issue_437/issue_437-1.xml 1.1": "XSD 1.1: groups in an xs:all",
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
