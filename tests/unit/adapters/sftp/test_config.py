"""Settings that are wrong, name templates, and the documentation of every field."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.sftp.algorithms import LegacyAlgorithm, explain, switched_off
from adapters.sftp.config import Inbox, Outbox, SftpSettings
from adapters.sftp.names import unsafe_reason
from adapters.sftp.template import NameTemplate, Values

FINGERPRINT = "SHA256:" + "A" * 43
GOOD: dict[str, Any] = {
    "adapter": "sftp",
    "host": "sftp.bank.example",
    "username": "acme",
    "password": "secret-8812",
    "host_key": FINGERPRINT,
    "inboxes": {"statements": {"path": "/out/", "pattern": "*.stm"}},
    "outboxes": {"payments": {"path": "/in", "name": "pay-{now:%Y%m%d}-{sequence:06}.txt"}},
}


def validated(**changes: Any) -> SftpSettings:
    settings = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return SftpSettings.model_validate(settings, context={"base_dir": Path("/nonexistent")})


def test_good_settings() -> None:
    settings = validated()
    assert settings.port == 22
    assert settings.max_connections == 2
    assert settings.legacy_algorithms == ()
    assert settings.inboxes["statements"].path == "/out"
    assert "8812" not in repr(settings)
    assert validated(host_key=[FINGERPRINT, FINGERPRINT + "="]).host_key_pins == (FINGERPRINT, FINGERPRINT)


def inbox(**keys: Any) -> dict[str, Any]:
    return {"inboxes": {"a": {"path": "/out", **keys}}}


BAD = [
    pytest.param({"host_key": "off"}, "neither a fingerprint", id="host key off"),
    pytest.param({"host_key": "*"}, "neither a fingerprint", id="any host key"),
    pytest.param({"host_key": "MD5:00:11"}, "neither a fingerprint", id="MD5 fingerprint"),
    pytest.param({"host_key": "ssh-ed25519 QUJD"}, "neither a fingerprint", id="half a public key"),
    pytest.param({"host_key": []}, "at least 1", id="empty list of host keys"),
    pytest.param({"password": None}, "either password or key", id="no credentials"),
    pytest.param({"key": "missing"}, "does not exist", id="key file missing"),
    pytest.param({"key_passphrase": "x"}, "needs key", id="passphrase without key"),
    pytest.param({"known_hosts": __file__}, "not both", id="host_key and known_hosts"),
    pytest.param({"known_hosts": "missing"}, "does not exist", id="known_hosts missing"),
    pytest.param({"port": 0}, "port", id="port 0"),
    pytest.param({"port": "22"}, None, id="port as text"),
    pytest.param({"legacy_algorithms": ["none"]}, "legacy_algorithms", id="unknown algorithm"),
    pytest.param({"max_connections": 0}, "max_connections", id="no connections"),
    pytest.param({"inboxes": {}, "outboxes": {}}, "at least one", id="no boxes"),
    pytest.param({"outboxes": {"statements": {"path": "/"}}}, "an inbox and an outbox", id="same name"),
    pytest.param({"inboxes": {"A": {"path": "/"}}}, "pattern", id="capital in a name"),
    pytest.param({"inboxes": {"a/b": {"path": "/"}}}, "pattern", id="slash in a name"),
    pytest.param({"inboxes": {"a": {"path": ""}}}, "path", id="empty path"),
    pytest.param({"inboxes": {"a": {"path": "/x\ny"}}}, "control character", id="line feed in a path"),
    pytest.param({"inboxes": {"a": {"path": "/", "verify": False}}}, "verify", id="unknown key"),
    pytest.param(inbox(then={"archive": "/out/"}), "inbox's own path", id="archive is the inbox"),
    pytest.param(inbox(then={"archive": "/out/x/.."}), "inbox's own path", id="archive is the inbox, hidden"),
    pytest.param(inbox(not_taken="/out"), "inbox's own path", id="not_taken is the inbox"),
    pytest.param(inbox(not_taken="/a", then={"archive": "/a"}), "one folder", id="not_taken is the archive"),
    pytest.param(inbox(then={"archive": "/x\ny"}), "control character", id="line feed in the archive"),
    pytest.param(inbox(not_taken="/x\ny"), "control character", id="line feed in not_taken"),
    pytest.param(inbox(then={"archive": ""}), "at least 1", id="empty archive"),
    pytest.param(inbox(then={"archive": "/a", "delete": True}), "delete", id="archive and delete"),
    pytest.param(inbox(then="remove"), "'delete' or 'keep'", id="unknown end"),
    pytest.param(inbox(complete_when={"marker": "all.done"}), "needs {name} once", id="marker of no file"),
    pytest.param(inbox(complete_when={"marker": "{name}"}), "its own marker", id="own marker"),
    pytest.param(inbox(complete_when={"marker": "{name}{x}"}), "in braces", id="unknown part in a marker"),
    pytest.param(inbox(complete_when={"marker": "../{name}"}), "starts with a dot", id="marker elsewhere"),
    pytest.param(inbox(complete_when={"marker": "x/{name}"}), "slash", id="marker in a folder"),
    pytest.param(inbox(complete_when={"marker": ".{name}"}), "starts with a dot", id="hidden marker"),
    pytest.param(inbox(complete_when={"stable_s": 0}), "stable_s", id="no rest"),
    pytest.param(
        inbox(complete_when={"marker": "{name}.x", "stable_s": 1}), "stable_s", id="marker and rest"
    ),
    pytest.param(inbox(complete_when="guess"), "'rename'", id="unknown rule"),
    pytest.param(inbox(marker_then="delete"), "needs complete_when", id="marker_then without marker"),
    pytest.param(
        inbox(marker_then="delete", complete_when={"marker": "{name}.x"}), "keep", id="marker_then with keep"
    ),
    pytest.param(
        inbox(marker_then="archive", complete_when={"marker": "{name}.x"}, then="delete"),
        "needs then",
        id="marker archived without archive",
    ),
    pytest.param(inbox(poll_interval_s=0), "poll_interval_s", id="no pause between looks"),
    pytest.param(inbox(ordered_by="size"), "ordered_by", id="unknown order"),
    pytest.param(inbox(empty="drop"), "empty", id="unknown way with empty files"),
    pytest.param(
        {"outboxes": {"a": {"path": "/", "name": "{name}", "keeps_files": True}}},
        "keeps_files needs",
        id="kept files without uuid",
    ),
    pytest.param(
        {"outboxes": {"a": {"path": "/", "name": "{uuid}-{now:%d}", "keeps_files": True}}},
        "keeps_files needs",
        id="kept files with a date",
    ),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "fixed"}}}, "same name", id="fixed name"),
    pytest.param(
        {"outboxes": {"a": {"path": "/", "name": "{now:sequence}"}}}, "same name", id="word in a date"
    ),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "../{uuid}"}}}, "dot", id="name leads upwards"),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "a/{uuid}"}}}, "slash", id="name with a folder"),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "{0.__class__}"}}}, "braces", id="format string"),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "{uuid}{x}"}}}, "braces", id="unknown part"),
    pytest.param({"outboxes": {"a": {"path": "/", "name": "{now:%c}{uuid}"}}}, "knows %Y", id="locale date"),
    pytest.param({"outboxes": {"a": {"path": "/", "temporary_suffix": "/x"}}}, "temporary", id="suffix"),
]


@pytest.mark.parametrize(("changes", "message"), BAD)
def test_bad_settings(changes: dict[str, Any], message: str | None) -> None:
    if message is None:
        assert validated(**changes).port == 22, "text from a variable is a number where one is asked for"
        return
    with pytest.raises(ValidationError, match=message) as caught:
        validated(**changes)
    assert "8812" not in str(caught.value)


NOW = datetime(2026, 11, 23, 8, 5, 9, 123, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("pay-{now:%Y%m%d}-{sequence:06}.txt", "pay-20261123-000042.txt"),
        ("{sequence}", "42"),
        ("{name}-{now:%H%M%S.%f}.xml", "order 7-080509.000123.xml"),
        ("{uuid}.dat", "0123456789abcdef0123456789abcdef.dat"),
    ],
)
def test_names_are_made_from_templates(template: str, name: str) -> None:
    values = Values(NOW, "0123456789abcdef0123456789abcdef", "order 7", 42)
    assert NameTemplate(template).render(values) == name
    match = NameTemplate(template).sequence_pattern(values).fullmatch(name)
    assert match
    assert not match.groups() or match[1].lstrip("0") == "42"


def test_every_field_is_described_and_bounded() -> None:
    for model in (SftpSettings, Inbox, Outbox):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_old_algorithms_are_off_unless_they_are_named() -> None:
    off = switched_off([])
    assert {name for names in off.values() for name in names} == {str(one) for one in LegacyAlgorithm}
    assert "ssh-rsa" not in switched_off([LegacyAlgorithm.SSH_RSA])["keys"]


def test_what_a_server_offers_is_repeated_only_when_it_is_a_name() -> None:
    offered = {"kex_algo_list": ["<b>evil</b>", "x" * 100, "kex-strict-s-v00@openssh.com", "new-kex@example"]}
    ours = {"kex": ["a"], "keys": [], "ciphers": [], "macs": []}
    assert explain(offered, ours).startswith(
        "no key exchange algorithm in common: the server offers new-kex@example;"
    )


def test_good_names() -> None:
    assert [unsafe_reason(name) for name in ("a", "a.b", "-x", "日本語.csv", "a\u200db")] == [None] * 5
