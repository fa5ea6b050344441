"""The socket's file: who may open it, what it replaces, and paths that are too long for its address."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from gateway.admin import socket as socket_file
from gateway.admin.socket import MAX_PATH_BYTES, SOCKET_NAME, SocketError


def _deep(folder: Path, length: int) -> Path:
    """A folder whose socket has a path of so many bytes."""
    missing = length - len(os.fsencode(folder / SOCKET_NAME)) - 1
    deep = folder
    while missing > 0:
        name = "d" * min(missing, 50)
        deep = deep / name
        missing -= len(name) + 1
    deep.mkdir(parents=True, exist_ok=True)
    return deep


@pytest.mark.parametrize("length", [0, MAX_PATH_BYTES - 1, MAX_PATH_BYTES, MAX_PATH_BYTES + 1, 400])
def test_it_is_reached_however_deep_it_lies(length: int, tmp_path: Path) -> None:
    folder = _deep(tmp_path, length)
    listening = socket_file.listen(folder)
    try:
        assert stat.S_IMODE((folder / SOCKET_NAME).stat().st_mode) == 0o600
        with (
            socket_file.reachable(folder) as path,
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
        ):
            assert len(os.fsencode(path)) <= MAX_PATH_BYTES
            client.connect(path)
    finally:
        listening.close()
    socket_file.remove(folder)
    assert not (folder / SOCKET_NAME).exists()


def test_one_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    socket_file.listen(tmp_path).close()
    assert (tmp_path / SOCKET_NAME).exists()
    socket_file.listen(tmp_path).close()


def test_what_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / SOCKET_NAME).write_text("mine")
    with pytest.raises(SocketError, match="is not a socket; move it away"):
        socket_file.listen(tmp_path)
    socket_file.remove(tmp_path)
    assert (tmp_path / SOCKET_NAME).read_text() == "mine"


def test_a_link_to_a_socket_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    listening = socket_file.listen(tmp_path / "elsewhere")
    (tmp_path / SOCKET_NAME).symlink_to(tmp_path / "elsewhere" / SOCKET_NAME)
    with pytest.raises(SocketError):
        socket_file.listen(tmp_path)
    listening.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SocketError, match="No such file"):
        socket_file.listen(tmp_path / "nothing")


def test_the_mask_of_the_process_is_left_as_it_was(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        socket_file.listen(tmp_path).close()
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
