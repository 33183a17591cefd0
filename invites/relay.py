"""The relay: sends waiting mails by SMTP, exactly the stored bytes, and says what became of each."""

import smtplib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from domain.ports import Outbox, QueuedMail
from domain.value import Value

BATCH = 50
_TIMEOUT = 20
_PERMANENT = 500


class Connection(Protocol):
    """Takes mails as ``smtplib.SMTP`` does, and raises what it raises."""

    def sendmail(self, from_addr: str, to_addrs: Sequence[str], msg: bytes, /) -> object: ...


class MailServer(Protocol):
    """Where mails are handed over."""

    def connected(self) -> AbstractContextManager[Connection]: ...


class SmtpServer(Value):
    """A submission server; ``user`` empty means without authentication."""

    host: str
    port: int
    starttls: bool = False
    user: str = ""
    password: SecretStr = SecretStr("")

    def connected(self) -> smtplib.SMTP:
        """Return an open connection; raises OSError or SMTPException."""
        connection = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT)
        if self.starttls:
            connection.starttls()
        if self.user:
            connection.login(self.user, self.password.get_secret_value())
        return connection


class Relay:
    """Hands over what is due, in the outbox's order; one relay runs at a time."""

    def __init__(self, outbox: Outbox, server: MailServer, clock: Callable[[], datetime]) -> None:
        self._outbox = outbox
        self._server = server
        self._clock = clock

    def relay_once(self) -> int:
        """Try every due mail once over one connection and return how many were tried."""
        due = self._outbox.due(self._clock(), BATCH)
        if not due:
            return 0
        try:
            with self._server.connected() as connection:
                for mail in due:
                    self._hand_over(connection, mail)
        except (OSError, smtplib.SMTPException) as away:
            self._postpone_all(due, away)
        return len(due)

    def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand one mail over at once; raises OSError or SMTPException when it is not taken."""
        with self._server.connected() as connection:
            connection.sendmail(sender, [recipient], raw)

    def _hand_over(self, connection: Connection, mail: QueuedMail) -> None:
        """Only what the server says of this recipient or these bytes is about this mail alone.

        A refusal of the sender or of the greeting is about the server's settings: all mails wait.
        """
        try:
            connection.sendmail(mail.sender, [mail.recipient], mail.raw)
        except smtplib.SMTPRecipientsRefused as refused:
            code, reply = next(iter(refused.recipients.values()))
            self._not_taken(mail, code, reply)
        except smtplib.SMTPDataError as refused:
            self._not_taken(mail, refused.smtp_code, refused.smtp_error)
        except ValueError as unsayable:
            self._not_taken(mail, _PERMANENT, f"address not usable ({type(unsayable).__name__})")
        else:
            self._outbox.delivered(mail.number, self._clock())

    def _not_taken(self, mail: QueuedMail, code: int, reply: bytes | str) -> None:
        text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
        if code >= _PERMANENT:
            self._outbox.refused(mail.number, f"{code} {text}", self._clock())
        else:
            self._outbox.postponed(mail.number, f"{code} {text}", self._clock())

    def _postpone_all(self, due: tuple[QueuedMail, ...], away: Exception) -> None:
        """The server went away: whatever it has not taken yet waits; a repeat sends the same bytes."""
        waiting = {mail.number for mail in self._outbox.due(self._clock(), BATCH)}
        for mail in due:
            if mail.number in waiting:
                self._outbox.postponed(mail.number, f"{type(away).__name__}: {away}", self._clock())
