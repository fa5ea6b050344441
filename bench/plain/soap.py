"""FastAPI + zeep: POST the arguments, get the reply as JSON."""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI
from requests import Session
from requests.adapters import HTTPAdapter
from zeep import Client
from zeep.helpers import serialize_object
from zeep.transports import Transport

session = Session()
session.mount("http://", HTTPAdapter(pool_maxsize=64))
client = Client(os.environ["BENCH_WSDL"], transport=Transport(session=session, operation_timeout=20))
service = client.create_service(next(iter(client.wsdl.bindings)), os.environ["BENCH_ENDPOINT"])
app = FastAPI()


@app.post("/api/erp/GetOrder")
def get_order(arguments: dict[str, Any]) -> Any:
    return serialize_object(service.GetOrder(**arguments), dict)
