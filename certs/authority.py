"""A local certificate authority in a folder: gives the gateway TLS certificates that clients can verify.

Keys are EC P-256. The authority may sign only server certificates below it (path length 0), and, if it was
made with `permitted` names, only for those: a stolen authority then cannot impersonate anybody else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.tls import CertificateError, load_certificates, load_private_key

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
"""Some clients refuse server certificates that live longer (398 days; CA/Browser Forum ballot SC-31)."""
MAX_SERVER_DAYS = 825

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Clocks of clients may be a little behind ours.
_BACKDATE = timedelta(hours=1)

_Network = IPv4Network | IPv6Network


class AuthorityError(Exception):
    """The authority cannot be made, read or used. The message names the file or host and the reason."""


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A server certificate and its key, as written."""

    certificate: Path
    key: Path
    hosts: tuple[str, ...]
    expires: datetime


class Authority:
    """The authority in `folder`: `ca.crt` for clients to trust, `ca.key` (0600) to be kept."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder = folder
        self.certificate = certificate
        self._key = key

    @property
    def certificate_path(self) -> Path:
        """The file clients trust."""
        return self.folder / "ca.crt"

    @property
    def expires(self) -> datetime:
        """When the authority itself ends, UTC."""
        return self.certificate.not_valid_after_utc

    @classmethod
    def create(cls, folder: Path, *, permitted: Sequence[str] = ()) -> Authority:
        """Make a new authority. `permitted`: domains and networks it may sign for; none given means all.

        Raises: AuthorityError, also when the folder has one already: clients may trust it.
        """
        for file in ("ca.crt", "ca.key"):
            if (folder / file).exists():
                raise AuthorityError(f"{folder / file} exists already; remove it first if nobody trusts it")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Legacy Gateway"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Legacy Gateway local CA {os.urandom(4).hex()}"),
            ]
        )
        builder = _builder(
            subject, subject, key.public_key(), datetime.now(UTC), timedelta(days=AUTHORITY_DAYS)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        if permitted:
            subtrees = [_subtree(item) for item in permitted]
            builder = builder.add_extension(x509.NameConstraints(subtrees, None), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        _write_pair(folder, "ca", certificate, key)
        return cls(folder, certificate, key)

    @classmethod
    def open(cls, folder: Path) -> Authority:
        """The authority made before. Raises: AuthorityError."""
        try:
            certificate = load_certificates(folder / "ca.crt")[0]
            key = load_private_key(folder / "ca.key")
        except CertificateError as error:
            raise AuthorityError(f"no local CA in {folder}: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            raise AuthorityError(f"{folder / 'ca.key'} is not the key of {folder / 'ca.crt'}")
        return cls(folder, certificate, key)

    def issue(
        self, hosts: Sequence[str], *, days: int = SERVER_DAYS, name: str | None = None
    ) -> IssuedCertificate:
        """Make a server certificate for host names and IP addresses: `{name}.crt` and `{name}.key`.

        `name` defaults to the first host. An earlier certificate of that name is replaced.
        Raises: AuthorityError.
        """
        if not hosts:
            raise AuthorityError("at least one host name or IP address is needed")
        if not 1 <= days <= MAX_SERVER_DAYS:
            raise AuthorityError(f"a server certificate lives 1 to {MAX_SERVER_DAYS} days, not {days}")
        now = datetime.now(UTC)
        if self.expires <= now:
            raise AuthorityError(f"{self.certificate_path} has expired on {self.expires:%Y-%m-%d}")
        names = [_general_name(host) for host in dict.fromkeys(hosts)]
        self._check_permitted(names)
        key = ec.generate_private_key(ec.SECP256R1())
        lifetime = min(timedelta(days=days), self.expires - now)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
        builder = _builder(self.certificate.subject, subject, key.public_key(), now, lifetime)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(issuer_key, critical=False).sign(self._key, hashes.SHA256())
        stem = name or re.sub(r"[^A-Za-z0-9.-]", "_", hosts[0])
        if stem == "ca" or not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", stem):
            raise AuthorityError(f"{stem!r} cannot be the name of the certificate's files")
        paths = _write_pair(self.folder, stem, certificate, key)
        return IssuedCertificate(*paths, tuple(dict.fromkeys(hosts)), certificate.not_valid_after_utc)

    def _check_permitted(self, names: Sequence[x509.GeneralName]) -> None:
        try:
            extension = self.certificate.extensions.get_extension_for_class(x509.NameConstraints)
        except x509.ExtensionNotFound:
            return
        subtrees = extension.value.permitted_subtrees or []
        for name in names:
            if not any(_is_below(name, subtree) for subtree in subtrees):
                allowed = ", ".join(str(subtree.value) for subtree in subtrees)
                raise AuthorityError(f"this local CA may not sign for {name.value}; allowed: {allowed}")


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    if len(host) > 253 or not _HOST.fullmatch(host.lower()) or host.replace(".", "").isdigit():
        raise AuthorityError(
            f"{host!r} is neither an IP address nor a host name (letters, digits and hyphens, "
            "labels joined by dots; *.example.org for one level below)"
        )
    return x509.DNSName(host.lower())


def _subtree(text: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ip_network(text))
    except ValueError:
        pass
    if len(text) > 253 or not _DOMAIN.fullmatch(text.lower()) or text.replace(".", "").isdigit():
        raise AuthorityError(f"{text!r} is neither a domain nor a network such as 10.0.0.0/8")
    return x509.DNSName(text.lower())


def _is_below(name: x509.GeneralName, subtree: x509.GeneralName) -> bool:
    value, limit = name.value, subtree.value
    if isinstance(value, IPv4Address | IPv6Address) and isinstance(limit, _Network):
        return value in limit
    if isinstance(name, x509.DNSName) and isinstance(subtree, x509.DNSName):
        host = name.value.removeprefix("*.")
        return host == subtree.value or host.endswith(f".{subtree.value}")
    return False


def _write_pair(
    folder: Path, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> tuple[Path, Path]:
    """Write `{stem}.crt` and `{stem}.key`; the key is never readable by others, not even while written."""
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    paths = folder / f"{stem}.crt", folder / f"{stem}.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(paths[1], pem, 0o600)
        _replace(paths[0], certificate.public_bytes(Encoding.PEM), 0o644)
    except OSError as error:
        raise AuthorityError(f"{folder} cannot be written: {error.strerror}") from error
    return paths


def _replace(path: Path, data: bytes, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
