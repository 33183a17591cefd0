"""Mails as bytes: composed once, deterministic, the same words giving the same bytes (RFC 6047)."""

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.utils import format_datetime

from domain.invites import CalendarMail, Letter, RenderedMail
from invites.calendar_text import calendar_text, one_line
from invites.mime import base64_part, header, multipart, text_part
from invites.words import (
    LONGEST_SUBJECT,
    as_html,
    calendar_body,
    calendar_notes,
    calendar_subject,
    letter_words,
    shortened,
)


class MailComposer:
    """Implements ``domain.ports.Composer`` for one organiser address."""

    def __init__(self, organiser: str, organiser_name: str) -> None:
        self._organiser = organiser
        self._name = organiser_name
        self._domain = organiser.rpartition("@")[2]
        self._from = header("From", str(Address(organiser_name, addr_spec=organiser)))

    def calendar_mail(self, mail: CalendarMail) -> RenderedMail:
        """Return the mail: plain text, HTML and calendar as alternatives, the calendar attached too."""
        subject, body = self.words(mail)
        method = mail.method.value
        identity = _digest(mail.uid, method, str(mail.sequence), mail.stamped.isoformat())
        text = calendar_text(mail, self._organiser, self._name, calendar_notes(mail, body))
        kind = f'text/calendar; charset="UTF-8"; method={method}; component=VEVENT'
        content = multipart(
            "mixed",
            f"=_{identity}_0",
            multipart(
                "alternative",
                f"=_{identity}_1",
                text_part("plain", body),
                text_part("html", as_html(body, mail)),
                base64_part(kind, text),
            ),
            base64_part(
                'application/ics; name="invite.ics"',
                text,
                'Content-Disposition: attachment; filename="invite.ics"',
            ),
        )
        head = self._head(mail, identity, mail.stamped, subject)
        return self._rendered(mail, identity, subject, head + _thread(mail.previous) + content)

    def words(self, mail: CalendarMail) -> tuple[str, str]:
        """Return the mail's subject and plain text."""
        return one_line(calendar_subject(mail)), calendar_body(mail)

    def letter(self, letter: Letter) -> RenderedMail:
        """Return the letter as plain text and HTML."""
        long_subject, body = letter_words(letter)
        subject = shortened(one_line(long_subject), LONGEST_SUBJECT)
        identity = _digest(letter.key)
        content = multipart(
            "alternative",
            f"=_{identity}_0",
            text_part("plain", body),
            text_part("html", as_html(body, letter)),
        )
        head = self._head(letter, identity, letter.written, subject)
        return self._rendered(letter, identity, subject, head + content)

    def _head(
        self, mail: CalendarMail | Letter, identity: str, at: datetime, subject: str
    ) -> bytes:
        reader = Address(one_line(mail.reader_name), addr_spec=mail.reader_email)
        fixed = (
            f"Date: {format_datetime(at)}",
            f"Message-ID: {self._message_id(identity)}",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: OOF, AutoReply",
            "MIME-Version: 1.0",
            "",
        )
        names = self._from + header("To", str(reader)) + header("Subject", subject)
        return names + "\r\n".join(fixed).encode()

    def _message_id(self, identity: str) -> str:
        return f"<{identity}@{self._domain}>"

    def _rendered(
        self, mail: CalendarMail | Letter, identity: str, subject: str, raw: bytes
    ) -> RenderedMail:
        return RenderedMail(
            message_id=self._message_id(identity),
            sender=f"bounces+{identity[:32]}@{self._domain}",
            recipient=mail.reader_email,
            subject=subject,
            raw=raw,
        )


def _thread(previous: tuple[str, ...]) -> bytes:
    if not previous:
        return b""
    chain = "\r\n ".join(previous[-20:])
    return f"In-Reply-To: {previous[-1]}\r\nReferences: {chain}\r\n".encode()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
