"""The demo's ERP, asked by zeep (which knows nothing of it but its WSDL) and by hand-written envelopes."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from tests.demo.conftest import CONTRACT, erp_server
from tests.peers.process import ServerProcess

NAMESPACE = "http://erp.example.com/orders/v1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def service(session: requests.Session, port: int) -> Any:
    client = zeep.Client(str(CONTRACT / "OrderService.wsdl"), transport=Transport(session=session))
    return client.create_service(
        "{http://erp.example.com/orders/v1/service}OrderBinding", f"http://127.0.0.1:{port}/orders"
    )


@pytest.fixture(scope="module")
def orders(erp: ServerProcess) -> Iterator[Any]:
    with requests.Session() as session:
        session.auth = ("gateway", "sesame")
        yield service(session, erp.port)


def order_line(sku: str = "PU-0001", quantity: str = "2", price: str = "489.00") -> dict[str, Any]:
    return {"sku": sku, "quantity": Decimal(quantity), "unitPrice": Decimal(price)}


def detail_of(fault: zeep.exceptions.Fault) -> etree._Element:
    return fault.detail[0]


def test_ping_tells_version_and_time(orders: Any) -> None:
    answer = orders.Ping()
    assert answer.version == "7.4.2"
    assert answer.time.tzinfo is not None


def test_what_is_created_can_be_read(orders: Any) -> None:
    created = orders.CreateOrder(
        customerId="C-100",
        currency="EUR",
        requestedDelivery=date(2026, 12, 24),
        note="5 < 6 & ä",
        line=[order_line(), order_line("CA-0006", "2.125", "12.80")],
    )
    assert created.total._value_1 == Decimal("1005.20")
    assert created.total.currency == "EUR"
    found = orders.GetOrder(orderId=created.orderId)
    assert (found.note, found.requestedDelivery) == ("5 < 6 & ä", date(2026, 12, 24))
    assert [line.number for line in found.line] == [10, 20]
    assert found.line[1].quantity == Decimal("2.125")
    assert found.payment is None
    assert found.shipment == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({"customerId": "C-101"}, 10, id="customer"),
        pytest.param({"customerId": "C-101", "status": ["SHIPPED"]}, 9, id="customer-and-status"),
        pytest.param({"status": ["SHIPPED", "CANCELLED"]}, 12, id="two-statuses"),
        pytest.param(
            {"orderedFrom": date(2026, 1, 5), "orderedTo": date(2026, 1, 12)}, 2, id="days-included"
        ),
        pytest.param({"orderedTo": date(2025, 12, 31)}, 0, id="none"),
        pytest.param({"orderedTo": date(2026, 10, 31), "limit": 3}, 3, id="limit"),
    ],
)
def test_orders_are_listed_by_filters(orders: Any, filters: dict[str, Any], expected: int) -> None:
    answer = orders.ListOrders(**filters)
    found = answer.order
    assert len(found) == expected
    assert answer.more == ("limit" in filters)
    assert [order.orderedAt for order in found] == sorted((order.orderedAt for order in found), reverse=True)


@pytest.mark.parametrize(
    "payment",
    [
        pytest.param(
            {"card": {"holder": "N. W.", "lastDigits": "0042", "expires": (2028, 11, None)}}, id="card"
        ),
        pytest.param({"bankTransfer": {"iban": "DE02120300000000202051"}}, id="bank-transfer"),
        pytest.param({"invoice": {"dueInDays": 14, "purchaseOrder": "PO-1"}}, id="invoice"),
    ],
)
def test_each_way_of_payment_is_kept(orders: Any, payment: dict[str, Any]) -> None:
    order = orders.CreateOrder(customerId="C-100", currency="EUR", line=[order_line(quantity="1")])
    assert order.status == "OPEN"
    assert orders.SetPayment(orderId=order.orderId, payment=payment).status == "CONFIRMED"
    found = orders.GetOrder(orderId=order.orderId).payment
    (way,) = payment
    assert {name: found[way][name] for name in payment[way]} == payment[way]
    assert [other for other in ("card", "bankTransfer", "invoice") if found[other] is not None] == [way]


def test_a_shipment_is_told_one_way(orders: Any) -> None:
    order = orders.CreateOrder(customerId="C-100", currency="EUR", line=[order_line(quantity="1")])
    shipment = {
        "carrier": "Post",
        "trackingNumber": "P1",
        "shippedAt": "2026-11-23T08:00:00Z",
        "weight": {"_value_1": Decimal("18.500"), "unit": "lb"},
    }
    assert orders.NotifyShipment(orderId=order.orderId, shipment=shipment) is None
    found = orders.GetOrder(orderId=order.orderId)
    assert (found.status, found.revision) == ("SHIPPED", 2)
    assert (found.shipment[0].weight._value_1, found.shipment[0].weight.unit) == (Decimal("18.500"), "lb")


def test_customers_are_changed_and_emails_removed_by_nil(orders: Any) -> None:
    changed = orders.UpdateCustomer(
        customerId="C-102", email=zeep.xsd.Nil, creditLimit={"_value_1": "1.50", "currency": "GBP"}
    )
    assert (changed.email, changed.creditLimit._value_1) == (None, Decimal("1.50"))
    kept = orders.UpdateCustomer(customerId="C-102", email="new@pennine.example")
    assert (kept.email, kept.creditLimit._value_1) == ("new@pennine.example", Decimal("1.50"))


@pytest.mark.parametrize(
    ("operation", "arguments", "detail"),
    [
        pytest.param("GetOrder", {"orderId": "SO-9999"}, "OrderNotFound", id="no-order"),
        pytest.param("GetCustomer", {"customerId": "C-999"}, "CustomerNotFound", id="no-customer"),
        pytest.param(
            "CreateOrder",
            {"customerId": "C-999", "currency": "EUR", "line": [order_line()]},
            "InvalidOrder",
            id="order-of-nobody",
        ),
        pytest.param(
            "CreateOrder",
            {"customerId": "C-100", "currency": "USD", "line": [order_line()]},
            "InvalidOrder",
            id="foreign-currency",
        ),
        pytest.param(
            "CreateOrder",
            {"customerId": "C-103", "currency": "USD", "line": [order_line()]},
            "InvalidOrder",
            id="blocked-account",
        ),
        pytest.param(
            "CreateOrder",
            {"customerId": "C-100", "currency": "EUR", "line": [order_line(), order_line()]},
            "InvalidOrder",
            id="article-twice",
        ),
        pytest.param(
            "CreateOrder",
            {"customerId": "C-104", "currency": "EUR", "line": [order_line()]},
            "CreditLimitExceeded",
            id="credit-limit",
        ),
        pytest.param("CancelOrder", {"orderId": "SO-1002"}, "InvalidOrder", id="cancel-shipped"),
        pytest.param(
            "SetPayment",
            {"orderId": "SO-1013", "payment": {"invoice": {"dueInDays": 30}}},
            "InvalidOrder",
            id="pay-cancelled",
        ),
    ],
)
def test_declared_faults(orders: Any, operation: str, arguments: dict[str, Any], detail: str) -> None:
    with pytest.raises(zeep.exceptions.Fault) as raised:
        orders[operation](**arguments)
    assert raised.value.code == "soap:Client"
    element = detail_of(raised.value)
    assert element.tag == f"{{{NAMESPACE}}}{detail}"
    etree.XMLSchema(etree.parse(CONTRACT / "orders.xsd")).assertValid(element)


def test_cancelling_twice_changes_nothing(orders: Any) -> None:
    order = orders.CreateOrder(customerId="C-100", currency="EUR", line=[order_line(quantity="1")])
    first = orders.CancelOrder(orderId=order.orderId, reason="changed my mind")
    again = orders.CancelOrder(orderId=order.orderId)
    assert (first.status, again.status) == ("CANCELLED", "CANCELLED")
    assert first.revision == again.revision


def envelope(body: str, header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns="{NAMESPACE}">{header}<s:Body>{body}</s:Body></s:Envelope>'
    ).encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "Client", id="empty"),
        pytest.param(b"<Envelope", "Client", id="not-well-formed"),
        pytest.param(b'<!DOCTYPE s [<!ENTITY e "x">]><s>&e;</s>', "Client", id="dtd"),
        pytest.param(b"<Ping/>", "VersionMismatch", id="no-envelope"),
        pytest.param(
            envelope("").replace(SOAP.encode(), b"urn:other"), "VersionMismatch", id="other-envelope"
        ),
        pytest.param(
            envelope("<Ping/>").replace(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"),
            "VersionMismatch",
            id="soap-1.2",
        ),
        pytest.param(
            envelope("<Ping/>", '<s:Header><t xmlns="urn:t" s:mustUnderstand="1"/></s:Header>'),
            "MustUnderstand",
            id="must-understand",
        ),
        pytest.param(envelope(""), "Client", id="empty-body"),
        pytest.param(envelope("<Ping/><Ping/>"), "Client", id="two-bodies"),
        pytest.param(envelope("<PingResponse/>"), "Client", id="invalid-element"),
        pytest.param(
            envelope("<OrderNotFound><orderId>SO-1001</orderId></OrderNotFound>"),
            "Client",
            id="not-an-operation",
        ),
        pytest.param(envelope("<GetOrder><orderId>1001</orderId></GetOrder>"), "Client", id="pattern"),
        pytest.param(envelope("<GetOrder/>"), "Client", id="missing-element"),
        pytest.param(envelope("<ListOrders><status>LOST</status></ListOrders>"), "Client", id="enumeration"),
    ],
)
def test_bad_requests_are_client_faults(erp: ServerProcess, data: bytes, code: str) -> None:
    status, _, answer = post(erp.port, data)
    assert status == 500
    fault = etree.fromstring(answer).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert fault is not None
    assert fault.findtext("faultcode") == f"soap:{code}"
    assert fault.findtext("faultstring")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Authorization": ""}, 401, id="no-credentials"),
        pytest.param({"Authorization": "Basic Z2F0ZXdheTp3cm9uZw=="}, 401, id="wrong-password"),
        pytest.param({"Content-Type": "application/soap+xml"}, 415, id="content-type-of-1.2"),
    ],
)
def test_http_refusals(erp: ServerProcess, headers: dict[str, str], status: int) -> None:
    assert post(erp.port, envelope("<Ping/>"), headers)[0] == status


def test_one_way_answers_202_and_nothing(erp: ServerProcess) -> None:
    body = (
        "<NotifyShipment><orderId>SO-1003</orderId><shipment><carrier>P</carrier>"
        "<trackingNumber>1</trackingNumber><shippedAt>2026-11-23T08:00:00Z</shippedAt></shipment></NotifyShipment>"
    )
    status, _, answer = post(erp.port, envelope(body))
    assert (status, answer) == (202, b"")


def test_the_contract_is_served(erp: ServerProcess) -> None:
    with requests.Session() as session:
        assert session.get(f"http://127.0.0.1:{erp.port}/orders?wsdl").text.startswith("<?xml")
        assert "OrderSummary" in session.get(f"http://127.0.0.1:{erp.port}/orders.xsd").text


def test_orders_survive_a_kill(tmp_path: Path) -> None:
    server = erp_server(tmp_path)
    server.start()
    try:
        with requests.Session() as session:
            session.auth = ("gateway", "sesame")
            orders = service(session, server.port)
            order = orders.CreateOrder(customerId="C-100", currency="EUR", line=[order_line()])
            server.kill()
            server.start()
            assert orders.GetOrder(orderId=order.orderId).total._value_1 == Decimal("978.00")
    finally:
        server.stop()


def post(port: int, data: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any, bytes]:
    account = base64.b64encode(b"gateway:sesame").decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "POST",
            "/orders",
            data,
            {
                "Content-Type": "text/xml; charset=utf-8",
                "Authorization": f"Basic {account}",
                **(headers or {}),
            },
        )
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_an_invoice_is_paid_once_for_each_reference(orders: Any) -> None:
    invoice = orders.GetInvoice(invoiceNo="INV-3002")
    assert (invoice.status, invoice.lastPaidOn) == ("OPEN", None)
    half = Decimal("100.00")
    payment = {"invoiceNo": "INV-3002", "paidOn": date(2026, 11, 23), "amount": half, "reference": "R-1"}
    for _ in range(2):
        paid = orders.MarkInvoicePaid(**payment)
        assert (paid.status, paid.paid._value_1, paid.paid.currency) == ("PARTLY_PAID", half, "EUR")
    rest = invoice.amount._value_1 - half
    paid = orders.MarkInvoicePaid(**(payment | {"amount": rest, "reference": "R-2"}))
    assert (paid.status, paid.lastPaidOn) == ("PAID", date(2026, 11, 23))


def test_an_unknown_invoice_is_a_declared_fault(orders: Any) -> None:
    with pytest.raises(zeep.exceptions.Fault, match="no invoice INV-9999") as caught:
        orders.GetInvoice(invoiceNo="INV-9999")
    assert etree.QName(detail_of(caught.value)).localname == "InvoiceNotFound"
