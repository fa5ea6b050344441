"""Connecting workers, asking them, and turning what goes wrong into the adapter's errors."""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal
from typing import Any

import msgspec

from adapters.contract import Deadline, RowsReply
from adapters.errors import (
    AdapterError,
    ConnectFailed,
    ConnectionLost,
    ConnectTimeout,
    InvalidRequest,
    LimitExceeded,
    OutcomeUnknown,
    ProtocolViolation,
    ReadTimeout,
    Violation,
)
from adapters.odbc import connection, errors, wire
from adapters.odbc.blocks import Blocks, OneBlock
from adapters.odbc.config import OdbcSettings
from adapters.odbc.dialects import Dialect, SessionOptions, choose, guess
from adapters.odbc.pool import Pool
from adapters.odbc.process import Worker, WorkerDied, WorkerTimeout

RECEIVING_CONNECTIONS = 2
"""One may poll while the other marks."""

_decode_row = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


class Client:
    """One database: its pool of workers and its dialect, which is known once `open` has returned."""

    def __init__(self, system: str, settings: OdbcSettings) -> None:
        self._system = system
        self._settings = settings
        text = settings.connection.get_secret_value()
        self._keywords = connection.parse(text)
        self.dialect: Dialect = guess(self._keywords)()
        self._options = self.dialect.driver_options
        self._connect = wire.Connect(
            connection.with_options(text, self._options),
            login_timeout_s=math.ceil(settings.connect_timeout_s),
            query_timeout_s=math.ceil(settings.statement_timeout_s or 0),
        )
        self.pool = self._new_pool(settings.max_connections)
        self.receiving = self._new_pool(RECEIVING_CONNECTIONS)
        """Connections of their own for what channels read and mark: a slow poll takes none from the calls,
        and calls hold up no poll."""

    def _new_pool(self, size: int) -> Pool:
        return Pool(size, self._settings.idle_s, self._open_for_anyone)

    async def _open_for_anyone(self) -> Worker:
        """A worker for the pool, not in the time of the caller who happens to need it first."""
        return await self._open_worker(Deadline.after(self._settings.connect_timeout_s))

    # --- connecting -------------------------------------------------------------------------------------

    async def open(self, deadline: Deadline) -> None:
        """Connect a worker, learn which database answers and prepare the session for its dialect.

        Raises: ConnectFailed, ConnectTimeout, AuthenticationFailed, PermissionDenied.
        """
        if self.pool.closed:
            self.pool = self._new_pool(self._settings.max_connections)
            self.receiving = self._new_pool(RECEIVING_CONNECTIONS)
        worker, told = await self._connected(self._plain(self._options), deadline)
        try:
            dialect = choose(told.database, told.quote)
            self._options = dialect.driver_options
            settings = self._settings
            self._connect = msgspec.structs.replace(
                self._plain(dialect.driver_options),
                utf8_results=dialect.utf8_results,
                setup=dialect.session(
                    SessionOptions(
                        read_only=settings.read_only, statement_timeout_s=settings.statement_timeout_s or 0.0
                    )
                ),
            )
            self.dialect = dialect
            self.pool.ping = self.receiving.ping = dialect.ping
            await self._ask_connect(worker, self._connect, deadline)
        except BaseException:
            self.pool.dispose(worker)
            raise
        self.pool.adopt(worker)

    async def probe(self, deadline: Deadline) -> None:
        """Connect, ask a trivial question, leave. Raises: as `open`, and read errors."""
        worker = await self._open_worker(deadline)
        try:
            kind, payload = await worker.ask(wire.Ping(self.dialect.ping), deadline)
        except (WorkerDied, WorkerTimeout) as error:
            raise self.failure(error, write=False)[0] from error
        finally:
            self.pool.dispose(worker)
        if kind != wire.LAST:
            raise self.failure(payload, write=False)[0]

    def _plain(self, options: str) -> wire.Connect:
        text = self._settings.connection.get_secret_value()
        return msgspec.structs.replace(
            self._connect, connection=connection.with_options(text, options), setup=(), utf8_results=False
        )

    async def _open_worker(self, deadline: Deadline) -> Worker:
        worker, _ = await self._connected(self._connect, deadline)
        return worker

    async def _connected(self, connect: wire.Connect, deadline: Deadline) -> tuple[Worker, wire.Connected]:
        deadline = deadline.within(self._settings.connect_timeout_s)
        try:
            worker = await self.pool.start_worker()
        except OSError as error:
            raise ConnectFailed(
                f"{self._system}: no driver process can be started: {error.strerror}"
            ) from error
        try:
            return worker, await self._ask_connect(worker, connect, deadline)
        except BaseException:
            self.pool.dispose(worker)
            raise

    async def _ask_connect(self, worker: Worker, connect: wire.Connect, deadline: Deadline) -> wire.Connected:
        try:
            _, payload = await worker.ask(connect, deadline)
        except WorkerTimeout as error:
            raise ConnectTimeout(
                f"{self._system}: the database did not accept the connection in time"
            ) from error
        except WorkerDied as error:
            raise ConnectFailed(f"{self._system}: the ODBC driver crashed while connecting") from error
        answer = wire.to_gateway.decode(payload)
        if isinstance(answer, wire.Connected):
            return answer
        raise errors.connecting(
            answer,
            self.dialect.classify(answer),
            system=self._system,
            keywords=self._keywords,
            cause=self.dialect.why_unreachable(self._keywords),
        )

    # --- asking -----------------------------------------------------------------------------------------

    async def stream(self, query: wire.Query, deadline: Deadline, pool: Pool | None = None) -> RowsReply:
        """Start a read; the reply comes with its first block in hand. Raises: the read errors."""
        patience_s = deadline.remaining()
        frame = self._framed(query)
        pool = pool or self.pool
        worker = await pool.acquire(deadline)
        kind, block = await self._exchange(pool, worker, frame, deadline, write=False)
        if kind == wire.LAST:
            pool.release(worker)
            return RowsReply(OneBlock(block))
        return RowsReply(Blocks(pool, worker, block, patience_s, self._failure_of_read))

    async def fetch(
        self, request: wire.Query | wire.Describe, deadline: Deadline, pool: Pool | None = None
    ) -> bytes:
        """The whole answer to a read, as NDJSON. Raises: the read errors."""
        return (await self._whole(pool or self.pool, request, deadline))[1]

    async def write(self, request: wire.Write, deadline: Deadline, pool: Pool | None = None) -> bytes | None:
        """Carry out a write: the rows as stored where it asks for them, as NDJSON; None when its mark was
        there already, so that nothing was done. Raises: the errors of a write."""
        kind, rows = await self._whole(pool or self.pool, request, deadline)
        return None if kind == wire.REPEATED else rows

    async def _whole(
        self, pool: Pool, request: wire.Query | wire.Describe | wire.Write, deadline: Deadline
    ) -> tuple[int, bytes]:
        """The kind of the last block, and all of them."""
        write = isinstance(request, wire.Write)
        frame = self._framed(request)
        worker = await pool.acquire(deadline, for_write=write)
        kind, block = await self._exchange(pool, worker, frame, deadline, write=write)
        parts, size = [block], len(block)
        while kind == wire.MORE:
            kind, block = await self._exchange(pool, worker, wire.Next(), deadline, write=write)
            parts.append(block)
            size += len(block)
            if size > self._settings.max_reply_bytes:
                pool.discard(worker)
                limit = self._settings.max_reply_bytes
                raise LimitExceeded(
                    f"{self._system}: the answer is larger than {limit} bytes", sent_write=write
                )
        pool.release(worker)
        return kind, b"".join(parts)

    def _framed(self, request: wire.Query | wire.Describe | wire.Write) -> bytes:
        """The request as it goes to a worker; written before one is taken. Raises: InvalidRequest."""
        if isinstance(request, wire.Query):
            limit = min(self._settings.max_reply_bytes, wire.MAX_ROW_BYTES)
            request = msgspec.structs.replace(request, max_row_bytes=limit)
        try:
            return wire.frame(request)
        except (OverflowError, UnicodeEncodeError) as error:
            what = "a number is beyond 64 bits, or a text has half a surrogate pair"
            raise InvalidRequest(f"{self._system}: {what}", [Violation(what)]) from error

    async def _exchange(
        self, pool: Pool, worker: Worker, request: wire.ToWorker | bytes, deadline: Deadline, *, write: bool
    ) -> tuple[int, bytes]:
        """One message and its answering block. On any failure the worker has gone back to the pool."""
        try:
            kind, payload = await worker.ask(request, deadline)
            if kind != wire.MESSAGE:
                return kind, payload
            failed, usable = self.failure(payload, write=write)
        except (WorkerDied, WorkerTimeout) as error:
            pool.discard(worker)
            raise self.failure(error, write=write)[0] from error
        except asyncio.CancelledError:
            pool.settle(worker)
            raise
        except BaseException:  # whatever it is, the place of the worker must become free
            pool.discard(worker)
            raise
        (pool.release if usable else pool.discard)(worker)
        raise failed

    # --- failures ---------------------------------------------------------------------------------------

    def failure(self, what: bytes | Exception, *, write: bool) -> tuple[AdapterError, bool]:
        """The error to raise for a failure message or a worker's end, and whether the worker is usable."""
        if isinstance(what, bytes):
            answer = wire.to_gateway.decode(what)
            if not isinstance(answer, wire.Failed):
                return ProtocolViolation(f"{self._system}: the driver process answers out of turn"), False
            if answer.phase == "size":
                too_large = LimitExceeded(f"{self._system}: {answer.message}", sent_write=write)
                return too_large, answer.usable
            error = errors.translate(
                answer,
                self.dialect.classify(answer),
                system=self._system,
                write=write,
                rolls_back=self.dialect.rolls_back,
            )
            return error, answer.usable
        if isinstance(what, WorkerTimeout):
            message = f"{self._system}: the database did not answer in time; its connection was ended"
            return OutcomeUnknown(message) if write else ReadTimeout(message), False
        message = f"{self._system}: the ODBC driver's process ended in the middle of a call"
        return OutcomeUnknown(message) if write else ConnectionLost(message), False

    def _failure_of_read(self, what: bytes | Exception) -> tuple[Exception, bool]:
        return self.failure(what, write=False)

    async def aclose(self) -> None:
        """End all workers. Calls then find no connection, until `open` is called again."""
        await asyncio.gather(self.pool.aclose(), self.receiving.aclose())


def decode_rows(lines: bytes) -> list[dict[str, Any]]:
    """NDJSON as rows, fractions as Decimal."""
    return [_decode_row(line) for line in lines.split(b"\n") if line]
