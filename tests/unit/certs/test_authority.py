"""The local certificate authority."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certs import Authority, AuthorityError, client_context, server_context
from certs.tls import load_certificates
from tests.unit.certs.handshake import handshake


def test_files_and_their_modes(tmp_path: Path) -> None:
    folder = tmp_path / "certs"
    issued = Authority.create(folder).issue(["localhost"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "ca.crt",
        "ca.key",
        "localhost.crt",
        "localhost.key",
    ]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(issued.key.stat().st_mode) == 0o600


def test_certificates_say_what_they_are_for(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    leaf = load_certificates(authority.issue(["a.example", "10.0.0.1", "::1"]).certificate)[0]
    leaf.verify_directly_issued_by(authority.certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1", "::1"]
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    basic = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)


def test_an_authority_is_not_made_twice(tmp_path: Path) -> None:
    Authority.create(tmp_path)
    with pytest.raises(AuthorityError, match="exists already"):
        Authority.create(tmp_path)


def test_a_certificate_is_renewed_in_place(tmp_path: Path) -> None:
    Authority.create(tmp_path)
    first = Authority.open(tmp_path).issue(["localhost"])
    before = first.certificate.read_bytes()
    second = Authority.open(tmp_path).issue(["localhost"])
    assert second.certificate == first.certificate
    assert second.certificate.read_bytes() != before
    server_context(second.certificate, second.key)


def test_permitted_names_bind_the_authority_and_clients(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path, permitted=["example.org", "127.0.0.0/8"])
    issued = authority.issue(["gateway.example.org", "127.0.0.1"])
    server, client = (
        server_context(issued.certificate, issued.key),
        client_context(authority.certificate_path),
    )
    assert handshake(server, client, "gateway.example.org")[0] == "TLSv1.3"
    for host in ("badexample.org", "example.com", "10.0.0.1"):
        with pytest.raises(AuthorityError, match="may not sign for"):
            authority.issue([host])


def test_clients_refuse_what_a_stolen_authority_signs_beyond_its_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.create(tmp_path, permitted=["example.org"])
    monkeypatch.setattr(authority, "_check_permitted", lambda _names: None)
    issued = authority.issue(["bank.example.com"])
    server, client = (
        server_context(issued.certificate, issued.key),
        client_context(authority.certificate_path),
    )
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(server, client, "bank.example.com")


BAD_HOSTS = [
    "",
    "a b",
    "a_b",
    "-a",
    "a-",
    "a..b",
    ".a",
    "a.",
    "*",
    "a.*.b",
    "1.2.3",
    "256.0.0.1",
    "a/b",
    "x" * 64,
    "é.org",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_bad_hosts_are_refused(host: str, tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    with pytest.raises(AuthorityError, match="neither an IP address nor a host name"):
        authority.issue([host])
    assert len(list(tmp_path.iterdir())) == 2


def test_other_bad_requests(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    for days in (0, -1, 826):
        with pytest.raises(AuthorityError, match="1 to 825 days"):
            authority.issue(["localhost"], days=days)
    with pytest.raises(AuthorityError, match="at least one host"):
        authority.issue([])
    for name in ("ca", "../x", "/x", ".hidden"):
        with pytest.raises(AuthorityError, match="cannot be the name"):
            authority.issue(["localhost"], name=name)
    with pytest.raises(AuthorityError, match="neither a domain nor a network"):
        Authority.create(tmp_path / "other", permitted=["10.0.0.0/99"])


def test_no_authority_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="no local CA in"):
        Authority.open(tmp_path)
    Authority.create(tmp_path)
    Authority.create(tmp_path / "other")
    (tmp_path / "ca.key").write_bytes((tmp_path / "other" / "ca.key").read_bytes())
    with pytest.raises(AuthorityError, match="is not the key of"):
        Authority.open(tmp_path)


def test_a_host_named_ca_does_not_overwrite_the_authority(tmp_path: Path) -> None:
    before = Authority.create(tmp_path).certificate_path.read_bytes()
    with pytest.raises(AuthorityError, match="cannot be the name"):
        Authority.open(tmp_path).issue(["ca"])
    assert (tmp_path / "ca.crt").read_bytes() == before
