"""The company that lives through a kill storm: its program folder, its mail server, its people."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.bent_process import BentClock
from domain.rotation import Answer
from invites.answering import CalendarCard, card_of, reply_to, words_of
from tests.forms import hidden_in
from tests.mill import GOALS, HOSTS, PEOPLE, PROGRAM, SUMMARY, THANKS
from tests.servers import Dovecot, MailServer

MILLS = ("wind", "water")

DECLINES = 0.15
"""Share of first invites that are declined; each wants a repair in the middle of the storm."""

_LINK = re.compile(r"https?://\S+?(/t/\S+)")
_FORM = re.compile(r'action="(/t/[^"]+/(\w+))"')
_FORMS = {
    "answer": {"answer": "accepted"},
    "consent": {"agreed": "yes"},
    "held": {},
    "reflect": {"line0": "The mill is loud."},
    "thank": {"words": "You let me carry the sacks."},
    "release": {"agreed": "yes"},
    "summarise": {
        "words": "The day is made of small repairs.",
        "thing0": "Every bag is weighed three times by hand",
        "thing1": "Nobody tells the night shift what was ordered",
        "thing2": "Spare belts come from another country and take weeks",
    },
}
"""What somebody fills in, by the form that a link leads to."""


class SlowMailServer(MailServer):
    """Takes its time between keeping a mail and saying so, as mail servers that scan do."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.3)
        return answer


@dataclass
class People:
    """Everybody who gets mail: each answers each mail once, and tries until it is heard."""

    mail: MailServer
    mailbox: Dovecot
    web: httpx.AsyncClient
    clock: BentClock
    seed: int
    replies: set[bytes] = field(default_factory=set)
    pressed: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    _read: set[bytes] = field(default_factory=set)

    async def live(self) -> None:
        """Answer whatever arrives, until cancelled."""
        async with asyncio.TaskGroup() as doing:
            while True:
                for _, raw in self.mail.mails[:]:
                    if raw not in self._read:
                        self._read.add(raw)
                        doing.create_task(self._react(raw))
                await asyncio.sleep(0.1)

    async def _react(self, raw: bytes) -> None:
        card = card_of(raw)
        if card is None:
            if link := _LINK.search(words_of(raw)):
                await self._press(link[1])
        elif card.method == "REQUEST":
            chance = Random(f"{self.seed} {card.attendee} {card.title} {card.sequence}")
            await asyncio.sleep(chance.random())
            declines = card.sequence == 0 and chance.random() < DECLINES
            await self._reply(card, Answer.DECLINED if declines else Answer.ACCEPTED)

    async def _reply(self, card: CalendarCard, answer: Answer) -> None:
        *_, reply = reply_to(card, answer, self.clock.now())
        self.replies.add(reply)
        await asyncio.to_thread(self.mailbox.deliver, reply)

    async def _press(self, path: str) -> None:
        shown = await self._insist(lambda: self.web.get(path))
        if form := _FORM.search(shown.text):
            action, verb = form.groups()
            filled = hidden_in(shown.text) | _FORMS[verb]
            done = await self._insist(lambda: self.web.post(action, data=filled))
            self.pressed[verb if done.status_code == 303 else f"{verb}, {done.status_code}"] += 1

    async def _insist(self, ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """Press again, as people do, while nobody is there to answer."""
        while True:
            try:
                found = await ask()
            except httpx.TransportError:
                self.retries += 1
            else:
                if found.status_code < 500:
                    return found
                self.retries += 1
            await asyncio.sleep(0.3)


def write_company(folder: Path, leaders: int) -> Path:
    """Write a folder in which leaders visit two mills; every second consent is still to be asked for."""
    seats = range(leaders)
    zone, hours = "Europe/Vienna,AT,9", "Mon-Fri 08:00-17:00"
    people = [f"iris,Iris Kern,iris@mill.example,office,,{zone},{hours},no,,"]
    people += [f"boss,Otto Brandl,otto@mill.example,office,,{zone},{hours},no,,"]
    people += [
        f"lead{n},Lead {n},lead{n}@mill.example,office,boss,{zone},{hours},yes,{_sometimes(n)},"
        for n in seats
    ]
    for team in MILLS:
        people += [
            f"{who}-{team},{who.title()},{who}@{team}.example,{team},,{zone},{hours},no,,{_sometimes(n)}"
            for n, who in enumerate(("karl", "lisa", "paul"))
        ]
    hosts = [
        f"{team},The {team},operational,yes,karl-{team},lisa-{team};paul-{team},Europe/Vienna,3,{_sometimes(n)},"
        for n, team in enumerate(MILLS)
    ]
    goals = [
        f"lead{n},See how flour is really made,I can explain it,operational,1,,{_sometimes(n)}"
        for n in seats
    ]
    files = {"people": (PEOPLE, people), "hosts": (HOSTS, hosts), "goals": (GOALS, goals)}
    for name, (like, rows) in files.items():
        (folder / f"{name}.csv").write_text("\n".join([like.splitlines()[0], *rows]) + "\n")
    (folder / "program.toml").write_text(PROGRAM + SUMMARY + THANKS)
    return folder


def _sometimes(n: int) -> str:
    return "" if n % 2 else "2026-02-01"
