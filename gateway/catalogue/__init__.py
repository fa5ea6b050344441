"""The systems of a configuration, what they offer, and the calls to them."""

from gateway.catalogue.catalogue import Catalogue
from gateway.catalogue.checker import Checker
from gateway.catalogue.codec import NotWanted, TooManyRecords, UnreadableReply, UnreadableRequest
from gateway.catalogue.endpoint import Endpoint, Input
from gateway.catalogue.entry import Entry
from gateway.catalogue.system import State, System
from gateway.catalogue.telling import Telling

__all__ = [
    "Catalogue",
    "Checker",
    "Endpoint",
    "Entry",
    "Input",
    "NotWanted",
    "State",
    "System",
    "Telling",
    "TooManyRecords",
    "UnreadableReply",
    "UnreadableRequest",
]
