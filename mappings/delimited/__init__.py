"""Delimited text (CSV and its relatives): RFC 4180 read strictly, typed columns, exact values."""

from mappings.delimited.format import DelimitedFormat
from mappings.delimited.headed import HeaderedText
from mappings.delimited.schema import DelimitedDefinition

__all__ = ["DelimitedDefinition", "DelimitedFormat", "HeaderedText"]
