"""TLS contexts: version 1.2 or newer, forward secrecy, peers verified.

Files are read and checked before OpenSSL gets them: its own errors ("PEM lib") name neither file nor reason,
and it asks for pass phrases on the terminal.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

_MAX_FILE_BYTES = 1 << 20
# TLS 1.2 suites; those of TLS 1.3 are all good and not chosen here.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class CertificateError(ValueError):
    """A certificate or key cannot be used. The message names the file and the reason, for the sysadmin."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context for a TLS listener. `certificate` may hold a chain, the server's own certificate first.

    Raises: CertificateError when a file is missing, cut short, encrypted, or the two do not belong together.
    """
    _check_pair(certificate, key)
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _load_pair(context, certificate, key)
    return context


def client_context(
    authorities: Path | None = None, *, certificate: Path | None = None, key: Path | None = None
) -> ssl.SSLContext:
    """A context for connecting to a TLS server: its certificate and host name are verified.

    `authorities`: PEM file of the trusted authorities; None means the system's. `certificate` and `key` are
    the client's own, where the server asks for one.
    Raises: CertificateError.
    """
    if (certificate is None) != (key is None):
        raise CertificateError("a client certificate needs both the certificate and its key")
    context = _hardened(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if authorities is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        trusted = load_certificates(authorities)
        context.load_verify_locations(
            cadata="".join(item.public_bytes(Encoding.PEM).decode("ascii") for item in trusted)
        )
    if certificate is not None and key is not None:
        _check_pair(certificate, key)
        _load_pair(context, certificate, key)
    return context


def expires_at(certificate: Path) -> datetime:
    """When the first certificate of a PEM file ends, UTC. Raises: CertificateError."""
    return load_certificates(certificate)[0].not_valid_after_utc


def load_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file, in order, at least one. Raises: CertificateError."""
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise CertificateError(f"{path} holds no whole PEM certificate: {_first_line(error)}") from error


def load_private_key(path: Path) -> PrivateKeyTypes:
    """The private key of a PEM file. Raises: CertificateError."""
    data = _read(path)
    try:
        return load_pem_private_key(data, password=None)
    except TypeError as error:
        raise CertificateError(
            f"{path} is protected by a pass phrase; a key without one is needed"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateError(f"{path} holds no whole PEM private key") from error


def _hardened(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context


def _check_pair(certificate: Path, key: Path) -> None:
    own, private = load_certificates(certificate)[0], load_private_key(key)
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_key().public_bytes(*form) != private.public_key().public_bytes(*form):
        raise CertificateError(f"{key} is not the key of {certificate}")
    if own.not_valid_after_utc <= datetime.now(UTC):
        raise CertificateError(f"{certificate} has expired on {own.not_valid_after_utc:%Y-%m-%d}")


def _load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise CertificateError(f"{certificate} cannot be used with {key}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _MAX_FILE_BYTES:
        raise CertificateError(f"{path} is larger than {_MAX_FILE_BYTES} bytes, too large for a PEM file")
    return data


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
