"""Fixed width: records of bytes at fixed positions, ASCII or EBCDIC, with headers and trailers."""

from mappings.fixed_width.details import Details
from mappings.fixed_width.format import FixedWidthFormat
from mappings.fixed_width.schema import FixedWidthDefinition

__all__ = ["Details", "FixedWidthDefinition", "FixedWidthFormat"]
