"""The scripted adapter in its late form, where the registry looks for it."""

from tests.facade.scripted import LATE_ADAPTER as ADAPTER

__all__ = ["ADAPTER"]
