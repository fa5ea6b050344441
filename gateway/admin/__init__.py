"""The admin socket: how commands on the same machine look at, and change, what the running gateway holds."""

from gateway.admin.client import AdminClient, AdminError, NotRunning
from gateway.admin.server import AdminServer, Reload, Reloaded
from gateway.admin.socket import SOCKET_NAME, SocketError

__all__ = [
    "SOCKET_NAME",
    "AdminClient",
    "AdminError",
    "AdminServer",
    "NotRunning",
    "Reload",
    "Reloaded",
    "SocketError",
]
