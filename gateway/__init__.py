"""Legacy Gateway: one REST/JSON API in front of legacy systems."""

__all__ = ["__version__"]

__version__ = "0.1.0"
