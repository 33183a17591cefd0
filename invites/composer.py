"""Mails as bytes: composed once, deterministic, the same words giving the same bytes (RFC 6047)."""

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from domain.invites import CalendarMail, Letter, RenderedMail
from invites.calendar_text import calendar_text, one_line
from invites.headers import SMTP
from invites.words import (
    LONGEST_SUBJECT,
    as_html,
    calendar_body,
    calendar_notes,
    calendar_subject,
    letter_words,
    shortened,
)

_ATTACHED = "invite.ics"


class MailComposer:
    """Implements ``domain.ports.Composer`` for one organiser address."""

    def __init__(self, organiser: str, organiser_name: str) -> None:
        self._organiser = organiser
        self._name = organiser_name
        self._local, _, self._domain = organiser.rpartition("@")

    def calendar_mail(self, mail: CalendarMail) -> RenderedMail:
        """Return the mail: plain text, HTML and calendar as alternatives, the calendar attached too."""
        subject, body = self.words(mail)
        method = mail.method.value
        text = calendar_text(mail, self._organiser, self._name, calendar_notes(mail, body))
        identity = _digest(mail.uid, method, str(mail.sequence), mail.stamped.isoformat())
        message = self._message(mail.reader_name, mail.reader_email, identity, mail.stamped)
        message["Subject"] = subject
        _add_thread(message, mail.previous)
        alternative = EmailMessage(policy=SMTP)
        _add_words(alternative, body, mail)
        alternative.add_alternative(
            text,
            maintype="text",
            subtype="calendar",
            cte="base64",
            params={"method": method, "charset": "UTF-8", "component": "VEVENT"},
        )
        message.make_mixed()
        message.attach(alternative)
        message.add_attachment(
            text,
            maintype="application",
            subtype="ics",
            filename=_ATTACHED,
            params={"name": _ATTACHED},
        )
        return self._rendered(message, identity, mail.reader_email)

    def words(self, mail: CalendarMail) -> tuple[str, str]:
        """Return the mail's subject and plain text."""
        return one_line(calendar_subject(mail)), calendar_body(mail)

    def letter(self, letter: Letter) -> RenderedMail:
        """Return the letter as plain text and HTML."""
        subject, body = letter_words(letter)
        identity = _digest(letter.key)
        message = self._message(letter.reader_name, letter.reader_email, identity, letter.written)
        message["Subject"] = shortened(one_line(subject), LONGEST_SUBJECT)
        _add_words(message, body, letter)
        return self._rendered(message, identity, letter.reader_email)

    def _message(self, name: str, address: str, identity: str, at: datetime) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = str(Address(self._name, addr_spec=self._organiser))
        message["To"] = str(Address(one_line(name), addr_spec=address))
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{identity}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        return message

    def _rendered(self, message: EmailMessage, identity: str, recipient: str) -> RenderedMail:
        for number, part in enumerate(message.walk()):
            if part.is_multipart():
                part.set_boundary(f"=_{identity}_{number}")
        return RenderedMail(
            message_id=str(message["Message-ID"]),
            sender=f"bounces+{identity[:32]}@{self._domain}",
            recipient=recipient,
            subject=str(message["Subject"]),
            raw=message.as_bytes(),
        )


def _add_words(message: EmailMessage, body: str, mail: CalendarMail | Letter) -> None:
    message.set_content(body)
    message.add_alternative(as_html(body, mail), subtype="html")


def _add_thread(message: EmailMessage, previous: tuple[str, ...]) -> None:
    if previous:
        message["In-Reply-To"] = previous[-1]
        message["References"] = " ".join(previous[-20:])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
