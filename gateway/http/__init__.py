"""The HTTP surface: the facade under /api, its documentation, health and metrics."""

from gateway.http.openapi import document as openapi_document
from gateway.http.server import UnsafeParser, run, serve

__all__ = ["UnsafeParser", "openapi_document", "run", "serve"]
