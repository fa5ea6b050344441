"""Flows: what arrives is carried on, step by step."""

from gateway.flows.engine import Engine, FlowStatus
from gateway.flows.flow_set import FlowState
from gateway.flows.replaying import Replay, UnknownAs

__all__ = ["Engine", "FlowState", "FlowStatus", "Replay", "UnknownAs"]
