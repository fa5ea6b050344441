"""Logs, correlation ids and metrics of the gateway."""

from gateway.telemetry.logs import LogFormat, configure, get_logger, shut_down

__all__ = ["LogFormat", "configure", "get_logger", "shut_down"]
