"""TLS contexts, tried by real handshakes."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from certs import (
    Authority,
    CertificateError,
    IssuedCertificate,
    client_context,
    expires_at,
    server_context,
)
from tests.unit.certs.handshake import handshake


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def issued(authority: Authority) -> IssuedCertificate:
    return authority.issue(["localhost", "127.0.0.1", "::1", "gateway.example.org"])


@pytest.fixture
def server(issued: IssuedCertificate) -> ssl.SSLContext:
    return server_context(issued.certificate, issued.key)


@pytest.fixture
def client(authority: Authority) -> ssl.SSLContext:
    return client_context(authority.certificate_path)


@pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1", "gateway.example.org"])
def test_handshake(server: ssl.SSLContext, client: ssl.SSLContext, hostname: str) -> None:
    client.set_alpn_protocols(["h2", "http/1.1"])
    version, _, alpn = handshake(server, client, hostname)
    assert (version, alpn) == ("TLSv1.3", "http/1.1")


def test_tls_1_2_has_forward_secrecy(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    version, cipher, _ = handshake(server, client)
    assert version == "TLSv1.2"
    assert cipher.startswith("ECDHE-")


def _old(version: ssl.TLSVersion, authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.certificate_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_older_versions_are_refused(
    server: ssl.SSLContext, authority: Authority, version: ssl.TLSVersion
) -> None:
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS"):
        handshake(server, _old(version, authority))


@pytest.mark.parametrize(
    "ciphers", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES256-GCM-SHA384"]
)
def test_weak_ciphers_are_refused(server: ssl.SSLContext, client: ssl.SSLContext, ciphers: str) -> None:
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(ciphers)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        handshake(server, client)


@pytest.mark.parametrize("hostname", ["example.org", "127.0.0.2", "x.localhost"])
def test_another_host_name_is_refused(server: ssl.SSLContext, client: ssl.SSLContext, hostname: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(server, client, hostname)


def test_another_authority_is_refused(server: ssl.SSLContext, tmp_path: Path) -> None:
    other = client_context(Authority.create(tmp_path).certificate_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        handshake(server, other)


def test_the_systems_authorities_do_not_know_ours(server: ssl.SSLContext) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        handshake(server, client_context())


def test_client_certificate(authority: Authority, issued: IssuedCertificate, server: ssl.SSLContext) -> None:
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(authority.certificate_path)
    plain = client_context(authority.certificate_path)
    plain.maximum_version = ssl.TLSVersion.TLSv1_2  # so that the refusal comes within the handshake
    with pytest.raises(ssl.SSLError):
        handshake(server, plain)


def _self_signed(folder: Path, *, ends: datetime, name: str = "x") -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=10))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def test_an_expired_certificate_is_refused_by_both_sides(tmp_path: Path) -> None:
    certificate, key = _self_signed(tmp_path, ends=datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(CertificateError, match=r"x\.crt has expired on "):
        server_context(certificate, key)
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    unchecked.load_cert_chain(certificate, key)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(unchecked, client_context(certificate))


def test_expiry(issued: IssuedCertificate) -> None:
    assert expires_at(issued.certificate) == issued.expires
    assert timedelta(days=396) < issued.expires - datetime.now(UTC) <= timedelta(days=397)


BAD_PAIRS = [
    ("missing-certificate", "nope.crt", "good.key", r"nope\.crt cannot be read: No such file"),
    ("missing-key", "good.crt", "nope.key", r"nope\.key cannot be read: No such file"),
    ("empty-certificate", "empty", "good.key", "empty holds no whole PEM certificate"),
    ("empty-key", "good.crt", "empty", "empty holds no whole PEM private key"),
    ("half-certificate", "half.crt", "good.key", r"half\.crt holds no whole PEM certificate"),
    ("half-key", "good.crt", "half.key", r"half\.key holds no whole PEM private key"),
    ("swapped", "good.key", "good.crt", "holds no whole PEM certificate"),
    ("key-of-another", "good.crt", "other.key", r"other\.key is not the key of .*good\.crt"),
    ("encrypted-key", "good.crt", "encrypted.key", "pass phrase"),
    ("folder", ".", "good.key", "Is a directory"),
    ("large", "large", "good.key", "too large"),
]


@pytest.mark.parametrize(
    ("certificate", "key", "says"), [case[1:] for case in BAD_PAIRS], ids=[case[0] for case in BAD_PAIRS]
)
def test_bad_pairs_are_named(certificate: str, key: str, says: str, tmp_path: Path) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    good, good_key = _self_signed(tmp_path, ends=ends, name="good")
    _self_signed(tmp_path, ends=ends, name="other")
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * (2 << 20))
    (tmp_path / "half.crt").write_bytes(good.read_bytes()[:200])
    (tmp_path / "half.key").write_bytes(good_key.read_bytes()[:100])
    encrypted = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"phrase")
    )
    (tmp_path / "encrypted.key").write_bytes(encrypted)
    with pytest.raises(CertificateError, match=says):
        server_context(tmp_path / certificate, tmp_path / key)


def test_a_client_certificate_needs_both_files(issued: IssuedCertificate) -> None:
    with pytest.raises(CertificateError, match="both"):
        client_context(issued.certificate, certificate=issued.certificate)
