"""What stands at a place of data, and what a definition makes of it."""

from mappings.explain.explaining import NotExplained, explain
from mappings.explain.seen import Explained, Seen, Wanted

__all__ = ["Explained", "NotExplained", "Seen", "Wanted", "explain"]
