"""The adapter contract: what every Channel Adapter offers, and nothing more.

One adapter instance stands for one configured system. The gateway talks to it only through
`Adapter`; it describes itself as data (`Operation`), and everything else (REST paths, OpenAPI,
validation, concurrency limits, retries, metrics) is written once in the gateway around it.

The rules an adapter keeps, which tests/conformance checks:

- Nothing is retried inside an adapter. A failure is raised as one of `adapters.errors`.
- Every call can be cancelled and keeps to the deadline it is given.
- A write that was sent and not answered raises `OutcomeUnknown`, never a plain time-out.
- A blocking driver never runs on the event loop.
- Nothing is acknowledged to a source before the gateway calls `Delivery.ack`, which it does after it has
  stored the delivery durably.
"""

from adapters.contract.adapter import Adapter, AdapterContext, Capability, Probe
from adapters.contract.arrivals import Channel, Delivery
from adapters.contract.calls import (
    ByteBody,
    BytesReply,
    Event,
    EventsReply,
    Reply,
    Request,
    RowsReply,
    ValueReply,
)
from adapters.contract.deadline import Deadline
from adapters.contract.operations import Binding, Fault, MissingOperation, Operation, Parameter, Result
from adapters.contract.shapes import (
    BytesShape,
    EventsShape,
    JsonSchema,
    JsonShape,
    JsonValue,
    RowsShape,
    Shape,
)

__all__ = [
    "Adapter",
    "AdapterContext",
    "Binding",
    "ByteBody",
    "BytesReply",
    "BytesShape",
    "Capability",
    "Channel",
    "Deadline",
    "Delivery",
    "Event",
    "EventsReply",
    "EventsShape",
    "Fault",
    "JsonSchema",
    "JsonShape",
    "JsonValue",
    "MissingOperation",
    "Operation",
    "Parameter",
    "Probe",
    "Reply",
    "Request",
    "Result",
    "RowsReply",
    "RowsShape",
    "Shape",
    "ValueReply",
]
