"""The HTTP surface: the facade under /api, its documentation, health and metrics."""

from gateway.http.openapi import document as openapi_document
from gateway.http.server import Service, UnsafeParser, run

__all__ = ["Service", "UnsafeParser", "openapi_document", "run"]
