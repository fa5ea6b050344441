"""The envelope of a reply that came as a multipart message.

Servers with MTOM switched on answer so although nothing is attached: one part, the envelope. Such a reply is
read; one with attachments is refused, since what is in them would be lost.

Source: RFC 2387 (multipart/related); SOAP Messages with Attachments (W3C Note) §3; XOP 1.0 §4.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP

from adapters.soap.client import HttpReply

_INCLUDE = b"http://www.w3.org/2004/08/xop/include"


class Unreadable(ValueError):
    """A multipart reply that cannot be read as one envelope, and why."""


def envelope_part(reply: HttpReply) -> tuple[bytes, str | None]:
    """The bytes of the envelope and their charset: the reply itself, or the only part of a multipart one.

    Raises: Unreadable.
    """
    if not reply.media_type.startswith("multipart/"):
        return reply.body, reply.charset
    head = f"Content-Type: {reply.content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + reply.body)
    parts = list(message.iter_parts())
    if not parts or message.defects:
        raise Unreadable("its parts cannot be told apart")
    if len(parts) > 1:
        raise Unreadable(f"it has {len(parts) - 1} attachments, which this version does not read")
    data = parts[0].get_payload(decode=True)
    if not isinstance(data, bytes) or _INCLUDE in data:
        raise Unreadable("it refers to attachments")
    return data, parts[0].get_content_charset()
