"""Flows: what arrives is carried on, step by step."""
