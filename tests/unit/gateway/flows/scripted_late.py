"""The scripted system that describes itself only when connected, under the name the registry looks for."""

from tests.unit.gateway.flows.scripted import LATE_ADAPTER as ADAPTER

__all__ = ["ADAPTER"]
