"""Opening the broker's socket on the event loop, TLS included.

paho would do this itself, blocking: for a name server, a handshake or a black hole it would hold a thread
that nobody can cancel. Here every wait can be cancelled and ends with the deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

from adapters.contract import Deadline
from adapters.errors import ConnectFailed, ConnectTimeout
from adapters.mqtt.config import MqttSettings


@contextlib.contextmanager
def translate_errors(settings: MqttSettings) -> Iterator[None]:
    """Turn what goes wrong while connecting into ConnectFailed or ConnectTimeout."""
    where = f"{settings.host}:{settings.port}"
    try:
        yield
    except TimeoutError as error:
        raise ConnectTimeout(f"the MQTT broker {where} did not answer in time") from error
    except ssl.SSLCertVerificationError as error:
        reason = error.verify_message or "verification failed"
        raise ConnectFailed(f"the certificate of the MQTT broker {where} is refused: {reason}") from error
    except ssl.SSLError as error:
        raise ConnectFailed(f"no TLS with the MQTT broker {where}: {error.reason or error}") from error
    except (socket.gaierror, UnicodeError) as error:  # the latter: not a name at all, such as a..b
        raise ConnectFailed(f"the name {settings.host} of the MQTT broker is not known") from error
    except OSError as error:
        raise ConnectFailed(f"the MQTT broker {where} is not reachable: {error.strerror or error}") from error


async def dial(settings: MqttSettings, context: ssl.SSLContext | None, deadline: Deadline) -> socket.socket:
    """A connected, non-blocking socket to the broker, owned by the caller.

    Raises: ConnectFailed, ConnectTimeout.
    """
    with translate_errors(settings):
        async with asyncio.timeout(deadline.remaining()):
            connected = await _connect(settings.host, settings.port)
            if context is None:
                return connected
            return await _encrypt(connected, context, settings.host)


async def _connect(host: str, port: int) -> socket.socket:
    """Try the host's addresses in turn. Raises: OSError of the last."""
    loop = asyncio.get_running_loop()
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, address)
        except OSError as error:
            failure = error
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure or OSError("no address")


async def _encrypt(sock: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """The TLS handshake, waiting on the event loop. Takes over and closes `sock` when it fails."""
    loop = asyncio.get_running_loop()
    try:
        wrapped = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(wrapped.fileno(), loop.add_reader, loop.remove_reader)
            except ssl.SSLWantWriteError:
                await _ready(wrapped.fileno(), loop.add_writer, loop.remove_writer)
            else:
                return wrapped
    except BaseException:
        wrapped.close()
        raise


async def _ready(number: int, add: Callable[..., None], remove: Callable[[int], object]) -> None:
    ready = asyncio.Event()
    add(number, ready.set)
    try:
        await ready.wait()
    finally:
        remove(number)
