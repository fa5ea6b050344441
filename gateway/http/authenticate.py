"""Who is calling: an API key in `Authorization: Bearer`, `X-API-Key` or `apikey`."""

from __future__ import annotations

from typing import Literal

from multidict import CIMultiDictProxy

from gateway.http.problems import FORBIDDEN, UNAUTHENTICATED, HttpProblem
from gateway.security import KeyStore, Principal

MAX_KEY_LENGTH = 512
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gateway"'}


def authenticate(headers: CIMultiDictProxy[str], keys: KeyStore) -> Principal:
    """The caller. Raises: HttpProblem (401)."""
    key = offered_key(headers)
    if key is None:
        raise HttpProblem(UNAUTHENTICATED, "The request has no API key.", headers=_CHALLENGE)
    principal = keys.authenticate(key) if 0 < len(key) <= MAX_KEY_LENGTH else None
    if principal is None:
        # The same answer for keys that never were, were revoked, or are garbled.
        headers_invalid = {"WWW-Authenticate": 'Bearer realm="gateway", error="invalid_token"'}
        raise HttpProblem(UNAUTHENTICATED, "The API key is not valid.", headers=headers_invalid)
    return principal


def authenticate_if_offered(headers: CIMultiDictProxy[str], keys: KeyStore) -> Principal | None:
    """The caller, or None when there is no key. Raises: HttpProblem (401) for a key that is not valid."""
    return None if offered_key(headers) is None else authenticate(headers, keys)


def authorise(principal: Principal, system: str, access: Literal["read", "write"]) -> None:
    """Insist on a scope. Raises: HttpProblem (403) naming it."""
    if not principal.allows(system, access):
        scope = f"{system}:{access}"
        raise HttpProblem(
            FORBIDDEN, f"The API key lacks the scope {scope}.", members={"missing_scope": scope}
        )


def offered_key(headers: CIMultiDictProxy[str]) -> str | None:
    """The text of the key, from the first of the three headers that is there."""
    authorization = headers.get("Authorization")
    if authorization is not None:
        scheme, _, credentials = authorization.partition(" ")
        return credentials.strip() if scheme.lower() == "bearer" else ""
    found = headers.get("X-API-Key")
    return found if found is not None else headers.get("apikey")
