"""The samples of npm `soap`: requests encoded and replies decoded as that library does, or why not.

Every sample is in exactly one of the tables below. One that agrees is compared whole: the request's envelope
as it is sent, as resolved XML, order kept (of some the body alone: `HEADERS_NOT_COMPARED`), and the reply's
value. One with a reason must really differ, else that is stale.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from adapters.contract import Deadline, Request
from adapters.errors import ProtocolViolation
from adapters.soap import documents, wsdl
from adapters.soap.operations import compile_port
from mappings.contract import MappingError
from mappings.xml import read_schemas
from tests.corpus import CORPUS
from tests.unit.adapters.soap.answers import http
from tests.unit.adapters.soap.conftest import Make, Rogue
from tests.unit.adapters.soap.samples import (
    SAMPLES,
    Sample,
    agree,
    needs_corpus,
    resolved,
    stripped,
    translated,
)

pytestmark = needs_corpus

AGREES = {
    "DefaultNamespace__no_xmlns_prefix_used_for_default_namespace",
    "Dummy__should_extract_envelope_from_response",
    "Dummy__should_handle_cdata_xml_in_response",
    "Dummy__should_handle_datetime_transformation",
    "Dummy__should_handle_minOccurs_and_maxOccurs",
    "Dummy__should_handle_nil_false",
    "Dummy__should_ignore_commented_envelope_in_response",
    "Dummy__should_use_empty_tags_only_when_directed",  # has no reply
    "Dummy__should_use_empty_tags_when_directed",  # has no reply
    "GET_ALL_STORE_NUMBERS__should_work_with_more_deeply_nested_XML_messages_and_security",
    "GetAccountXml__non_xmlns_attributes_should_be_returned",
    "RequestHeaders__omit_element_when_empty",
    "RequestHeaders__propogate_basic_security",
    "RequestHeaders__propogate_basic_security_invalid_options",
    "RequestHeaders__propogate_basic_security_no_timestamp",
    "RequestHeaders__propogate_custom_header",
    "ResponseHeaders__return_soap_headers",
    "execFile__add_default_namespace_prefix",
    "readMetadata__should_support_XMLSchema_Instance_override",
}

AGREES_WHEN_TOLERANT = {
    "Dummy__should_deserialize_basic_types": "the reply lacks two required elements",
    "Dummy__should_handle_nil_as_null": "the reply is nil where that is not allowed",
    "IndienenBericht__should_work_with_deeply_nested_XML_messages": "required elements are left out",
    "SendCDATA__cdata_is_handled_correctly": "the reply's element is in no namespace",
    "SendCDATA__cdata_removes_leading_and_trailing_whitespace_by_default": (
        "the reply's element is in no namespace"
    ),
    "UpdateProfile__correct_namespaces_in_sequence_with_imports": "the request lacks a required element",
}

HEADERS_NOT_COMPARED = {
    "GET_ALL_STORE_NUMBERS__should_work_with_more_deeply_nested_XML_messages_and_security": "WS-Security",
    "RequestHeaders__propogate_basic_security": "WS-Security",
    "RequestHeaders__propogate_basic_security_invalid_options": "WS-Security",
    "RequestHeaders__propogate_basic_security_no_timestamp": "WS-Security",
    "RequestHeaders__propogate_custom_header": "text in the header, which SOAP does not allow",
    # Its reply has a header that the contract does not declare.
    "ResponseHeaders__return_soap_headers": "text in the header, which SOAP does not allow",
}

PORTS = {
    "GET_ALL_STORE_NUMBERS__should_work_with_more_deeply_nested_XML_messages_and_security": "HTTP_Port",
}
"""Which port to call, where the contract has several."""

RPC = "rpc style, not document/literal"
SOAP12 = "SOAP 1.2 binding"
NETSUITE = "the contract's schema platform.faultTypes.xsd is not among the files, or only in part"
WRONG_NAME = "the request has an element that the contract does not have"

DIFFERS = {
    "Dummy__ref_element_should_have_correct_namespace": "the schema misspells xs:simpleType",
    "Dummy__should_add_prefix_for_unqualified_global_elements": "the request has an undeclared attribute",
    "Dummy__should_handle_attributes_in_request": "the request has an undeclared attribute",
    "Dummy__should_handle_inline_types": "upstream's test turns times into minutes by a function of its own",
    "Dummy__should_ignore_custom_defined_namespaces": WRONG_NAME,
    "Dummy__should_parse_nil": "a list of one nil becomes no list at all there",
    "Dummy__should_preserve_leading_and_trailing_whitespace_when_preserveWhitespace_is_true": (
        "the contract uses a type that it does not declare"
    ),
    "Dummy__should_use_defined_value_key": WRONG_NAME,
    "Dummy__should_use_defined_xml_key": "the request has markup where the contract has a string",
    "Dummy__should_work_with_imported_schemas_that_have_aliases": (
        "the contract uses a type that it does not declare"
    ),
    "GetItemInformation__should_ignore_default_namespace_from_schema": (
        "the reply has an element that the contract does not have"
    ),
    "GetSubscription__should_handle_ref_minOccurs_and_maxOccurs": (
        "the reply has an element that the contract does not have"
    ),
    "Message__Messages_suffixed_with_In_Out": RPC,
    "Message__Messages_suffixed_with_Input_Output": RPC,
    "Message__overriding_namespace_prefix": RPC,
    "NoParams__add_correct_namespace_for_operations_without_parameters": RPC,
    "RetrieveFareQuoteDateRange__should_handle_child_namespaces": (
        "the contract uses a type that it does not declare"
    ),
    "SetResource__should_correctly_set_element_if_complex-type_has_same_name": (
        "the contract's reply element is not declared"
    ),
    "UpdateProfile__correct_namespaces_for_elements_with_base_ignorednamespaces": (
        "upstream is told to write a wrong namespace"
    ),
    "UpdateProfile__correct_ns_context": "the request's elements are not in the order of the contract",
    "addList__complex_extension_namespace_for_arrays": NETSUITE,
    "addPrefix__should_add_namespace_on_output_message": RPC,
    "administrate__Complex_json_object_namespace_issue": "the request has an empty text for a boolean",
    "createData__should_generate_complex_type_request": RPC,
    "execFile__valid_xml_generated_on_request_with_complex_type_element_form_default_qualified": SOAP12,
    "execFile__valid_xml_generated_on_request_with_complex_type_element_form_default_unqualified": SOAP12,
    "getAppointmentNumber__should_be_able_to_parse_response": "the contract's elements are not declared",
    "getAttachments__should_handle_MTOM_response": RPC,
    "getAvailability__should_not_fail_without_children": RPC,
    "getMessage__does_not_use_schema_xmlns": WRONG_NAME,
    "get__complex_extension_with_explicit_namespace": NETSUITE,
    "get__complex_extension_without_explicit_namespace": NETSUITE,
    "login__attributes_namespace_should_be_configurable": NETSUITE,
    "login__complex_schema_xmlns_should_be_handled": NETSUITE,
    "login__error_returned_should_contain_root_Json_on_fault": NETSUITE,
    "multiCall__rpc_stype_request_xsi_attributes": RPC,
    "update__complex_extension_fields_in_parent_without_explicit_namespace": NETSUITE,
}


def compare(name: str, *, tolerant: bool) -> None:
    """Raises AssertionError where they differ, LookupError or MappingError where they cannot be made."""
    sample = Sample(SAMPLES / name)
    operation = sample.operation(tolerant=tolerant)
    body = operation.input.body
    assert body is not None, "the operation has no request body"
    request = translated(sample.json("request.json"), body.schema())
    assert resolved(body.encode(request)) == resolved(sample.body("request.xml"))
    if not (sample.folder / "response.xml").exists():
        return
    assert operation.output is not None
    assert operation.output.body is not None, "the operation has no reply body"
    reply = stripped(operation.output.body.decode(sample.body("response.xml")))
    expected = stripped(translated(sample.json("response.json"), operation.output.body.schema()))
    assert agree(reply, expected), f"{reply} is not {expected}"


@pytest.mark.parametrize("name", sorted(AGREES | AGREES_WHEN_TOLERANT.keys()))
async def test_calls_agree_envelope_and_all(name: str, make: Make, rogue: Rogue) -> None:
    """The same through the adapter: the bytes that it sends, and what it makes of those that come."""
    sample = Sample(SAMPLES / name)
    tolerant = name in AGREES_WHEN_TOLERANT
    adapter = make(
        base_dir=sample.folder,
        wsdl="soap.wsdl",
        endpoint=rogue.endpoint,
        contract="tolerant" if tolerant else "strict",
        port=PORTS.get(name),
        safe=[],
    )
    await adapter.connect(Deadline.after(5))
    operation = sample.operation(tolerant=tolerant)
    assert operation.input.body is not None
    request = translated(sample.json("request.json"), operation.input.body.schema())
    has_reply = (sample.folder / "response.xml").exists()
    rogue.answer = (
        http(sample.bytes("response.xml"), kind=sample.content_type) if has_reply else http("", 202)
    )
    call = adapter.call(sample.operation_name, Request(body=request), Deadline.after(5))
    if has_reply:
        assert operation.output is not None
        assert operation.output.body is not None
        reply = stripped((await call).value)
        expected = stripped(translated(sample.json("response.json"), operation.output.body.schema()))
        assert agree(reply, expected), f"{reply} is not {expected}"
    else:
        with pytest.raises(ProtocolViolation, match="empty"):
            await call
    sent = etree.fromstring(rogue.requests[0].partition(b"\r\n\r\n")[2])
    theirs = etree.fromstring(sample.bytes("request.xml"))
    if name in HEADERS_NOT_COMPARED:
        theirs.remove(theirs[0])
    assert resolved(sent) == resolved(theirs)


def test_the_tables_hold_every_sample_once() -> None:
    listed = [*AGREES, *AGREES_WHEN_TOLERANT, *DIFFERS]
    assert len(listed) == len(set(listed))
    assert set(listed) == {folder.name for folder in SAMPLES.iterdir() if folder.is_dir()}
    assert len(AGREES) + len(AGREES_WHEN_TOLERANT) >= 25
    assert set(HEADERS_NOT_COMPARED) <= AGREES


@pytest.mark.parametrize("name", sorted(AGREES))
def test_agrees(name: str) -> None:
    compare(name, tolerant=False)
    root = Sample(SAMPLES / name).body("request.xml").getparent().getparent()
    has_header = len(root) > 1
    assert has_header == (name in HEADERS_NOT_COMPARED)


@pytest.mark.parametrize("name", sorted(AGREES_WHEN_TOLERANT))
def test_agrees_when_tolerant(name: str) -> None:
    compare(name, tolerant=True)
    with pytest.raises((AssertionError, MappingError)):
        compare(name, tolerant=False)


@pytest.mark.parametrize("name", sorted(DIFFERS))
def test_differs(name: str) -> None:
    for tolerant in (False, True):
        with pytest.raises((AssertionError, LookupError, MappingError)):
            compare(name, tolerant=tolerant)


# --- contracts that need only load -------------------------------------------------------------------


def _contracts() -> list[Path]:
    folders = (CORPUS / "soap" / "node-soap" / "wsdl", CORPUS / "soap" / "python-zeep")
    return sorted(path for folder in folders for path in folder.rglob("*.wsdl"))


NOT_WSDL = {"attachments.wsdl": "its definitions element is in a namespace of its own"}


@pytest.mark.parametrize("path", [pytest.param(p, id="/".join(p.parts[-2:])) for p in _contracts()])
def test_contract_loads(path: Path) -> None:
    if path.name in NOT_WSDL:
        with pytest.raises(ValueError, match="is not a WSDL"):
            documents.load(path, path.parent)
        return
    pinned = documents.load(path, path.parent)
    schemas = read_schemas(pinned.schemas)
    for port in wsdl.read(pinned.definitions).ports:
        catalogue = compile_port(port, schemas)
        named = {operation.name for operation in port.operations}
        assert set(catalogue.operations) | {missing.name for missing in catalogue.missing} == named
        assert all(missing.reason for missing in catalogue.missing)


def test_enough_contracts_are_served() -> None:
    """Of 79 contracts 38 serve operations; the others are broken, rpc, encoded, SOAP 1.2 or HTTP bindings, or
    describe no port. When the figure changes, see why."""
    serving = 0
    for path in _contracts():
        if path.name in NOT_WSDL:
            continue
        pinned = documents.load(path, path.parent)
        schemas = read_schemas(pinned.schemas)
        catalogues = [compile_port(port, schemas) for port in wsdl.read(pinned.definitions).ports]
        serving += any(catalogue.operations for catalogue in catalogues)
    assert serving >= 38
