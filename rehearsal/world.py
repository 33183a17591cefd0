"""The rehearsed world: mails arrive at once, people act in their own time, the process goes on."""

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from domain.errors import DomainError, Refused
from domain.moments import at_wall_time
from domain.people import Person
from domain.ports import QueuedMail
from domain.program import Gate
from domain.rotation import Answer
from invites.answering import counter_to, reply_to
from rehearsal.clockwork import Clockwork
from rehearsal.manager import MORNING, Manager
from rehearsal.office import RehearsalOffice
from rehearsal.people import Act, Deed
from rehearsal.saying import Sayer
from workflows.handles import SIGNALS, UPDATES
from workflows.names import workflow_id_of
from workflows.rotation import RotationStart

DAY = timedelta(days=1)
A_WISH = DAY
"""Somebody who wants another time asks for the same hour of the next day."""


class World:
    """Lets time pass and everything happen in its order."""

    def __init__(
        self,
        office: RehearsalOffice,
        clockwork: Clockwork,
        sayer: Sayer,
        manager: Manager,
        zone: str,
    ) -> None:
        self._office = office
        self._clockwork = clockwork
        self._sayer = sayer
        self._manager = manager
        self._zone = zone
        self._agenda: list[Act] = []
        self._unread = False
        self._all_told = -1
        """After how many writes there was no news."""
        self._next_mail: tuple[int, datetime | None] = (-1, None)
        """After how many writes it was asked when the next mail leaves, and the answer."""
        self._morning = self._next_morning()

    def deliver(self, person: Person, mail: QueuedMail) -> None:
        """Let somebody read a mail and decide what to do about it."""
        for act in self._sayer.reader.react(mail, person, self._now):
            heapq.heappush(self._agenda, act)

    def live_until(self, end: datetime) -> None:
        """Go from one moment at which something happens to the next, up to ``end`` (UTC)."""
        self._come_to_rest()
        while (moment := self._next_moment()) <= end:
            self._clockwork.move_to(moment)
            self._come_to_rest()
            while self._agenda and self._agenda[0].at <= self._now:
                self._perform(heapq.heappop(self._agenda))
                self._come_to_rest()
            if self._now >= self._morning:
                self._manager.round(self._now)
                self._morning = self._next_morning()
                self._come_to_rest()
        self._clockwork.move_to(end)

    @property
    def over(self) -> bool:
        """Return whether nothing runs any more."""
        return not self._clockwork.running()

    @property
    def _now(self) -> datetime:
        return self._clockwork.now

    def _next_moment(self) -> datetime:
        moments = [self._morning, self._clockwork.next_timer(), self._mail_due()]
        moments += [act.at for act in self._agenda[:1]]
        return max(self._now, min(moment for moment in moments if moment))

    def _next_morning(self) -> datetime:
        day = self._now.date()
        while True:
            morning = at_wall_time(day, MORNING, self._zone).astimezone(UTC)
            if morning > self._now and day.weekday() < 5:
                return morning
            day += DAY

    def _come_to_rest(self) -> None:
        """Send, read and tell until nobody has anything new."""
        while self._send_due() + self._read_new() + self._tell_news():
            continue

    def _mail_due(self) -> datetime | None:
        if self._next_mail[0] != self._office.writes:
            self._next_mail = (self._office.writes, self._office.outbox.next_due())
        return self._next_mail[1]

    def _send_due(self) -> int:
        due = self._mail_due()
        return self._office.relay.relay_once() if due and due <= self._now else 0

    def _read_new(self) -> int:
        if not self._unread:
            return 0
        self._unread = False
        return self._office.take_in()

    def _send_back(self, raw: bytes) -> None:
        self._office.answers.keep(raw, "sink", self._now)
        self._unread = True

    def _tell_news(self) -> int:
        if self._all_told == self._office.writes:
            return 0
        begun, pending = self._begin_occasions(), self._office.news.pending(self._now, 50)
        if not begun and not pending:
            self._all_told = self._office.writes
        for news in pending:
            try:
                if news.event.kind in SIGNALS:
                    self._clockwork.signal(news.workflow_id, SIGNALS[news.event.kind], news.event)
                else:
                    name = UPDATES[news.event.kind]
                    self._clockwork.update(news.workflow_id, name, news.update_id, news.event)
            except DomainError as refused:
                self._office.news.rejected(news.number, str(refused), self._now)
            else:
                self._office.news.told(news.number, self._now)
        return begun + len(pending)

    def _begin_occasions(self) -> int:
        """Start what was opened, as the mail process of an installation does."""
        opened = self._office.occasions.pending(self._now, 50)
        for state in opened:
            start = RotationStart(state=state)
            self._clockwork.start("RotationWorkflow", workflow_id_of(state), start)
            self._office.occasions.begun(state.rotation)
        return len(opened)

    def _perform(self, act: Act) -> None:
        """What a page or the process refuses meanwhile is let go, as a person would."""
        with suppress(Refused):
            _DEEDS[act.deed](self, act)

    def _reply(self, act: Act) -> None:
        answer = Answer(act.said)
        if act.card:
            _, _, reply = reply_to(act.card, answer, self._now)
            self._send_back(reply)
        else:
            self._office.sayings.answer(act.claim.about, answer, "link", self._now)

    def _propose_time(self, act: Act) -> None:
        if act.card is None:
            return
        wished = act.card.starts.astimezone(UTC) + A_WISH
        _, _, counter = counter_to(act.card, wished, self._now)
        self._send_back(counter)

    def _not_today(self, act: Act) -> None:
        self._office.sayings.not_today(act.claim.rotation, _step(act), act.person, self._now)

    def _consent(self, act: Act) -> None:
        self._office.sayings.consent(
            act.claim.rotation,
            Gate(act.claim.about),
            act.person,
            agreed=act.said == "yes",
            now=self._now,
        )

    def _confirm(self, act: Act) -> None:
        self._office.sayings.took_place(act.claim.rotation, _step(act), act.person, self._now)

    def _write(self, act: Act) -> None:
        state = self._office.views.state_of(act.claim.rotation)
        self._sayer.write(act.deed, state, _step(act), self._now)

    def _release(self, act: Act) -> None:
        summaries, about = self._office.summaries, (act.claim.rotation, _step(act), act.person)
        found = summaries.page(*about).summary
        read = found.digest if found else ""
        summaries.release(*about, agreed=act.said == "yes", read=read, now=self._now)

    def _raise_concern(self, act: Act) -> None:
        self._sayer.raise_concern(act.claim.about, act.person, self._now)

    def _invite(self, act: Act) -> None:
        yes = act.said == "yes"
        self._office.happenings.decide(act.claim.rotation, invited=yes, now=self._now)

    def _pass_on(self, act: Act) -> None:
        self._sayer.pass_on(act.claim.rotation, _step(act), act.person, self._now)

    def _close_test(self, act: Act) -> None:
        self._sayer.close_test(act.claim.about, act.person, self._now)

    def _decide(self, act: Act) -> None:
        self._sayer.decide(act.claim.about, act.person, self._now)

    def _measure(self, act: Act) -> None:
        self._sayer.measure(act.claim.about, self._now)


def _step(act: Act) -> str:
    return act.claim.step or ""


_DEEDS: dict[Deed, Callable[[World, Act], None]] = {
    Deed.REPLY: World._reply,
    Deed.PROPOSE_TIME: World._propose_time,
    Deed.NOT_TODAY: World._not_today,
    Deed.CONSENT: World._consent,
    Deed.CONFIRM: World._confirm,
    Deed.REFLECT: World._write,
    Deed.THANK: World._write,
    Deed.SUMMARISE: World._write,
    Deed.RELEASE: World._release,
    Deed.PROPOSE: World._write,
    Deed.RAISE_CONCERN: World._raise_concern,
    Deed.INVITE: World._invite,
    Deed.CONVEY: World._pass_on,
    Deed.CLOSE_TEST: World._close_test,
    Deed.DECIDE: World._decide,
    Deed.MEASURE: World._measure,
}
