"""The quick suite tries the same examples each time, so that a change is what makes it fail; the long one
tries others at each run, and prints what repeats a failure."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("quick", derandomize=True)


def pytest_configure(config: pytest.Config) -> None:
    """`-m "not long"` is the quick suite; a chosen seed is kept."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background; inherited by commands
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.option.markexpr == "not long":
        settings.load_profile("quick")
        os.environ.setdefault("GATEWAY_FUZZ_SEED", "1")
