"""Real TLS handshakes over a loopback connection."""

from __future__ import annotations

import socket
import ssl
import threading


def handshake(
    server: ssl.SSLContext, client: ssl.SSLContext, hostname: str = "localhost"
) -> tuple[str, str, str | None]:
    """Version, cipher and ALPN of one handshake, after one byte has gone each way.

    Raises: whatever the client's side raises.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, server))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=5) as plain,
                client.wrap_socket(plain, server_hostname=hostname) as tls,
            ):
                tls.sendall(b"?")
                assert tls.recv(1) == b"!"
                cipher = tls.cipher()
                assert cipher is not None
                return tls.version() or "", cipher[0], tls.selected_alpn_protocol()
        finally:
            thread.join(10)


def _answer(listener: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = listener.accept()
    plain.settimeout(5)
    with plain:
        try:
            with context.wrap_socket(plain, server_side=True) as tls:
                tls.recv(1)
                tls.sendall(b"!")
        except OSError:
            # The client's side raises what tests look at.
            return
