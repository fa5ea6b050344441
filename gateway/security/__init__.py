"""Who may call: API keys, their scopes, and the principals they stand for."""

from gateway.security.keys import Key, KeyStore, KeyStoreError, UnknownKey
from gateway.security.principal import Access, Numbers, Principal, Scope, parse_scope, parse_scopes

__all__ = [
    "Access",
    "Key",
    "KeyStore",
    "KeyStoreError",
    "Numbers",
    "Principal",
    "Scope",
    "UnknownKey",
    "parse_scope",
    "parse_scopes",
]
