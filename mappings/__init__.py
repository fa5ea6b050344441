"""Formats and transforms: bytes to records and back. Pure: no I/O, no event loop."""
