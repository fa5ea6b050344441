"""What is measured, for Prometheus. Every label comes from a closed set: templates of routes, names of
configured systems and their operations, error classes. Nothing a caller sends becomes a label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

REQUESTS = Counter(
    "gateway_http_requests_total",
    "HTTP requests answered, by route template and class of status.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "gateway_http_request_seconds",
    "Seconds from the request's head to the end of its answer.",
    ("method", "route"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
REQUESTS_IN_FLIGHT = Gauge(
    "gateway_http_requests_in_flight", "HTTP requests being answered.", registry=REGISTRY
)
CONNECTIONS = Gauge("gateway_http_connections", "Open HTTP connections.", registry=REGISTRY)
HELD_BYTES = Gauge("gateway_http_held_bytes", "Bytes of bodies of requests in memory.", registry=REGISTRY)
CONNECTIONS_REFUSED = Counter(
    "gateway_http_connections_refused_total",
    "Connections ended by the gateway, by reason.",
    ("reason",),
    registry=REGISTRY,
)
CALL_SECONDS = Histogram(
    "gateway_call_seconds",
    "Seconds a legacy system took, by operation and result (ok or the error class).",
    ("system", "operation", "result"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
CALLS_IN_FLIGHT = Gauge(
    "gateway_calls_in_flight", "Calls being carried out by a system.", ("system",), registry=REGISTRY
)
CALLS_WAITING = Gauge(
    "gateway_calls_waiting", "Calls waiting for their turn.", ("system",), registry=REGISTRY
)
SYSTEM_UP = Gauge("gateway_system_up", "1 while the system is ready, else 0.", ("system",), registry=REGISTRY)
LOOP_LAG_SECONDS = Histogram(
    "gateway_loop_lag_seconds",
    "Seconds by which the event loop ran late.",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0),
    registry=REGISTRY,
)

LOG_LINES_DROPPED = Counter(
    "gateway_log_lines_dropped_total",
    "Log lines that were not written because the log did not take them in time.",
    registry=REGISTRY,
)

FLOW_MESSAGES = Counter(
    "gateway_flow_messages_total",
    "Steps in the lives of messages, by flow: received, done, retry, dead, in_doubt.",
    ("flow", "event"),
    registry=REGISTRY,
)
FLOW_RECEIVED = Counter(
    "gateway_flow_deliveries_total",
    "Deliveries of a channel, by what became of them.",
    ("channel", "result"),
    registry=REGISTRY,
)
FLOW_STORED = Gauge(
    "gateway_flow_stored_messages",
    "Stored messages, by flow and state.",
    ("flow", "state"),
    registry=REGISTRY,
)
FLOW_UP = Gauge(
    "gateway_flow_up",
    "1 while a flow's messages are run; 0 while they wait: it is blocked, or a system is away.",
    ("flow",),
    registry=REGISTRY,
)
CHANNEL_UP = Gauge(
    "gateway_channel_up", "1 while a channel is received, else 0.", ("channel",), registry=REGISTRY
)
FLOW_WAIT_SECONDS = Histogram(
    "gateway_flow_wait_seconds",
    "Seconds from a message's arrival to its first attempt.",
    ("flow",),
    buckets=(*_SECONDS, 300.0, 3600.0),
    registry=REGISTRY,
)


def forget_system(name: str) -> None:
    """Say nothing more of a system that is not configured any more."""
    for metric in (CALL_SECONDS, CALLS_IN_FLIGHT, CALLS_WAITING, SYSTEM_UP):
        metric.remove_by_labels({"system": name})


def exposition() -> bytes:
    """All metrics in the text format that Prometheus reads."""
    return generate_latest(REGISTRY)
