"""The SFTP adapter's kit: OpenSSH's sshd."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from adapters.contract import ByteBody, Request
from adapters.errors import Blame, PeerRejected
from tests.conformance.kit import Arriving, Example
from tests.peers.process import ServerProcess
from tests.peers.sshd import Sshd, make_key, sshd

PASSPHRASE = "conformance-passphrase-5520"
_CONTENT = b"0001,100.50\r\n0002,7.00\r\n"


async def _once(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


class SftpKit:
    """One sshd with an inbox that holds one file and an outbox."""

    adapter = "sftp"
    secrets: tuple[str, ...] = (PASSPHRASE,)

    def __init__(self) -> None:
        self._peer: Sshd | None = None
        self._numbers = itertools.count(1)

    @property
    def peer(self) -> Sshd:
        assert self._peer is not None, "not started"
        return self._peer

    @property
    def port(self) -> int:
        return self.peer.port

    @property
    def server(self) -> ServerProcess:
        return self.peer.server

    def start(self, folder: Path) -> None:
        """Start sshd; its client's key has a passphrase, which is the secret that must not show."""
        self._peer = peer = sshd(folder / "sshd")
        key = make_key(folder / "locked", passphrase=PASSPHRASE)
        make_key(folder / "stranger")
        (peer.folder / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
        for name in ("in", "out", "arrivals"):
            (peer.files / name).mkdir()
        (peer.files / "in" / "statement.csv").write_bytes(_CONTENT)
        self.secrets = (PASSPHRASE, key.read_text().splitlines()[1])
        peer.server.start()

    def stop(self) -> None:
        if self._peer is not None:
            self._peer.server.stop()

    def settings(self, port: int | None = None) -> dict[str, Any]:
        files = self.peer.files
        return {
            **self.peer.access(),
            "port": port or self.port,
            "key": "locked",
            "key_passphrase": PASSPHRASE,
            "inboxes": {"statements": {"path": str(files / "in")}, "absent": {"path": str(files / "absent")}},
            "outboxes": {"payments": {"path": str(files / "out"), "name": "{name}"}},
        }

    def wrong_credentials(self) -> dict[str, Any] | None:
        return {**self.settings(), "key": "stranger", "key_passphrase": None}

    @property
    def read(self) -> Example:
        def check(data: Any) -> None:
            assert data == _CONTENT

        return Example("statements.get", lambda: Request(parameters={"file": "statement.csv"}), check)

    @property
    def write(self) -> Example:
        def request() -> Request:
            body = ByteBody(chunks=_once(_CONTENT), content_type="text/csv", size=len(_CONTENT))
            return Request(parameters={"name": f"pay-{next(self._numbers)}.csv"}, body=body)

        def check(value: Any) -> None:
            assert value["size"] == len(_CONTENT)
            assert (self.peer.files / "out" / value["file"]).read_bytes() == _CONTENT

        return Example("payments.put", request, check)

    @property
    def arriving(self) -> Arriving | None:
        folder = self.peer.files / "arrivals"

        def settings(port: int | None) -> dict[str, Any]:
            inbox = {
                "path": str(folder),
                "pattern": "*.txt",
                "complete_when": "rename",
                "then": {"archive": str(folder / "done")},
                "poll_interval_s": 0.1,
            }
            return {**self.settings(port), "inboxes": {"arrivals": inbox}}

        def put_bytes(data: bytes, name: str = "") -> None:
            name = name or f"bytes-{next(self._numbers):06}"
            (folder / f"{name}.new").write_bytes(data)
            (folder / f"{name}.new").rename(folder / f"{name}.txt")

        def put(number: int) -> None:
            put_bytes(b"%d" % number, f"{number:010}")

        return Arriving("arrivals", settings, put, int, put_bytes)

    @property
    def rejected(self) -> Example | None:
        def check(error: Any) -> None:
            assert isinstance(error, PeerRejected)
            assert (error.code, error.blame) == ("SSH_FX_NO_SUCH_FILE", Blame.NOT_FOUND)

        return Example("statements.get", lambda: Request(parameters={"file": "absent.csv"}), check)


KIT = SftpKit
