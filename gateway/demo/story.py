"""`gateway demo play`: what happens when something arrives, told with the demo that runs in another terminal.

Four scenes: a statement of the bank becomes payments and paid invoices; the bank sends it again, and nothing
is booked twice; a machine gets too hot and an order is placed; the ERP is away, and nothing is lost.
"""

from __future__ import annotations

import http.client
import json
import shlex
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from gateway.demo.bank.bookings import Booking, drop, statement
from gateway.demo.program import program
from gateway.demo.state import State
from gateway.demo.systems import NAMES, NotRunning, ask_to_start, ask_to_stop, states

FLOW = "bookings-to-ledger"
_FIRST_INVOICE = 3001
_PATIENCE_S = 60.0
_POLL_S = 0.25
_MACHINE = "line1/press"
_TOO_HOT, _AS_USUAL = 92.0, 65.0


class StoryFailed(Exception):
    """Something did not happen in time; the message says what."""


class Api:
    """The gateway as an application sees it."""

    def __init__(self, state: State) -> None:
        """Raises: NotRunning when there was never a demo in this folder."""
        try:
            self._key = (state.folder / "api-key").read_text().strip()
        except OSError:
            raise NotRunning(f"no demo is running on {state.folder}; start one: make run") from None
        host, _, port = (state.address() or "").rpartition(":")
        self._address = (host, int(port))

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises: NotRunning when nothing answers."""
        connection = http.client.HTTPConnection(*self._address, timeout=30)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, body=text, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read(), parse_float=Decimal)
        except OSError as error:
            raise NotRunning(f"the gateway does not answer: {error}; start the demo: make run") from None
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON of a positive answer, else None."""
        status, answer = self.call("GET", path)
        return answer if status == http.client.OK else None


def play(state_dir: Path) -> int:
    """Play all scenes; the exit code."""
    console = Console(highlight=False)
    state = State(state_dir)
    try:
        story = _Story(console, state, Api(state))
        story.repeated(story.statement())
        story.overheating()
        story.outage()
    except (NotRunning, StoryFailed) as problem:
        Console(stderr=True).print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return 1
    console.print("\n[bold green]That was the story.[/] Every message is still there to look at:\n")
    console.print(_list_command(state), markup=False, soft_wrap=True)
    return 0


def switch(state_dir: Path, system: str, *, on: bool) -> int:
    """Have a running demo start or stop one of its systems; the exit code."""
    if system not in NAMES:
        reason = "the warehouse is a file, and has no process" if system == "warehouse" else f"no {system!r}"
        text = f"{reason}; there are: {', '.join(NAMES)}"
        Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)
        return 2
    try:
        (ask_to_start if on else ask_to_stop)(State(state_dir), system)
    except NotRunning as problem:
        Console(stderr=True).print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return 1
    print(f"{system}: {'started' if on else 'stopped'}")  # noqa: T201
    return 0


def status(state_dir: Path) -> int:
    """Say whether a demo runs, and what of it; the exit code."""
    state = State(state_dir)
    if not state.in_use():
        text = f"no demo is running on {state.folder}; start one: make run"
        Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)
        return 1
    lines = {"gateway": f"http://{state.address()}", **states(state), "warehouse": "a file"}
    for name, text in lines.items():
        print(f"{name:<10} {text}")  # noqa: T201
    return 0


def _list_command(state: State) -> str:
    return f"  (. {shlex.quote(str(state.folder))}/environment; {program()} messages list --flow {FLOW})"


class _Story:
    def __init__(self, console: Console, state: State, api: Api) -> None:
        self._console = console
        self._state = state
        self._api = api

    # --- scenes ---

    def statement(self) -> list[Booking]:
        """A file arrives, and what it says is booked in two systems."""
        self._title("A statement arrives at the bank")
        bookings = self._drop_statement(self._unpaid(3))
        self._until("the invoices are paid", lambda: all(self._is_paid(one) for one in bookings))
        self._show_booked(bookings)
        return bookings

    def repeated(self, bookings: list[Booking]) -> None:
        """The same payments arrive in a file of another name, which nobody can know to be the same."""
        self._title("The bank sends the same payments again, in a file of another name")
        before = self._message()["id"]
        self._drop_statement(bookings)
        self._until("the file is refused", lambda: self._is_dead_since(before))
        message = self._message()
        failure = message["failure"]
        self._say("The warehouse takes each reference once. The file is stored, and is a dead letter:")
        self._say(f"  {message['id']}  {message['state']}  {failure['step']}: {failure['text']}")
        self._show_booked(bookings)

    def overheating(self) -> None:
        """A reading crosses a limit, and an order is placed."""
        self._title("A machine gets too hot")
        before = self._newest_order()
        self._say(f"The set point of {_MACHINE} goes to {_TOO_HOT:g} degrees; its limit is 80.")
        self._set(_TOO_HOT)
        try:
            self._until("an order is placed", lambda: self._newest_order() != before)
        finally:
            self._set(_AS_USUAL)
        order = self._api.get(f"/api/orders/{self._newest_order()}")["order"]
        self._say(f"The ERP has a new order: {order['orderId']}, {order['note']}.")

    def outage(self) -> None:
        """One target is away; the message waits for it."""
        self._title("The ERP is stopped, a statement arrives, the ERP starts again")
        bookings = self._unpaid(2)
        ask_to_stop(self._state, "erp")
        try:
            self._drop_statement(bookings)
            self._until("the payments are in the warehouse", lambda: all(map(self._is_booked, bookings)))
            self._until("the message waits for the ERP", lambda: self._message()["state"] == "pending")
            message = self._message()
            failure = message["failure"]
            self._say("The payments are in the warehouse. The message waits for its next attempt at the ERP:")
            self._say(
                f"  {message['id']}  {message['state']}  attempts {message['attempts']}  "
                f"{failure['step']}: {failure['error']}"
            )
        finally:
            ask_to_start(self._state, "erp")
        self._say("The ERP is started again.")
        self._until("the invoices are paid", lambda: all(self._is_paid(one) for one in bookings))
        self._show_booked(bookings)

    # --- what they are made of ---

    def _drop_statement(self, bookings: list[Booking]) -> list[Booking]:
        stamp = datetime.now(UTC)
        name = f"booked-{stamp:%Y%m%d-%H%M%S-%f}.stm"
        content = statement(date.today(), bookings)
        file = drop(self._state.bank / "files" / "bookings", name, content)
        total = sum((one.amount for one in bookings), Decimal(0))
        self._say(f"{file.name}: {len(content)} bytes of EBCDIC, {len(bookings)} payments, {total} EUR.")
        return bookings

    def _unpaid(self, count: int) -> list[Booking]:
        """Payments for invoices that are open; the ERP sends new ones when few are left.

        Raises: StoryFailed when there are not so many.
        """
        found: list[Booking] = []
        number = _FIRST_INVOICE
        while answer := self._api.get(f"/api/erp/GetInvoice?invoiceNo=INV-{number}"):
            invoice = answer["invoice"]
            if invoice["status"] == "OPEN" and invoice["amount"]["@currency"] == "EUR":
                amount = Decimal(invoice["amount"]["#text"])
                reference = f"PAY-{number}"
                found.append(Booking(f"INV-{number}", "Nordwind Trading GmbH", amount, "EUR", reference))
                if len(found) == count:
                    return found
            number += 1
        raise StoryFailed(f"the ERP shows no open invoice; is it running? {program()} demo start erp")

    def _is_paid(self, booking: Booking) -> bool:
        answer = self._api.get(f"/api/erp/GetInvoice?invoiceNo={booking.invoice}")
        return answer is not None and answer["invoice"]["status"] == "PAID"

    def _payments(self, booking: Booking) -> list[Any]:
        return self._api.get(f"/api/warehouse/payments?reference=eq.{booking.reference}") or []

    def _is_booked(self, booking: Booking) -> bool:
        return bool(self._payments(booking))

    def _show_booked(self, bookings: list[Booking]) -> None:
        for one in bookings:
            rows = self._payments(one)
            self._say(
                f"  {one.invoice}  {one.amount:>8} {one.currency}  ERP: PAID  warehouse: {len(rows)} row"
            )
            if len(rows) != 1:
                raise StoryFailed(f"{one.reference} is in the warehouse {len(rows)} times")

    def _newest_order(self) -> str | None:
        answer = self._api.get("/api/erp/ListOrders?customerId=C-100&limit=1")
        return answer["order"][0]["orderId"] if answer and answer["order"] else None

    def _set(self, celsius: float) -> None:
        self._api.call("POST", f"/api/plant/setpoint/{_MACHINE}", {"celsius": celsius})

    def _is_dead_since(self, before: str) -> bool:
        message = self._message()
        return bool(message["id"] != before and message["state"] == "dead")

    def _message(self) -> Any:
        return self._api.get(f"/api/messages?flow={FLOW}&limit=1")["messages"][0]

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        give_up = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > give_up:
                raise StoryFailed(f"not within {_PATIENCE_S:g} s: {what}. Look: {_list_command(self._state)}")
            time.sleep(_POLL_S)

    def _title(self, text: str) -> None:
        self._console.print(f"\n[bold]{text}[/]")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
