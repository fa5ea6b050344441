"""What the ERP does for each request element: reads it, asks the store, builds the reply element."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from lxml import etree

from gateway.demo.erp.invoices import Invoice
from gateway.demo.erp.messages import NAMESPACE, SoapFault, make, nil
from gateway.demo.erp.store import Customer, Line, Order, Store

VERSION = "7.4.2"


def ping(_store: Store, _request: etree._Element) -> etree._Element:
    """Alive, and which version."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return make("PingResponse", make("version", VERSION), make("time", now))


def get_order(store: Store, request: etree._Element) -> etree._Element:
    """One order whole."""
    order = _wanted_order(store, request)
    element = _summary(order)
    if order.note is not None:
        element.append(make("note", order.note))
    for position, line in enumerate(store.lines(order.number), 1):
        element.append(_line(position * 10, line, order.currency))
    if order.payment is not None:
        element.append(etree.fromstring(order.payment))
    element.extend(etree.fromstring(document) for document in store.shipments(order.number))
    return make("GetOrderResponse", element)


def list_orders(store: Store, request: etree._Element) -> etree._Element:
    """Orders by customer, status and day."""
    first, last = _text(request, "orderedFrom"), _text(request, "orderedTo")
    limit = int(_text(request, "limit") or 50)
    found = store.orders(
        customer=_text(request, "customerId"),
        statuses=[_value(element) for element in request.iterfind(f"{{{NAMESPACE}}}status")],
        first_day=_date(first) if first else None,
        last_day=_date(last) if last else None,
        limit=limit + 1,
    )
    more = "true" if len(found) > limit else "false"
    return make("ListOrdersResponse", *(_summary(order) for order in found[:limit]), make("more", more))


def create_order(store: Store, request: etree._Element) -> etree._Element:
    """A new order, if the account allows it."""
    customer = store.customer(_required(request, "customerId"))
    currency = _required(request, "currency")
    lines = [_new_line(element) for element in request.iterfind(f"{{{NAMESPACE}}}line")]
    if customer is None:
        raise _invalid_order("no such customer")
    if customer.blocked:
        raise _invalid_order(f"account {customer.id} is blocked")
    if currency != customer.currency:
        raise _invalid_order(f"account {customer.id} is kept in {customer.currency}")
    skus = [line.sku for line in lines]
    repeated = [index for index, sku in enumerate(skus, 1) if skus.count(sku) > 1]
    if repeated:
        raise _invalid_order("the same article is on several lines", repeated)
    would_be = store.open_amount(customer.id) + sum((line.amount for line in lines), Decimal(0))
    if would_be > customer.credit_limit:
        limit = _amount("limit", customer.credit_limit, currency)
        detail = make("CreditLimitExceeded", limit, _amount("wouldBe", would_be, currency))
        raise SoapFault("Client", f"credit limit of {customer.id} exceeded", detail)
    delivery = _text(request, "requestedDelivery")
    number = store.add_order(
        customer=customer.id,
        currency=currency,
        ordered_at=datetime.now(UTC),
        requested_delivery=_date(delivery) if delivery else None,
        note=_text(request, "note"),
        lines=lines,
    )
    return make("CreateOrderResponse", _summary(_existing(store, number)))


def set_payment(store: Store, request: etree._Element) -> etree._Element:
    """How the order is paid."""
    order = _wanted_order(store, request)
    if order.status == "CANCELLED":
        raise _invalid_order("the order is cancelled")
    store.set_payment(order.number, _document(request, "payment"))
    return make("SetPaymentResponse", _summary(_existing(store, order.number)))


def cancel_order(store: Store, request: etree._Element) -> etree._Element:
    """Not to be delivered any more; cancelling twice changes nothing."""
    order = _wanted_order(store, request)
    if order.status == "SHIPPED":
        raise _invalid_order("the order has been shipped")
    if order.status != "CANCELLED":
        store.cancel(order.number)
    return make("CancelOrderResponse", _summary(_existing(store, order.number)))


def notify_shipment(store: Store, request: etree._Element) -> None:
    """Goods have left. One-way: an unknown order is nobody's to tell."""
    store.add_shipment(_wanted_order(store, request).number, _document(request, "shipment"))


def get_customer(store: Store, request: etree._Element) -> etree._Element:
    """One account."""
    return make("GetCustomerResponse", _customer(store, _wanted_customer(store, request)))


def update_customer(store: Store, request: etree._Element) -> etree._Element:
    """A changed e-mail address or credit limit."""
    customer = _wanted_customer(store, request)
    if request.find(f"{{{NAMESPACE}}}email") is not None:
        customer = dataclasses.replace(customer, email=_text(request, "email") or None)
    limit = request.find(f"{{{NAMESPACE}}}creditLimit")
    if limit is not None:
        if limit.get("currency") != customer.currency:
            raise SoapFault("Client", f"account {customer.id} is kept in {customer.currency}")
        customer = dataclasses.replace(customer, credit_limit=Decimal(_value(limit)))
    store.put_customer(customer)
    return make("UpdateCustomerResponse", _customer(store, customer))


def get_invoice(store: Store, request: etree._Element) -> etree._Element:
    """One invoice."""
    return make("GetInvoiceResponse", _invoice(_wanted_invoice(store, request)))


def mark_invoice_paid(store: Store, request: etree._Element) -> etree._Element:
    """A payment of an invoice; the same reference counts once."""
    invoice = _wanted_invoice(store, request)
    paid_on, reference = _date(_required(request, "paidOn")), _required(request, "reference")
    store.invoices.pay(invoice.number, Decimal(_required(request, "amount")), paid_on, reference)
    return make("MarkInvoicePaidResponse", _invoice(_wanted_invoice(store, request)))


OPERATIONS: dict[str, Callable[[Store, etree._Element], etree._Element | None]] = {
    f"{{{NAMESPACE}}}{name}": function
    for name, function in {
        "Ping": ping,
        "GetOrder": get_order,
        "ListOrders": list_orders,
        "CreateOrder": create_order,
        "SetPayment": set_payment,
        "CancelOrder": cancel_order,
        "NotifyShipment": notify_shipment,
        "GetCustomer": get_customer,
        "UpdateCustomer": update_customer,
        "GetInvoice": get_invoice,
        "MarkInvoicePaid": mark_invoice_paid,
    }.items()
}


# --- reading requests; they are valid by schema when they come here ---


def _value(element: etree._Element) -> str:
    return (element.text or "").strip()


def _text(request: etree._Element, name: str) -> str | None:
    """The text of a child; None when it is absent, empty text when it is nil."""
    element = request.find(f"{{{NAMESPACE}}}{name}")
    return None if element is None else _value(element)


def _required(request: etree._Element, name: str) -> str:
    return _text(request, name) or ""


def _date(text: str) -> date:
    """xs:date; a time zone after the day does not matter here."""
    return date.fromisoformat(text[:10])


def _document(request: etree._Element, name: str) -> str:
    """A child element as XML text that stands by itself."""
    element = request.find(f"{{{NAMESPACE}}}{name}")
    if element is None:
        raise SoapFault("Client", f"{name} is missing")
    return etree.tostring(element, with_tail=False).decode("ascii")


def _new_line(element: etree._Element) -> Line:
    return Line(
        sku=_required(element, "sku"),
        quantity=Decimal(_required(element, "quantity")),
        unit_price=Decimal(_required(element, "unitPrice")),
        description=_text(element, "description"),
    )


def _wanted_order(store: Store, request: etree._Element) -> Order:
    order_id = _required(request, "orderId")
    order = store.order(int(order_id.removeprefix("SO-")))
    if order is None:
        raise SoapFault("Client", f"no order {order_id}", make("OrderNotFound", make("orderId", order_id)))
    return order


def _wanted_customer(store: Store, request: etree._Element) -> Customer:
    customer_id = _required(request, "customerId")
    customer = store.customer(customer_id)
    if customer is None:
        detail = make("CustomerNotFound", make("customerId", customer_id))
        raise SoapFault("Client", f"no customer {customer_id}", detail)
    return customer


def _wanted_invoice(store: Store, request: etree._Element) -> Invoice:
    number = _required(request, "invoiceNo")
    invoice = store.invoices.get(number)
    if invoice is None:
        detail = make("InvoiceNotFound", make("invoiceNo", number))
        raise SoapFault("Client", f"no invoice {number}", detail)
    return invoice


def _existing(store: Store, number: int) -> Order:
    order = store.order(number)
    if order is None:
        raise SoapFault("Server", f"order {number} has vanished")
    return order


# --- building replies ---


def _invalid_order(reason: str, lines: list[int] | None = None) -> SoapFault:
    detail = make("InvalidOrder", make("reason", reason), *(make("line", str(line)) for line in lines or []))
    return SoapFault("Client", reason, detail)


def _amount(name: str, value: Decimal, currency: str) -> etree._Element:
    return make(name, f"{value:.2f}", currency=currency)


def _summary(order: Order) -> etree._Element:
    delivery = order.requested_delivery
    return make(
        "order",
        make("orderId", f"SO-{order.number}"),
        make("customerId", order.customer),
        make("status", order.status),
        make("orderedAt", order.ordered_at.strftime("%Y-%m-%dT%H:%M:%SZ")),
        nil("requestedDelivery") if delivery is None else make("requestedDelivery", delivery.isoformat()),
        _amount("total", order.total, order.currency),
        revision=str(order.revision),
    )


def _line(number: int, line: Line, currency: str) -> etree._Element:
    element = make(
        "line",
        make("sku", line.sku),
        make("quantity", str(line.quantity)),
        make("unitPrice", str(line.unit_price)),
        number=str(number),
    )
    if line.description is not None:
        element.append(make("description", line.description))
    element.append(_amount("amount", line.amount, currency))
    return element


def _invoice(invoice: Invoice) -> etree._Element:
    paid_on = invoice.last_paid_on
    return make(
        "invoice",
        make("invoiceNo", invoice.number),
        make("customerId", invoice.customer),
        _amount("amount", invoice.amount, invoice.currency),
        _amount("paid", invoice.paid, invoice.currency),
        make("status", invoice.status),
        nil("lastPaidOn") if paid_on is None else make("lastPaidOn", paid_on.isoformat()),
    )


def _customer(store: Store, customer: Customer) -> etree._Element:
    return make(
        "customer",
        make("customerId", customer.id),
        make("name", customer.name),
        nil("email") if customer.email is None else make("email", customer.email),
        make("since", customer.since.isoformat()),
        _amount("creditLimit", customer.credit_limit, customer.currency),
        _amount("openAmount", store.open_amount(customer.id), customer.currency),
        blocked="true" if customer.blocked else "false",
    )
