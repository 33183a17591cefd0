"""The local development mail server: takes every mail and keeps it on this machine."""

import asyncio
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_MAIL = 5_000_000

Keep = Callable[[str, str, bytes], None]
"""Sender, recipient and the mail's bytes; called in a thread, once a recipient."""


class _Handler:
    """The aiosmtpd side of the sink: names of its methods are the library's."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if address.startswith("refused"):
            return "550 5.1.1 this local address refuses mail"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        raw = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            await asyncio.to_thread(self._keep, envelope.mail_from or "", recipient, raw)
        return "250 kept on this machine"


async def serve_sink(host: str, port: int, keep: Keep) -> asyncio.Server:
    """Listen for mail; an address that starts with ``refused`` is refused, to see what happens then."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(_Handler(keep), data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True),
        host,
        port,
    )
