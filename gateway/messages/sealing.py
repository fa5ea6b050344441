"""Encryption at rest: AES-256-GCM, each value bound to the place where it is stored.

The store's key encrypts nothing itself. Every process derives a key of its own from it, by HKDF with a random
salt, and counts its nonces, so that no key meets the same nonce twice, even after a database was put back
from a backup. A sealed value is the salt, the counter, and the ciphertext with its tag.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.messages.errors import Damaged

_FORM = b"\x01"
_SALT_BYTES = 16
_COUNTER_BYTES = 8
_HEAD_BYTES = len(_FORM) + _SALT_BYTES + _COUNTER_BYTES
_MAX_CIPHERS = 1024


class Sealer:
    """Seals and unseals values, and makes digests of what is only ever compared. Safe to use by several
    threads."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._digest_key = self.derive(b"", b"digest")
        self._salt = os.urandom(_SALT_BYTES)
        self._cipher = AESGCM(self.derive(self._salt, b"seal"))
        self._ciphers = {self._salt: self._cipher}
        self._counter = itertools.count()

    def derive(self, salt: bytes, purpose: bytes) -> bytes:
        """A key of 32 bytes for one purpose. Source: RFC 5869."""
        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"gateway store " + purpose).derive(
            self._key
        )

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt a value for one place, such as `payloads.body:17`."""
        counter = next(self._counter).to_bytes(_COUNTER_BYTES, "big")
        sealed = self._cipher.encrypt(b"\0\0\0\0" + counter, plain, place.encode())
        return b"".join((_FORM, self._salt, counter, sealed))

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for this place. Raises: Damaged."""
        salt = bytes(sealed[1 : 1 + _SALT_BYTES])
        counter = sealed[1 + _SALT_BYTES : _HEAD_BYTES]
        if len(sealed) < _HEAD_BYTES or sealed[:1] != _FORM:
            raise Damaged(f"{place.partition(':')[0]} is not in the form it was written in")
        try:
            return self._cipher_of(salt).decrypt(
                b"\0\0\0\0" + bytes(counter), bytes(sealed[_HEAD_BYTES:]), place.encode()
            )
        except InvalidTag:
            raise Damaged(f"{place.partition(':')[0]} was changed, or written with another key") from None

    def digest(self, *parts: str) -> bytes:
        """16 bytes that stand for some texts, from which nobody without the key can guess them."""
        mac = hmac.new(self._digest_key, digestmod=hashlib.sha256)
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            mac.update(len(encoded).to_bytes(8, "big"))
            mac.update(encoded)
        return mac.digest()[:16]

    def _cipher_of(self, salt: bytes) -> AESGCM:
        cipher = self._ciphers.get(salt)
        if cipher is None:
            if len(self._ciphers) >= _MAX_CIPHERS:
                self._ciphers = {self._salt: self._cipher}
            cipher = self._ciphers[salt] = AESGCM(self.derive(salt, b"seal"))
        return cipher
