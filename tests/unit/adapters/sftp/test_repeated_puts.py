"""A put that is repeated under the idempotency key of the first attempt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import ByteBody, Deadline, Request, ValueReply
from adapters.errors import Blame, OutcomeUnknown, PeerRejected
from adapters.sftp.adapter import SftpAdapter
from adapters.sftp.wire import Wire
from tests.peers.sshd import Sshd
from tests.unit.adapters.sftp.conftest import chunks, names_in, opened, settings_for, until

LARGE = os.urandom(700_000)


def settings(server: Sshd, folder: Path, **outbox: Any) -> dict[str, Any]:
    box = {"path": str(folder), "name": "pay-{uuid}.txt", "keeps_files": True, **outbox}
    return settings_for(server, folder, outboxes={"outbox": box})


async def put(adapter: SftpAdapter, data: bytes, key: str | None = "m1:0/pay", **parameters: Any) -> Any:
    body = ByteBody(chunks=chunks(data[:1000], data[1000:]), content_type="text/plain")
    request = Request(parameters=parameters, body=body, idempotency_key=key)
    reply = await adapter.call("outbox.put", request, Deadline.after(20))
    assert isinstance(reply, ValueReply)
    return reply.value


@pytest.mark.parametrize(
    ("outbox", "deduplicates"),
    [
        ({}, True),
        ({"name": "{name}-{uuid}.txt"}, True),
        ({"keeps_files": False}, False),
        ({"keeps_files": False, "name": "{uuid}-{now:%Y}"}, False),
    ],
)
async def test_only_where_files_stay_is_repeating_promised(
    server: Sshd, folder: Path, outbox: dict[str, Any], deduplicates: bool
) -> None:
    async with opened(settings(server, folder, **outbox)) as adapter:
        operations = {operation.name: operation for operation in adapter.operations()}
        assert operations["outbox.put"].deduplicates is deduplicates


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
async def test_the_same_key_and_content_is_one_file(server: Sshd, folder: Path, data: bytes) -> None:
    async with opened(settings(server, folder)) as adapter:
        first = await put(adapter, data)
        assert await put(adapter, data) == first
        assert names_in(folder) == [first["file"]]
    async with opened(settings(server, folder)) as adapter:
        assert await put(adapter, data) == first, "also after a restart"
        assert (await put(adapter, data, "m2:0/pay"))["file"] != first["file"]
        assert (await put(adapter, data, None))["file"] != first["file"]
    assert len(names_in(folder)) == 3


@pytest.mark.parametrize("other", [b"other", b"same length as that"], ids=["size", "content"])
async def test_the_same_key_with_another_content_is_a_conflict(
    server: Sshd, folder: Path, other: bytes
) -> None:
    async with opened(settings(server, folder)) as adapter:
        first = await put(adapter, b"that is as long now")
        with pytest.raises(PeerRejected) as caught:
            await put(adapter, other)
        assert caught.value.blame is Blame.CONFLICT
        await until(lambda: names_in(folder) == [first["file"]])
        assert (folder / first["file"]).read_bytes() == b"that is as long now"


async def test_a_put_of_unknown_outcome_is_found_to_be_done(
    server: Sshd, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, ok = Wire.send_rename, Wire.ok
    sent: list[int] = []

    def sending(self: Wire, old: bytes, new: bytes, *, replace: bool) -> int:
        sent.append(send(self, old, new, replace=replace))
        return sent[-1]

    def lost(self: Wire, number: int) -> None:
        ok(self, number)
        if number in sent:
            raise EOFError

    async with opened(settings(server, folder)) as adapter:
        with monkeypatch.context() as patch:
            patch.setattr(Wire, "send_rename", sending)
            patch.setattr(Wire, "ok", lost)
            with pytest.raises(OutcomeUnknown):
                await put(adapter, LARGE)
        (name,) = names_in(folder)
        assert (await put(adapter, LARGE))["file"] == name
        assert names_in(folder) == [name]
