"""Who may call: API keys, their scopes, and the principals they stand for."""

from gateway.security.keys import Key, KeyStore, KeyStoreError, UnknownKey, folder_problem
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
    "folder_problem",
    "parse_scope",
    "parse_scopes",
]
