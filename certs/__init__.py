"""TLS, SSH and signing material: a small local certificate authority, and TLS contexts with safe settings."""

from certs.authority import Authority, AuthorityError, IssuedCertificate
from certs.tls import CertificateError, client_context, expires_at, server_context

__all__ = [
    "Authority",
    "AuthorityError",
    "CertificateError",
    "IssuedCertificate",
    "client_context",
    "expires_at",
    "server_context",
]
