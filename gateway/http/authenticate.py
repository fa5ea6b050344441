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
    offered = _offered(headers)
    if not offered:
        raise HttpProblem(UNAUTHENTICATED, "The request has no API key.", headers=_CHALLENGE)
    if len(offered) > 1 or len(headers.getall("Authorization", ())) > 1:
        # Whoever looks at another one than this gateway, such as a proxy, would let in the wrong caller.
        raise HttpProblem(
            UNAUTHENTICATED,
            "The request has more than one credential; send one API key, in one header.",
            headers={"WWW-Authenticate": 'Bearer realm="gateway", error="invalid_request"'},
        )
    key = offered.pop()
    principal = keys.authenticate(key) if 0 < len(key) <= MAX_KEY_LENGTH else None
    if principal is None:
        # The same answer for keys that never were, were revoked, or are garbled.
        headers_invalid = {"WWW-Authenticate": 'Bearer realm="gateway", error="invalid_token"'}
        raise HttpProblem(UNAUTHENTICATED, "The API key is not valid.", headers=headers_invalid)
    return principal


def authenticate_if_offered(headers: CIMultiDictProxy[str], keys: KeyStore) -> Principal | None:
    """The caller, or None when there is no key. Raises: HttpProblem (401) for a key that is not valid."""
    return authenticate(headers, keys) if _offered(headers) else None


def authorise(principal: Principal, system: str, access: Literal["read", "write"]) -> None:
    """Insist on a scope. Raises: HttpProblem (403) naming it."""
    if not principal.allows(system, access):
        scope = f"{system}:{access}"
        raise HttpProblem(
            FORBIDDEN, f"The API key lacks the scope {scope}.", members={"missing_scope": scope}
        )


def _offered(headers: CIMultiDictProxy[str]) -> set[str]:
    """The different credentials in the three headers; "" for one that is no API key."""
    offered = {found for name in ("X-API-Key", "apikey") for found in headers.getall(name, ())}
    for authorization in headers.getall("Authorization", ()):
        scheme, _, credentials = authorization.partition(" ")
        offered.add(credentials.strip() if scheme.lower() == "bearer" else "")
    return offered
