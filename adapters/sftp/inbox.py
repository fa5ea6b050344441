"""Listing one inbox and fetching from it."""

from __future__ import annotations

import fnmatch
import re

from adapters.contract import BytesReply, Deadline, Request, RowsReply
from adapters.errors import Blame, InvalidRequest, Violation
from adapters.sftp.boxes import Inbox
from adapters.sftp.download import Download, RemoteFile
from adapters.sftp.listing import Listing, Order, read_folder, rows, timestamp
from adapters.sftp.names import unsafe_reason
from adapters.sftp.operations import DEFAULT_LIMIT
from adapters.sftp.packets import Status
from adapters.sftp.pool import ANSWERS, Pool
from adapters.sftp.translate import Phase, Progress, translate_errors

_NOT_FOUND: dict[int, Blame] = {Status.NO_SUCH_FILE: Blame.NOT_FOUND, Status.NO_SUCH_PATH: Blame.NOT_FOUND}


class InboxReader:
    """One inbox of one system."""

    def __init__(self, system: str, name: str, inbox: Inbox, pool: Pool) -> None:
        self._about = f"{system}.{name}"
        self._inbox = inbox
        self._pool = pool
        # The expressions fnmatch makes take each star's shortest match and never go back on it.
        self._fits = re.compile(fnmatch.translate(inbox.pattern)).match

    async def list(self, request: Request, deadline: Deadline) -> RowsReply:
        """The files, sorted, a page of them.

        Raises: NotSent's and ReadFailed's kinds, AccessRefused's kinds, PeerRejected, BadReply's kinds.
        """
        progress = Progress(Phase.READ, f"{self._about}: listing")
        async with self._pool.lease(deadline) as session:
            with translate_errors(progress):
                listing = await self._pool.run(
                    session, deadline, lambda wire: read_folder(wire, self._inbox.path, self._inbox.max_files)
                )
        fitting = Listing([file for file in listing.files if self._fits(file.name)], listing.skipped)
        parameters = request.parameters
        page = fitting.page(
            Order(str(parameters.get("order", Order.NAME))),
            int(str(parameters.get("offset", 0))),
            int(str(parameters.get("limit", DEFAULT_LIMIT))),
        )
        headers = {
            "sftp.path": self._inbox.path,
            "sftp.files": str(len(fitting.files)),
            "sftp.skipped": str(listing.skipped),
        }
        return RowsReply(rows(page), headers)

    async def get(self, request: Request, deadline: Deadline) -> BytesReply:
        """One file as a stream.

        Raises: as `list`, and InvalidRequest. A small file is complete and verified when this returns; the
        chunks of a larger one raise ReadFailed when it changes under them.
        """
        name = self._checked(str(request.parameters["file"]))
        path = f"/{name}" if self._inbox.path == "/" else f"{self._inbox.path}/{name}"
        file = RemoteFile(path, self._inbox.max_file_bytes)
        progress = Progress(Phase.READ, f"{self._about}: {name}", _NOT_FOUND)
        patience_s = deadline.remaining()
        session = await self._pool.acquire(deadline)
        try:
            with translate_errors(progress):
                first = await self._pool.run(session, deadline, file.open)
        except BaseException as error:
            self._pool.release(session, reusable=isinstance(error, ANSWERS))
            raise
        headers = {"sftp.path": path}
        modified = timestamp(file.modified)
        if modified is not None:
            headers["sftp.modified"] = modified
        chunks = Download(self._pool, session, file, first, progress, patience_s)
        return BytesReply(chunks, "application/octet-stream", file.size, name, headers)

    def _checked(self, name: str) -> str:
        reason = unsafe_reason(name)
        if reason is None and not self._fits(name):
            reason = f"does not fit the inbox's pattern {self._inbox.pattern}"
        if reason:
            raise InvalidRequest(f"the file name {reason}", [Violation(reason, parameter="file")])
        return name
