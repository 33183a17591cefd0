"""Answers as a mail server hands them over: LMTP (RFC 2033), accepted only once they are stored."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.ports import Answers

LARGEST_MAIL = 20_000_000

log = logging.getLogger("lmtp")


class _Handler:
    """The aiosmtpd side of the delivery: names of its methods are the library's."""

    def __init__(self, answers: Answers, now: Callable[[], datetime], organiser: str) -> None:
        self._answers = answers
        self._now = now
        self._local, _, self._domain = organiser.lower().rpartition("@")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if not self._is_ours(address):
            return "550 5.1.1 invites of this installation do not come from that address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """One answer for each recipient, as LMTP demands."""
        del server, session
        raw = envelope.original_content or b""
        said = [await self._kept(recipient, raw) for recipient in envelope.rcpt_tos]
        return "\r\n".join(said)

    async def _kept(self, recipient: str, raw: bytes) -> str:
        named = b"Delivered-To: " + recipient.encode("utf-8", "replace") + b"\r\n" + raw
        try:
            await asyncio.to_thread(self._answers.keep, named, "lmtp", self._now())
        except Exception as failed:  # noqa: BLE001 - whatever it is, the mail server keeps the mail
            log.warning("a mail could not be stored", extra={"reason": type(failed).__name__})
            return "451 4.3.0 it could not be stored; try again later"
        return "250 2.0.0 stored"

    def _is_ours(self, address: str) -> bool:
        """The organiser, with or without a tag, and the envelope senders that bounces go to."""
        local, _, domain = address.lower().rpartition("@")
        return domain == self._domain and local.split("+")[0] in {self._local, "bounces"}


async def serve_lmtp(
    host: str, port: int, answers: Answers, now: Callable[[], datetime], organiser: str
) -> asyncio.Server:
    """Listen for mails to the organiser; each is acknowledged after it is stored, never before."""
    loop = asyncio.get_running_loop()
    handler = _Handler(answers, now, organiser)
    return await loop.create_server(
        lambda: LMTP(handler, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True), host, port
    )
