"""What the demo prints when everything runs: addresses, the key, and lines to paste into a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from gateway.demo.state import Ports


@dataclass(frozen=True, slots=True)
class Example:
    """One call that works at any time, in any order, any number of times. `body` is sent as JSON.

    `about` stands in a comment that is pasted too, also into shells that do not know comments: it has no
    quotes, semicolons or other characters that mean something to one.
    """

    about: str
    method: str
    path: str
    body: object = None
    headers: tuple[str, ...] = ()
    endless: bool = False

    def curl(self, base: str, key: str) -> str:
        """The call as one line for a POSIX shell."""
        words = ["curl -sN" if self.endless else "curl -s"]
        if self.method not in ("GET", "POST"):
            words.append(f"-X {self.method}")
        words.append(f"-H 'Authorization: Bearer {key}'")
        words += [f"-H '{header}'" for header in self.headers]
        if self.body is not None:
            words.append(f"-H 'Content-Type: application/json' -d '{json.dumps(self.body)}'")
        words.append(f"'{base}{self.path}'")
        return " ".join(words)

    @property
    def comment(self) -> str:
        """The line above it: whether it reads or writes, and what."""
        return f"# {'reads' if self.method == 'GET' else 'writes'}: {self.about}"


@dataclass(frozen=True, slots=True)
class Section:
    """The examples of one system."""

    title: str
    examples: tuple[Example, ...]


_LINE = {"sku": "PU-0001", "quantity": 2, "unitPrice": 489.00}

SECTIONS = (
    Section(
        "ERP, a SOAP service",
        (
            Example("an order, lines and all", "GET", "/api/orders/SO-1002"),
            Example(
                "orders of one customer that are on their way",
                "GET",
                "/api/erp/ListOrders?customerId=C-101&status=SHIPPED",
            ),
            Example(
                "a new order",
                "POST",
                "/api/orders",
                {"customerId": "C-100", "currency": "EUR", "line": [_LINE]},
            ),
            Example(
                "how one is paid",
                "PUT",
                "/api/orders/SO-1004/payment",
                {"invoice": {"dueInDays": 14}},
            ),
        ),
    ),
    Section(
        "Warehouse, a database through ODBC",
        (
            Example(
                "what is short, the worst first",
                "GET",
                "/api/warehouse/stock_by_item?on_hand=lt.150&order=on_hand&limit=5",
            ),
            Example("one item by its key", "GET", "/api/items/PU-0001"),
            Example(
                "a payment received",
                "POST",
                "/api/warehouse/payments",
                {"invoice_no": "INV-2001", "payer": "Nordwind", "amount": 978.00, "received": "2026-11-23"},
            ),
            Example(
                "the payments, the newest first, one in a line",
                "GET",
                "/api/warehouse/payments?order=id.desc&limit=3",
                headers=("Accept: application/x-ndjson",),
            ),
        ),
    ),
    Section(
        "Bank, files over SFTP",
        (
            Example("which statements there are", "GET", "/api/bank/statements"),
            Example("one of them, as records", "GET", "/api/bank/statements/statement-2026-11-20.csv"),
            Example(
                "a payment order, as a file in the layout of the bank",
                "POST",
                "/api/bank/payments",
                [
                    {
                        "reference": "RF18-2026",
                        "iban": "FR1420041010050500013M02606",
                        "name": "Atelier Lumiere",
                        "amount": 91.55,
                        "execute_on": "2026-12-01",
                    }
                ],
            ),
        ),
    ),
    Section(
        "Flows, for what need not be answered at once",
        (
            Example(
                "what a carrier has taken along, stored and then booked",
                "POST",
                "/api/flows/shipments-to-warehouse",
                [
                    {
                        "order": "SO-1002",
                        "article": "VA-0002",
                        "pieces": 2,
                        "carrier": "Hermes Freight",
                        "on": "2026-11-23",
                    }
                ],
            ),
            Example("which flows take bodies", "GET", "/api/flows"),
        ),
    ),
    Section(
        "Plant, machines on MQTT",
        (
            Example("how hot the oven is", "GET", "/api/plant/temperature/line1/oven"),
            Example("how hot it is to be", "POST", "/api/plant/setpoint/line1/oven", {"celsius": 195.5}),
        ),
    ),
)

WATCH = Example(
    "all machines, live, until Ctrl-C",
    "GET",
    "/api/plant/temperature",
    headers=("Accept: text/event-stream",),
    endless=True,
)


def show(
    console: Console,
    *,
    base: str,
    key: str,
    ports: Ports,
    folder: Path,
    kept: Sequence[Path],
    seconds: float,
    demo: str,
    gateway: str,
) -> None:
    """Print it. `demo` is the command that starts this demo, `gateway` the program. Lines to paste are never
    wrapped or decorated."""
    places = (
        ("ERP", "SOAP", f"http://127.0.0.1:{ports.erp}/orders?wsdl"),
        ("warehouse", "ODBC", str(folder / "warehouse" / "warehouse.sqlite")),
        ("bank", "SFTP", f"sftp://acme@127.0.0.1:{ports.bank}"),
        ("plant", "MQTT", f"mqtt://127.0.0.1:{ports.plant}   (and its machines, which publish every second)"),
    )
    console.print(f"\n[bold green]The gateway is up[/] in front of four legacy systems ({seconds:.1f} s):\n")
    for name, protocol, address in places:
        _line(console, f"  {name:<10} {protocol:<5} {address}")
    console.print()
    _line(console, f"  Documentation   {base}/docs")
    _line(console, f"  OpenAPI         {base}/openapi.json")
    _line(console, f"  API key         {key}")
    _line(console, f"  Configuration   {folder / 'config'}   (edit, then: gateway reload)")
    _line(console, f"  Logs            {folder / 'log'}")
    _line(console, f"  Process ids     {folder / 'pid'}")
    for file in kept:
        _line(console, f"  Left as edited  {file}")
    _story(console, folder, demo, gateway)
    _line(
        console,
        "\nPaste any of these into another terminal, or all of them at once. What `writes` changes data.",
    )
    for section in SECTIONS:
        _line(console, f"\n# {section.title}", style="bold")
        for example in section.examples:
            _example(console, example, base, key)
    _example(console, WATCH, base, key)
    _line(console, f"\nCtrl-C stops everything. The data stay; to start over: {demo} --reset")


def _story(console: Console, folder: Path, demo: str, gateway: str) -> None:
    """What happens when something arrives, in commands for another terminal."""
    place = shlex.quote(str(folder))
    _line(console, "\nWhat arrives is stored and carried on. In another terminal:", style="bold")
    _line(
        console,
        "# the story: a statement, the same again, a machine too hot, an ERP that is away",
        style="dim",
    )
    _line(console, demo.replace(" demo", " demo play", 1))
    _line(console, "# every message and what became of it", style="dim")
    _line(console, f"(. {place}/environment; {gateway} messages list)")
    _line(console, "# after a change of the configuration", style="dim")
    _line(console, f"(. {place}/environment; {gateway} reload)")
    _line(console, "# what runs, then one system away and back: erp, bank, plant or machines", style="dim")
    _line(console, demo.replace(" demo", " demo status", 1))
    _line(console, demo.replace(" demo", " demo stop erp", 1))
    _line(console, demo.replace(" demo", " demo start erp", 1))


def _example(console: Console, example: Example, base: str, key: str) -> None:
    _line(console, example.comment, style="dim")
    _line(console, example.curl(base, key))


def _line(console: Console, text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
