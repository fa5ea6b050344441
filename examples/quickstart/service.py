"""A small SOAP service to put the gateway in front of: `python3 service.py [PORT]`, 8079 by default."""

from __future__ import annotations

import sys
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
CONVERTER = "{urn:example:converter}"
EUROS = {"EUR": Decimal(1), "USD": Decimal("0.8650"), "GBP": Decimal("1.1360"), "CHF": Decimal("1.0725")}
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:example:converter">'
    "<s:Body>{}</s:Body></s:Envelope>"
)
REPLY = "<ConvertResponse><amount>{}</amount><rate>{}</rate><asOf>2026-11-20</asOf></ConvertResponse>"
FAULT = (
    '<s:Fault><faultcode xmlns="">s:Client</faultcode><faultstring xmlns="">{reason}</faultstring>'
    '<detail xmlns="">{detail}</detail></s:Fault>'
)
UNKNOWN = '<UnknownCurrency xmlns="urn:example:converter"><currency>{}</currency></UnknownCurrency>'


class Converter(BaseHTTPRequestHandler):
    """Answers POST with a converted amount or a fault, and GET with where its description is."""

    def do_GET(self) -> None:
        self._send(200, "text/plain", b"A SOAP service; converter.wsdl describes it.\n")

    def do_POST(self) -> None:
        request = ElementTree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))  # noqa: S314 - an example on loopback
        convert = request.find(f"{SOAP}Body/{CONVERTER}Convert")
        if convert is None:
            self._answer(500, FAULT.format(reason="Convert is all that is done here", detail=""))
            return
        amount, source, target = (
            convert.findtext(f"{CONVERTER}{name}", "") for name in ("amount", "from", "to")
        )
        for currency in (source, target):
            if currency not in EUROS:
                fault = FAULT.format(reason="unknown currency", detail=UNKNOWN.format(currency))
                self._answer(500, fault)
                return
        rate = (EUROS[source] / EUROS[target]).quantize(Decimal("0.000001"))
        converted = (Decimal(amount) * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
        self._answer(200, REPLY.format(converted, rate))

    def _answer(self, status: int, body: str) -> None:
        self._send(status, "text/xml", ENVELOPE.format(body).encode())

    def _send(self, status: int, media_type: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say only what is called: the gateway also looks by GET whether the service is there."""
        if self.command == "POST":
            super().log_request(code, size)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8079
    ThreadingHTTPServer(("127.0.0.1", port), Converter).serve_forever()
