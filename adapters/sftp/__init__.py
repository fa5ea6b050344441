"""SFTP: inboxes to list, fetch and receive from, outboxes to put into."""

from __future__ import annotations

from adapters.contract import Capability
from adapters.registry import AdapterType
from adapters.sftp.adapter import SftpAdapter
from adapters.sftp.config import SftpSettings

__all__ = ["ADAPTER"]

ADAPTER = AdapterType(
    name="sftp",
    title="SFTP server",
    settings=SftpSettings,
    create=SftpAdapter,
    capabilities=frozenset(
        {
            Capability.DESCRIBED_BY_SETTINGS,
            Capability.VALUES,
            Capability.ROWS,
            Capability.BYTES,
            Capability.RECEIVES,
            Capability.AUTHENTICATES,
        }
    ),
)
