"""The `messages:` section of gateway.yaml: how much the store takes in, and how long it keeps what."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from adapters.settings import Settings

KEY_BYTES = 32


class StoreSettings(Settings):
    """What the message store takes in and how long it keeps it. Every key has a default."""

    key: Annotated[SecretStr, Field(max_length=100)] | None = None
    """Base64 of the 32 bytes that payloads are encrypted with; without it a key is made in the state folder
    (store.key) at the first start. Keep a copy elsewhere: without the key no message can be read."""

    max_pending: Annotated[int, Field(ge=1, le=100_000_000)] = 1_000_000
    """Messages that may wait or run at the same time; further ones are refused until there are fewer."""

    max_inline_bytes: Annotated[int, Field(ge=1024, le=16 * 2**20)] = 256 * 1024
    """Bytes of a payload that is kept in the database; larger ones lie in the spool, each a file."""

    min_free_bytes: Annotated[int, Field(ge=0, le=2**40)] = 64 * 2**20
    """Bytes that have to be free on the state folder's volume for anything new to be accepted."""

    reserve_bytes: Annotated[int, Field(ge=0, le=2**30)] = 8 * 2**20
    """Bytes held back in a file of their own, given up when the volume is full so that what runs can be
    finished."""

    keep_done_days: Annotated[float, Field(ge=0, le=36_500)] = 7.0
    """Days that a message is kept after it was done or discarded."""

    keep_dead_days: Annotated[float, Field(ge=0, le=36_500)] = 365.0
    """Days that a dead letter is kept. One in doubt is kept until somebody decides."""

    keep_claims_days: Annotated[float, Field(ge=0, le=36_500)] = 365.0
    """Days during which an arrival is recognised when its source shows it again."""

    keep_keys_days: Annotated[float, Field(ge=0, le=36_500)] = 7.0
    """Days during which the answer to an Idempotency-Key is given again."""

    crash_limit: Annotated[int, Field(ge=1, le=1000)] = 3
    """Times that the gateway may end while a message runs and gets no further, before it becomes a dead
    letter."""

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            decode_key(value.get_secret_value())
        return value


def decode_key(text: str) -> bytes:
    """The key that a text stands for. Raises: ValueError."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64; `openssl rand -base64 32` makes one") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"must be {KEY_BYTES} bytes in base64, and is {len(key)}")
    return key
