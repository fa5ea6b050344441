"""Definitions drafted from samples: bytes in, a draft with its doubts out. Pure."""

from mappings.infer.copybook import infer_copybook
from mappings.infer.draft import Draft, Key
from mappings.infer.inferring import infer
from mappings.infer.sample import MAX_SAMPLE_BYTES, InferenceError, Sample

__all__ = ["MAX_SAMPLE_BYTES", "Draft", "InferenceError", "Key", "Sample", "infer", "infer_copybook"]
