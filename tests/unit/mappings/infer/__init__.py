"""Drafts of definitions."""
