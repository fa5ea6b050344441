"""The envelope of a reply that came as a multipart message.

Servers with MTOM switched on answer so although nothing is attached: one part, the envelope. Such a reply is
read; one with attachments is refused, since what is in them would be lost. The parts are cut here and not by
the standard library's mail parser, which goes through a reply line by line and into parts within parts.

Source: RFC 2046 §5.1 (boundaries); RFC 2387 (multipart/related); SOAP Messages with Attachments (W3C Note)
§3; XOP 1.0 §4.
"""

from __future__ import annotations

import quopri
from binascii import Error as BinasciiError
from binascii import a2b_base64
from email.message import Message
from email.parser import BytesHeaderParser

from adapters.soap.client import HttpReply

MAX_HEAD_BYTES = 16 * 1024

_INCLUDE = b"http://www.w3.org/2004/08/xop/include"


class Unreadable(ValueError):
    """A multipart reply that cannot be read as one envelope, and why."""


def envelope_part(reply: HttpReply) -> tuple[bytes, str | None]:
    """The bytes of the envelope and their charset: the reply itself, or the only part of a multipart one.

    Raises: Unreadable.
    """
    if not reply.media_type.startswith("multipart/"):
        return reply.body, reply.charset
    parts = _parts(reply)
    if len(parts) > 1:
        raise Unreadable(f"it has {len(parts) - 1} attachments, which this version does not read")
    head, data = _divided(parts[0])
    data = _decoded(data, head)
    if _INCLUDE in data:
        raise Unreadable("it refers to attachments")
    return data, head.get_content_charset()


def _parts(reply: HttpReply) -> list[bytes]:
    """What stands between the boundaries. A line break before a boundary belongs to the boundary."""
    header = Message()
    header["Content-Type"] = reply.content_type
    boundary = header.get_boundary()
    if not boundary or not boundary.isascii():
        raise Unreadable("its parts cannot be told apart")
    delimiter = b"\n--" + boundary.encode("ascii")
    pieces = (b"\n" + reply.body).split(delimiter)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Unreadable("its parts cannot be told apart")
    return pieces[1:-1]


def _divided(part: bytes) -> tuple[Message, bytes]:
    """The headers and the content of a part, which begins with the rest of its boundary's line."""
    content = part.partition(b"\n")[2]
    ends = [(at, len(end)) for end in (b"\r\n\r\n", b"\n\n") if (at := content.find(end)) >= 0]
    if content.startswith((b"\r\n", b"\n")):
        ends.append((0, 2 if content.startswith(b"\r") else 1))
    at, length = min(ends, default=(MAX_HEAD_BYTES + 1, 0))
    if at > MAX_HEAD_BYTES:
        raise Unreadable("its part has no headers, or too many")
    return BytesHeaderParser().parsebytes(content[:at]), content[at + length :].removesuffix(b"\r")


def _decoded(data: bytes, head: Message) -> bytes:
    encoding = str(head.get("Content-Transfer-Encoding", "binary")).strip().lower()
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding != "base64":
        return data
    try:
        return a2b_base64(data)
    except BinasciiError as error:
        raise Unreadable(f"its part is not the base64 it says: {error}") from None
