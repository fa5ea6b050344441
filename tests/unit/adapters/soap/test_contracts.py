"""Reading contracts: what is served, what is mended, what is missing and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydantic import ValidationError

from adapters import registry
from adapters.contract import AdapterContext, Binding, JsonShape
from adapters.settings import SettingsError
from adapters.soap import SoapAdapter
from adapters.soap.service import Service
from gateway.config.safety import relaxed_fields
from tests.peers.soap import WSDL
from tests.unit.adapters.soap.conftest import settings_of

ORDERS = WSDL.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration folder with a copy of the contract."""
    shutil.copytree(ORDERS, tmp_path / "erp")
    return tmp_path


def change(path: Path, *replacements: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def read(folder: Path, **raw: Any) -> Service:
    settings = settings_of({"wsdl": "erp/OrderService.wsdl", "safe": [], **raw}, folder)
    return Service.read(settings, AdapterContext("erp", folder))


def missing(service: Service) -> dict[str, str]:
    return {operation.name: operation.reason for operation in service.missing}


# --- what a sound contract gives ---------------------------------------------------------------------


def test_registry_knows_it() -> None:
    assert registry.load("soap").create is SoapAdapter


def test_operations(folder: Path) -> None:
    service = read(folder, safe=["GetOrder", "Ping"], idempotent=["CancelOrder"])
    assert list(service.operations) == [
        "CreateOrder", "GetOrder", "ListItems", "CancelOrder", "Echo", "Ping", "NotifyShipment",
    ]  # fmt: skip
    described = {name: operation.described for name, operation in service.operations.items()}
    assert described["GetOrder"].bindings == (
        Binding(method="POST", path="/GetOrder"),
        Binding(method="GET", path="/GetOrder", query_as_body=True),
    )
    assert described["GetOrder"].safe
    assert described["GetOrder"].idempotent
    # A text cannot be put into a query string's members.
    assert described["Ping"].bindings == (Binding(method="POST", path="/Ping"),)
    assert (described["CancelOrder"].safe, described["CancelOrder"].idempotent) == (False, True)
    assert described["CreateOrder"].summary == "Takes an order."
    assert described["CreateOrder"].description == "Takes an order. The reply tells its number."
    assert described["Echo"].summary == "Gives back what it was given."
    assert described["Ping"].summary == "Ping"
    assert [fault.code for fault in described["CancelOrder"].faults] == ["OrderNotFound", "OrderClosed"]
    assert isinstance(described["Ping"].reply, JsonShape)
    assert described["Ping"].reply.schema["type"] == "string"
    assert service.endpoint == "http://127.0.0.1:8100/orders"


def test_operations_that_cannot_be_offered_cost_only_themselves(folder: Path) -> None:
    reasons = missing(read(folder))
    assert reasons["LegacyReport"] == "it is rpc/literal; this version speaks document/literal"
    assert "DoesNotExist" in reasons["Broken"]
    assert set(reasons) == {"LegacyReport", "Broken"}


# --- imports -----------------------------------------------------------------------------------------


def test_file_beside_the_wsdl_stands_in_for_a_url(folder: Path) -> None:
    change(
        folder / "erp" / "OrderService.wsdl",
        ('"schema/messages.xsd"', '"http://schemas.example/v3/messages.xsd"'),
    )
    assert set(missing(read(folder))) > {"CreateOrder", "Ping"}
    for name in ("messages.xsd", "types.xsd", "money.xsd"):
        shutil.copy(folder / "erp" / "schema" / name, folder / "erp" / name)
    service = read(folder)
    assert "CreateOrder" in service.operations
    assert any("http://schemas.example/v3/messages.xsd: used erp/messages.xsd" in r for r in service.repairs)


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        pytest.param("http://schemas.example/other.xsd", "is not fetched", id="url"),
        pytest.param("https://schemas.example/other.xsd?wsdl=1", "is not fetched", id="url-with-query"),
        pytest.param("file:///etc/passwd", "is not fetched", id="file-url"),
        pytest.param("/etc/passwd", "is not fetched", id="absolute-path"),
        pytest.param("//server/share/other.xsd", "is not fetched", id="network-path"),
        pytest.param("nothing.xsd", "does not exist", id="no-file"),
        pytest.param("../../../outside.xsd", "lies outside", id="outside"),
        pytest.param("http://[broken", "does not exist", id="malformed-url"),
        pytest.param("a%00b.xsd", "does not exist", id="nul"),
    ],
)
def test_import_that_is_not_followed(folder: Path, location: str, problem: str) -> None:
    (folder / "conf").mkdir()
    shutil.move(folder / "erp", folder / "conf" / "erp")
    (folder / "outside.xsd").write_text((ORDERS / "schema" / "types.xsd").read_text())
    change(
        folder / "conf" / "erp" / "schema" / "messages.xsd",
        ('schemaLocation="types.xsd"', f'schemaLocation="{location}"'),
    )
    service = read(folder / "conf")
    assert any(location in line and problem in line for line in service.problems), service.problems
    assert any(location in line and "left out" in line for line in service.repairs), service.repairs
    # Ping and CancelOrder need nothing of it.
    assert {"Ping", "CancelOrder", "ListItems"} & set(service.operations) == {"Ping", "CancelOrder"}
    assert "types" in missing(service)["CreateOrder"]


def test_symlink_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "conf").mkdir()
    shutil.move(folder / "erp", folder / "conf" / "erp")
    types = folder / "conf" / "erp" / "schema" / "types.xsd"
    shutil.move(types, folder / "secret.xsd")
    types.symlink_to(folder / "secret.xsd")
    assert any("lies outside" in problem for problem in read(folder / "conf").problems)


def test_imports_in_a_circle(folder: Path) -> None:
    change(
        folder / "erp" / "schema" / "types.xsd",
        (
            '<xsd:include schemaLocation="money.xsd"/>',
            '<xsd:include schemaLocation="money.xsd"/>'
            '<xsd:import namespace="urn:example:orders:messages" schemaLocation="messages.xsd"/>',
        ),
    )
    assert "CreateOrder" in read(folder).operations


def test_wsdl_split_over_files(folder: Path) -> None:
    whole = (folder / "erp" / "OrderService.wsdl").read_text()
    start = whole.index("  <wsdl:service")
    service = whole[start : whole.index("</wsdl:definitions>")]
    (folder / "erp" / "abstract.wsdl").write_text(whole.replace(service, ""))
    head = whole[: whole.index("<wsdl:types>")]
    statement = '<wsdl:import namespace="urn:example:orders:service" location="abstract.wsdl"/>'
    joined = f"{head}{statement}{service}</wsdl:definitions>"
    (folder / "erp" / "OrderService.wsdl").write_text(joined)
    assert "CreateOrder" in read(folder).operations


# --- sloppy and broken contracts ---------------------------------------------------------------------

Mutation: TypeAlias = Callable[[str], str]

BODY = '<wsdl:input><soap:body use="literal"/></wsdl:input>'
PING_PART = '<wsdl:part name="text" element="m:Ping"/>'
PING_BINDING = '<soap:operation soapAction="urn:example:orders/Ping"/>\n      <wsdl:input><soap:body'
ATTACHMENTS = '<mime:multipartRelated xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/"/>'
CLOSED = '<wsdl:fault name="OrderClosed" message="tns:OrderClosed"/>'
ADDRESS = '<soap:address location="http://127.0.0.1:8100/orders"/>'
OTHER_PORT = '<wsdl:port name="Other" binding="tns:OrdersSoap"><soap:address location="http://b.example/"/></wsdl:port>'


def swap(old: str, new: str, count: int = -1) -> Mutation:
    return lambda text: text.replace(old, new, count)


BROKEN: dict[str, tuple[Mutation, str, str]] = {
    "message-missing": (
        swap('<wsdl:input message="tns:PingRequest"/>', '<wsdl:input message="tns:Nope"/>'),
        "Ping",
        "message 'tns:Nope'",
    ),
    "operation-not-in-port-type": (
        swap('<wsdl:operation name="Ping">', '<wsdl:operation name="Pong">', 1),
        "Ping",
        "no operation of this name",
    ),
    "operation-not-in-binding": (
        swap('<wsdl:operation name="Ping">', '<wsdl:operation name="Pong">', 1),
        "Pong",
        "leaves it out",
    ),
    "two-body-parts": (
        swap(PING_PART, PING_PART + PING_PART.replace("text", "more")),
        "Ping",
        "2 parts in the body (text, more)",
    ),
    "part-by-type": (
        swap(PING_PART, '<wsdl:part name="text" type="xsd:string"/>'),
        "Ping",
        "names a type, not an element",
    ),
    "encoded": (swap(BODY, BODY.replace("literal", "encoded")), "Ping", "document/encoded"),
    "overloaded": (
        swap('<wsdl:operation name="Echo">', '<wsdl:operation name="Ping">'),
        "Ping",
        "overloaded",
    ),
    "action-with-line-break": (
        swap('"urn:example:orders/Ping"', '"a&#13;&#10;X-Injected: 1"'),
        "Ping",
        "soapAction",
    ),
    "attachments": (swap(BODY, f"<wsdl:input>{ATTACHMENTS}</wsdl:input>"), "Ping", "multipart"),
    "name-that-is-no-path": (swap('"Ping"', '"../{x}"'), "../{x}", "segment of a path"),
    "soap-1.2": (swap("org/wsdl/soap/", "org/wsdl/soap12/"), "Ping", "soap 1.2"),
    "port-type-missing": (
        swap('type="tns:Orders"', 'type="tns:Nothing"'),
        "Ping",
        "portType 'tns:Nothing'",
    ),
}


@pytest.mark.parametrize(
    ("mutate", "operation", "reason"), [pytest.param(*case, id=name) for name, case in BROKEN.items()]
)
def test_broken_operation(folder: Path, mutate: Mutation, operation: str, reason: str) -> None:
    path = folder / "erp" / "OrderService.wsdl"
    before = path.read_text()
    path.write_text(mutate(before))
    assert path.read_text() != before
    assert reason in missing(read(folder))[operation]


MENDED: dict[str, tuple[Mutation, str]] = {
    "wrong-prefix": (swap('message="tns:PingRequest"', 'message="m:PingRequest"'), "local name"),
    "no-prefix": (swap('binding="tns:OrdersSoap"', 'binding="OrdersSoap"'), "local name"),
    "undeclared-prefix": (swap('name="Orders">', 'name="Orders" x:usage="y">'), "ignored"),
    "wrong-part-named": (swap(PING_BINDING, PING_BINDING + ' parts="body"'), "the only part"),
    "fault-message-missing": (swap(CLOSED, CLOSED.replace("tns:OrderClosed", "tns:Lost")), "left untyped"),
    "header-message-missing": (swap('"tns:TraceHeader"', '"tns:NoHeader"'), "a header left out"),
    "header-part-missing": (swap('part="trace"', 'part="track"'), "a header left out"),
    "use-left-out": (swap(' use="literal"', ""), ""),
    "style-left-out": (swap('<soap:binding style="document"', "<soap:binding"), ""),
    "no-target-namespace": (swap(' targetNamespace="urn:example:orders:service"', ""), "local name"),
}


@pytest.mark.parametrize(
    ("mutate", "repair"), [pytest.param(*case, id=name) for name, case in MENDED.items()]
)
def test_mended_contract(folder: Path, mutate: Mutation, repair: str) -> None:
    path = folder / "erp" / "OrderService.wsdl"
    before = path.read_text()
    path.write_text(mutate(before))
    assert path.read_text() != before
    service = read(folder)
    assert {"Ping", "CreateOrder", "CancelOrder"} <= set(service.operations)
    assert any(repair in line for line in service.repairs) or not repair


# --- settings ----------------------------------------------------------------------------------------


def with_doctype(internal: str, reference: str) -> Mutation:
    def mutate(text: str) -> str:
        declared = text.replace("<wsdl:definitions", f"<!DOCTYPE d [{internal}]><wsdl:definitions", 1)
        return declared.replace("Takes an order.", reference)

    return mutate


@pytest.mark.parametrize(
    ("declaration", "note"),
    [
        pytest.param("<!DOCTYPE d [<!ENTITY w 'Takes'>]>", "has a document type declaration", id="internal"),
        pytest.param('<!DOCTYPE d SYSTEM "secret.dtd">', "'secret.dtd' is not read", id="external"),
        pytest.param('<!DOCTYPE d PUBLIC "p" "http://127.0.0.1:1/d.dtd">', "is not read", id="remote"),
    ],
)
@pytest.mark.parametrize("file", ["OrderService.wsdl", "schema/types.xsd"])
def test_document_types_are_told(folder: Path, file: str, declaration: str, note: str) -> None:
    (folder / "erp" / "secret.dtd").write_text("this is no DTD: whoever reads it fails")
    path = folder / "erp" / file
    text = path.read_text()
    start = text.index("<", text.index("?>"))
    path.write_text(text[:start] + declaration + text[start:])
    service = read(folder)
    assert "CreateOrder" in service.operations
    assert any(f"erp/{file}" in line and note in line for line in service.repairs), service.repairs


_LEVELS = "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
SAME: Mutation = str

BAD_CONTRACTS: dict[str, tuple[Mutation, dict[str, Any], str]] = {
    "no-xml": (lambda _: "hello", {}, "cannot be read"),
    "empty": (lambda _: "", {}, "cannot be read"),
    "html": (lambda _: "<html><body/></html>", {}, "is not a WSDL 1.1 file but <html>"),
    "wsdl-2.0": (lambda _: '<description xmlns="http://www.w3.org/ns/wsdl"/>', {}, "is not a WSDL 1.1 file"),
    "entity-bomb": (with_doctype("<!ENTITY a 'aaaaaaaaaa'>" + _LEVELS, "&j;"), {}, "cannot be read"),
    "external-entity": (with_doctype('<!ENTITY e SYSTEM "/etc/passwd">', "&e;"), {}, "cannot be read"),
    "no-ports": (
        lambda text: text[: text.index("<wsdl:binding")] + "</wsdl:definitions>",
        {},
        "no port",
    ),
    "unknown-service": (
        SAME,
        {"service": "Orders"},
        'has no service "Orders"; it has service "OrderService"',
    ),
    "unknown-port": (SAME, {"port": "P"}, 'has no port "P"'),
    "no-address": (swap(ADDRESS, ""), {}, "endpoint: the WSDL has no address"),
    "placeholder-address": (
        swap("http://127.0.0.1:8100/orders", "REPLACE_WITH_ACTUAL_URL"),
        {},
        'endpoint: the WSDL\'s address "REPLACE_WITH_ACTUAL_URL" is not a URL',
    ),
    "several-ports": (
        swap("</wsdl:service>", OTHER_PORT + "</wsdl:service>"),
        {},
        'say which by service and port: service "OrderService" port "OrdersPort"',
    ),
    "unknown-safe": (
        SAME,
        {"safe": ["GetOrdr"]},
        'safe.0: the contract has no operation "GetOrdr"; did you mean "GetOrder"',
    ),
    "unknown-idempotent": (
        SAME,
        {"idempotent": ["Zap"]},
        'idempotent.0: the contract has no operation "Zap"',
    ),
}


@pytest.mark.parametrize(
    ("mutate", "raw", "message"), [pytest.param(*case, id=name) for name, case in BAD_CONTRACTS.items()]
)
def test_unusable_contract(folder: Path, mutate: Mutation, raw: dict[str, Any], message: str) -> None:
    path = folder / "erp" / "OrderService.wsdl"
    path.write_text(mutate(path.read_text()))
    with pytest.raises(SettingsError) as raised:
        read(folder, **raw)
    assert raised.value.key
    said = f"{'.'.join(map(str, raised.value.key))}: {raised.value}"
    assert message in said
    assert "<string>" not in said


def test_all_unknown_names_are_found_at_once(folder: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read(folder, safe=["GetOrder", "Nope"], idempotent=["Zap"])
    assert [one.key for one in (raised.value, *raised.value.others)] == [("safe", 1), ("idempotent", 0)]


def test_several_ports_chosen_by_name(folder: Path) -> None:
    change(folder / "erp" / "OrderService.wsdl", ("</wsdl:service>", OTHER_PORT + "</wsdl:service>"))
    assert read(folder, port="Other").endpoint == "http://b.example/"
    assert read(folder, port="Other", endpoint="https://c.example/x").endpoint == "https://c.example/x"


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        pytest.param({"endpoint": "ftp://a.example/"}, "endpoint", id="ftp"),
        pytest.param({"endpoint": "a.example/orders"}, "endpoint", id="no-scheme"),
        pytest.param({"endpoint": "http:///orders"}, "endpoint", id="no-host"),
        pytest.param({"endpoint": "http://user:secret@a.example/"}, "endpoint", id="credentials-in-url"),
        pytest.param({"endpoint": "http://a.example/#x"}, "endpoint", id="fragment"),
        pytest.param({"endpoint": "http://a.example/a b"}, "endpoint", id="space"),
        pytest.param({"endpoint": "http://a.example:99999/"}, "endpoint", id="port"),
        pytest.param({"endpoint": "http://a.example/\r\nX: 1"}, "endpoint", id="line-break"),
        pytest.param({"wsdl": "nothing.wsdl"}, "wsdl", id="no-file"),
        pytest.param({"wsdl": "schema"}, "wsdl", id="folder"),
        pytest.param({"auth": {}}, "auth", id="no-kind-of-auth"),
        pytest.param({"auth": {"basic": {"username": "a:b", "password": "x"}}}, "auth", id="colon"),
        pytest.param({"auth": {"digest": {}}}, "auth", id="unknown-auth"),
        pytest.param({"auth": {"basic": {"username": "a"}}}, "auth", id="no-password"),
        pytest.param({"tls": {"ca": "nothing.pem"}}, "tls", id="no-ca-file"),
        pytest.param({"max_reply_depth": 1000}, "max_reply_depth", id="depth"),
        pytest.param({"wdsl": "x"}, "wdsl", id="unknown-key"),
        pytest.param({"safe": "GetOrder"}, "safe", id="text-for-list"),
    ],
)
def test_bad_settings(raw: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as raised:
        settings_of(raw)
    assert raised.value.errors()[0]["loc"][0] == key
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("raw", "places"),
    [
        ({}, []),
        ({"contract": "strict", "tls": {"verify": True}}, []),
        ({"contract": "tolerant"}, [("contract",)]),
        ({"tls": {"verify": False}}, [("tls", "verify")]),
    ],
    ids=["defaults", "spelled-out", "tolerant", "unverified"],
)
def test_relaxed_settings_are_warned_about(raw: dict[str, Any], places: list[tuple[str, ...]]) -> None:
    found = list(relaxed_fields(settings_of(raw)))
    assert [place for place, _ in found] == places
    assert all(reason for _, reason in found)


def test_password_does_not_show() -> None:
    settings = settings_of({"auth": {"basic": {"username": "u", "password": "hush-hush"}}})
    assert "hush-hush" not in f"{settings!r} {settings}"
