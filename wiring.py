"""The only place where adapters meet ports; imported by web, cli and worker alone."""

import base64
import functools
import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from random import Random

from sqlalchemy import Engine

import planner
from activities.correspondence import CorrespondenceActivities
from activities.planning import PlanningActivities
from activities.policy import PolicyActivities
from activities.rituals import RitualActivities
from domain.calendars import CalendarReading, Seen
from domain.daysheet import DaySheet
from domain.errors import NotFound, Refused
from domain.folder import Folder, ImportReport, Rejection
from domain.incoming import Incoming
from domain.moments import zone_of
from domain.outcomes import MetricValue
from domain.ports import Rhythm
from domain.rotation import Answer
from intake.addresses import Reach
from intake.calendars import read_file
from intake.dialects import Unreadable
from intake.fetching import Fetcher
from intake.folder import read_folder
from intake.holidays import holiday_absences
from intake.lists import goals_as_csv
from intake.metrics import METRICS, read_metrics
from intake.program_file import days_moved
from intake.refreshing import Refresher, read_for
from invites.answering import card_of, invite_in, reply_to
from invites.composer import MailComposer
from invites.ingest import ingest
from invites.links import SignedLinks
from invites.mailbox import ImapServer, Inbox
from invites.reading import read_mail
from invites.relay import Relay, SmtpServer
from invites.words import problem_of, sheet_words
from settings import Settings
from store.answers import AnswersDesk
from store.byword import ByWord
from store.calendars import CalendarDesk
from store.chance import UNGUESSABLE
from store.changes import Changes
from store.changeviews import ChangeViews
from store.conflicts import Conflicts
from store.correspondence import CorrespondenceDesk
from store.database import open_database
from store.daysheets import DaySheets
from store.digests import Digests
from store.erasing import Erasing
from store.exercises import Exercises
from store.exporting import goals_as_loaded
from store.feeds import Feeds
from store.fresh_links import FreshLinks
from store.happenings import Happenings
from store.heard import Coverage
from store.hearing import Hearing
from store.importing import load_folder, under_way_since
from store.kiosk import Kiosk, left_kiosk
from store.learnings import Learnings
from store.mailboxes import MailboxDesk
from store.metrics import MetricReport, Metrics
from store.needs import Needs
from store.news import NewsDesk
from store.notes import SharedNotes
from store.observations import Observations
from store.occasions import Occasions
from store.openings import Openings
from store.organisation import Organisation
from store.outbox import OutboxDesk
from store.packs import PackPost, Packs
from store.pages import PreviewMail, SinkMail
from store.pins import Pins
from store.planning import PlanningDesk
from store.policies import PolicyDesk
from store.portfolios import Portfolios
from store.preview import preview_mails
from store.programs import Programs
from store.proposing import ProposedTimes
from store.proxies import Proxies
from store.quarters import Quarters
from store.questions import Questions
from store.quicktests import QuickTests
from store.reading_codes import ReadingCodes
from store.receipts import Receipts
from store.records import Records
from store.reflections import Reflections
from store.returning import Returning
from store.rituals import RitualDesk
from store.sayings import Sayings
from store.sink import SinkBox
from store.summaries import Summaries
from store.tensions import Tensions
from store.vault import Vault
from store.views import Views
from store.visitors import Visitors
from store.voices import Voices
from store.whatif import WhatIf
from store.years import Years
from store.zone_rules import ZoneRules

KEYS_FILE = "keys"

log = logging.getLogger("office")


def utc_now() -> datetime:
    """Return this moment in UTC."""
    return datetime.now(UTC)


def read_program_folder(
    folder: Path, today: date, organiser: str = ""
) -> Folder | tuple[Rejection, ...]:
    """Return what a folder says, or everything that is wrong with it, without any installation."""
    return read_folder(folder, today=today, organiser=organiser, check_text=problem_of)


class Office:
    """Every adapter of one process, made at its first use.

    ``now`` is the one clock of all of them, ``chance`` the one source of their ids.
    """

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime] = utc_now,
        chance: Random = UNGUESSABLE,
    ) -> None:
        self.settings = settings
        self.now = now
        self.chance = chance

    @functools.cached_property
    def engine(self) -> Engine:
        return open_database(self.settings.database_url)

    @functools.cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """Signing keys, newest first; in local mode made once, readable by their owner alone."""
        text = self.settings.keys.get_secret_value() or _local_keys(self.settings.data)
        pairs = (pair.partition(":") for pair in text.split(",") if pair.strip())
        return tuple((key.strip(), secret.strip()) for key, _, secret in pairs)

    @functools.cached_property
    def vault(self) -> Vault:
        oldest = self.keys[-1][1]
        return Vault(hmac.digest(oldest.encode(), b"sojourn-vault", hashlib.sha256))

    @functools.cached_property
    def links(self) -> SignedLinks:
        left = functools.partial(left_kiosk, self.engine)
        return SignedLinks(self.settings.base_url, self.keys, self.now, left)

    @functools.cached_property
    def correspondence(self) -> CorrespondenceDesk:
        return CorrespondenceDesk(
            self.engine, self.composer, self.links, self.vault, self.chance, holiday_absences
        )

    @functools.cached_property
    def composer(self) -> MailComposer:
        return MailComposer(self.settings.organiser, self.settings.organiser_name)

    @functools.cached_property
    def policies(self) -> PolicyDesk:
        return PolicyDesk(self.engine, self.composer, self.links, self.vault)

    @functools.cached_property
    def by_word(self) -> ByWord:
        return ByWord(self.engine)

    @functools.cached_property
    def change_views(self) -> ChangeViews:
        return ChangeViews(self.engine)

    @functools.cached_property
    def observations(self) -> Observations:
        return Observations(self.engine, self.vault, self._codes)

    @functools.cached_property
    def exercises(self) -> Exercises:
        return Exercises(self.engine, self.vault, self._codes)

    @functools.cached_property
    def fresh_links(self) -> FreshLinks:
        return FreshLinks(self.engine, self.composer, self.links)

    @functools.cached_property
    def reflections(self) -> Reflections:
        return Reflections(self.engine, self.vault, self._codes)

    @functools.cached_property
    def questions(self) -> Questions:
        return Questions(self.engine)

    @functools.cached_property
    def voices(self) -> Voices:
        return Voices(self.engine, self.vault, self.composer, self.links)

    @functools.cached_property
    def hearing(self) -> Hearing:
        return Hearing(self.engine, self.vault, self.composer, self.links, self._codes)

    @functools.cached_property
    def receipts(self) -> Receipts:
        return Receipts(self.engine, self.vault, self.composer, self.links)

    @functools.cached_property
    def kiosk(self) -> Kiosk:
        return Kiosk(self.engine, self.vault, self.links, self.chance)

    @functools.cached_property
    def needs(self) -> Needs:
        return Needs(self.engine, self.vault, self.composer, self.links, self._codes)

    @functools.cached_property
    def proxies(self) -> Proxies:
        return Proxies(self.engine, self.composer, self.links)

    @functools.cached_property
    def day_sheets(self) -> DaySheets:
        return DaySheets(self.engine, f"{self.settings.base_url.rstrip('/')}/kiosk")

    def words_of(self, sheet: DaySheet) -> str:
        """Return a day sheet line by line, as its template says it."""
        return sheet_words(sheet)

    @functools.cached_property
    def returning(self) -> Returning:
        return Returning(self.engine, self.composer, self.links)

    @functools.cached_property
    def occasions(self) -> Occasions:
        return Occasions(self.engine, holiday_absences)

    @functools.cached_property
    def openings(self) -> Openings:
        return Openings(self.engine, self.occasions)

    @functools.cached_property
    def happenings(self) -> Happenings:
        return Happenings(self.engine, self.composer, self.links, self.occasions)

    @functools.cached_property
    def shared_notes(self) -> SharedNotes:
        return SharedNotes(self.engine, self.vault, self._codes, self.chance)

    @functools.cached_property
    def quick_tests(self) -> QuickTests:
        return QuickTests(
            self.engine,
            self.vault,
            self.composer,
            self.links,
            self.settings.base_url,
            self.occasions,
            self.chance,
        )

    @functools.cached_property
    def digests(self) -> Digests:
        return Digests(self.engine, self.composer)

    @functools.cached_property
    def _codes(self) -> ReadingCodes:
        return ReadingCodes(self.vault, self.composer, self.links, self.chance)

    @functools.cached_property
    def summaries(self) -> Summaries:
        return Summaries(self.engine, self.vault)

    @functools.cached_property
    def changes(self) -> Changes:
        return Changes(self.engine, self.vault, self.chance)

    @functools.cached_property
    def planning(self) -> PlanningDesk:
        return PlanningDesk(
            self.engine, planner.plan, planner.review, planner.repair, holiday_absences
        )

    @functools.cached_property
    def conflicts(self) -> Conflicts:
        return Conflicts(self.engine, planner.violations, holiday_absences)

    @functools.cached_property
    def pins(self) -> Pins:
        return Pins(self.engine)

    @functools.cached_property
    def what_if(self) -> WhatIf:
        return WhatIf(self.engine, planner.plan, holiday_absences)

    @functools.cached_property
    def calendars(self) -> CalendarDesk:
        every = timedelta(minutes=self.settings.calendar_minutes)
        return CalendarDesk(self.engine, self.vault, every)

    @functools.cached_property
    def refresher(self) -> Refresher:
        fetcher = Fetcher(Reach(self.settings.private_networks))
        return Refresher(self.calendars, fetcher, self.now)

    @functools.cached_property
    def answers(self) -> AnswersDesk:
        return AnswersDesk(self.engine, self.composer, self.links)

    @functools.cached_property
    def proposed_times(self) -> ProposedTimes:
        return ProposedTimes(self.engine, self.composer, self.links)

    def take_in(self) -> int:
        """Read and settle what has come in, and take the proposed times that disturb nobody.

        Returns how many mails were settled.
        """
        settled = ingest(self.answers, self.now(), authority=self.settings.authority)
        for wish in self.proposed_times.harmless() if settled else ():
            effect = self.planning.effect_of(wish.rotation, wish.step, wish.starts, self.now())
            if effect.why_not is None and set(effect.moved) <= {wish.step}:
                with suppress(Refused):
                    self.proposed_times.take(wish.number, self.now())
        return settled

    def follow_zone_rules(self, now: datetime) -> None:
        """Move steps whose time zone has new rules back to their hour; show those that can't be."""
        left_behind = []
        for one in self.zone_rules.shifted(now):
            effect = self.planning.effect_of(one.rotation, one.step, one.starts, now)
            if effect.why_not is None:
                self.zone_rules.move(one, now)
            else:
                left_behind.append(one)
        self.zone_rules.tell_left_behind(left_behind, now)

    def look_after(self) -> int:
        """Let go of old words, follow new rules of zones, and tell and write down what time brings about; once an hour.

        Returns 0: there is nothing more to do at once. One look that fails keeps none from happening;
        raises ExceptionGroup with whatever failed, when all have happened.
        """
        looks: tuple[Callable[[datetime], object], ...] = (
            self.answers.forget,
            self.follow_zone_rules,
            self.quarters.tell_what_is_missing,
            self.portfolios.tell_of_long_absences,
            self.tensions.tell_what_is_due,
            self.coverage.keep_quarters,
            self.returning.return_answers,
            self.receipts.tell_in_force,
            self.voices.ask_to_pass_on,
            self.voices.forget,
            self.proxies.tell,
            self.needs.forget,
            self.needs.ask_again,
            self.happenings.let_go,
            self.openings.open_due,
            self.quick_tests.look_after,
            self.digests.send,
        )
        failed = [why for look in looks if (why := self._failure_of(look))]
        if failed:
            raise ExceptionGroup("some of what time brings about failed", failed)
        return 0

    def _failure_of(self, look: Callable[[datetime], object]) -> Exception | None:
        """Look, and return what went wrong; the log names it without any word of it, which may be private."""
        try:
            look(self.now())
        except Exception as failed:  # noqa: BLE001 - one look that fails must not end the others
            log.warning("%s failed: %s", look.__qualname__, type(failed).__name__)
            return failed
        return None

    def read_mailbox(self) -> int:
        """Keep what has come into the mailbox, if one is set; returns how many mails came.

        Whatever keeps it from being read is raised, and shown until it can be.
        """
        if self.inbox is None:
            return 0
        try:
            found = self.inbox.fetch(self.now())
        except Exception:
            self.mailboxes.unreadable(self.now())
            raise
        self.mailboxes.readable()
        return found

    def read_again(self, number: int) -> Incoming:
        """Return what a mail says that is held back; raises NotFound for any other number."""
        return read_mail(self.answers.raw(number), authority=self.settings.authority)

    @functools.cached_property
    def news(self) -> NewsDesk:
        return NewsDesk(self.engine)

    @functools.cached_property
    def sayings(self) -> Sayings:
        return Sayings(self.engine, self.vault, self.chance)

    @functools.cached_property
    def organisation(self) -> Organisation:
        return Organisation(self.engine)

    @functools.cached_property
    def quarters(self) -> Quarters:
        return Quarters(self.engine, self.composer, self.settings.base_url)

    @functools.cached_property
    def coverage(self) -> Coverage:
        return Coverage(self.engine)

    @functools.cached_property
    def portfolios(self) -> Portfolios:
        return Portfolios(self.engine, self.composer, self.settings.base_url)

    @functools.cached_property
    def years(self) -> Years:
        return Years(self.engine, self.quarters, self.exercises, self.metrics)

    @functools.cached_property
    def packs(self) -> Packs:
        return Packs(self.engine, self.vault, self._codes, self.quarters)

    @functools.cached_property
    def pack_post(self) -> PackPost:
        return PackPost(self.engine, self.composer, self.links)

    @functools.cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.engine)

    @functools.cached_property
    def tensions(self) -> Tensions:
        return Tensions(self.engine, self.composer, self.settings.base_url, self.chance)

    @functools.cached_property
    def learnings(self) -> Learnings:
        return Learnings(self.engine)

    @functools.cached_property
    def programs(self) -> Programs:
        return Programs(self.engine, self.composer, self.links)

    @functools.cached_property
    def erasing(self) -> Erasing:
        return Erasing(self.engine)

    @functools.cached_property
    def sink(self) -> SinkBox:
        return SinkBox(self.engine)

    @functools.cached_property
    def views(self) -> Views:
        return Views(self.engine)

    @functools.cached_property
    def visitors(self) -> Visitors:
        return Visitors(self.engine, self.chance)

    @functools.cached_property
    def feeds(self) -> Feeds:
        return Feeds(self.engine, self.chance, self.settings.base_url)

    @functools.cached_property
    def records(self) -> Records:
        return Records(self.engine)

    @functools.cached_property
    def outbox(self) -> OutboxDesk:
        return OutboxDesk(self.engine, self.composer)

    @functools.cached_property
    def inbox(self) -> Inbox | None:
        return Inbox(self.answers, self.mailboxes, self.imap) if self.imap else None

    @functools.cached_property
    def zone_rules(self) -> ZoneRules:
        return ZoneRules(self.engine)

    @functools.cached_property
    def mailboxes(self) -> MailboxDesk:
        return MailboxDesk(self.engine)

    @functools.cached_property
    def relay(self) -> Relay:
        return Relay(self.outbox, self.smtp, self.now)

    @property
    def smtp(self) -> SmtpServer:
        chosen = self.settings
        return SmtpServer(
            host=chosen.smtp_host,
            port=chosen.smtp_port,
            starttls=chosen.smtp_starttls,
            user=chosen.smtp_user,
            password=chosen.smtp_password,
        )

    @property
    def imap(self) -> ImapServer | None:
        chosen = self.settings
        if not chosen.imap_host:
            return None
        return ImapServer(
            host=chosen.imap_host,
            port=chosen.imap_port,
            user=chosen.imap_user,
            password=chosen.imap_password,
            tls=chosen.imap_tls,
        )

    @functools.cached_property
    def rituals(self) -> RitualDesk:
        return RitualDesk(self.engine, holiday_absences)

    def activities(self, rhythm: Rhythm) -> list[Callable[..., object]]:
        """Return all activities with their adapters, for a worker to register."""
        return [
            *CorrespondenceActivities(self.correspondence).every(),
            *PlanningActivities(self.planning).every(),
            *PolicyActivities(self.policies).every(),
            *RitualActivities(self.rituals, rhythm).every(),
        ]

    def load(self, folder: Path, *, dry_run: bool, today: date) -> ImportReport:
        """Load a program folder, or say everything that is wrong with it and load nothing.

        What is read is as ``read`` says.
        """
        found = self.read(folder, today=today)
        if isinstance(found, tuple):
            return ImportReport(rejected=found)
        return load_folder(self.engine, found, dry_run=dry_run, now=self.now(), chance=self.chance)

    def goals_as_csv(self, cohort: str) -> str:
        """Return a cohort's learning goals as ``goals.csv`` has them; raises NotFound for an unknown one."""
        return goals_as_csv(goals_as_loaded(self.engine, cohort))

    def take_metrics(self, file: Path, cohort: str, *, dry_run: bool) -> MetricReport:
        """Take the figures of a CSV file, or say everything that is wrong with it and take nothing."""
        zone = zone_of(self.views.cohort(cohort).zone)
        today = self.now().astimezone(zone).date()
        values, rejected = read_metrics(file, self.metrics.teams(), today)
        if rejected:
            return MetricReport(rejected=rejected)
        return self.metrics.take(cohort, values, dry_run=dry_run, now=self.now())

    def figures_in(
        self, folder: Path, *, today: date
    ) -> tuple[tuple[MetricValue, ...], tuple[Rejection, ...]]:
        """Return the figures of a folder's ``metrics.csv``, and all that is wrong with them; none without it.

        Its dates move like all others of the folder, which is loaded already, and may lie ahead.
        """
        if not (folder / METRICS).exists():
            return (), ()
        moved = days_moved(folder, today)
        values, rejected = read_metrics(folder / METRICS, self.metrics.teams(), date.max)
        return tuple(v.model_copy(update={"day": v.day + moved}) for v in values), rejected

    def read(self, folder: Path, *, today: date) -> Folder | tuple[Rejection, ...]:
        """Return what a program folder says, or everything that is wrong with it; nothing is loaded.

        A folder with an anchor whose cohort is under way is read as for that cohort's first day.
        """
        found = read_program_folder(folder, today, self.settings.organiser)
        if isinstance(found, Folder):
            first = under_way_since(self.engine, found.program.cohort)
            if first and first != found.program.starts_on:
                earlier = first - timedelta(weeks=1)
                found = read_program_folder(folder, earlier, self.settings.organiser)
        return found

    def upload_calendar(self, person: str, file: Path) -> CalendarReading:
        """Read a person's calendar from a file and keep it; raises Refused when it can't be read."""
        zone, weeks = self.calendars.needed(person, self.now())
        try:
            raw = read_file(file)
            times = read_for(raw, zone, weeks)
        except (OSError, Unreadable) as broken:
            why = str(broken) if isinstance(broken, Unreadable) else "it can't be opened"
            raise Refused(f"{file.name} was not taken: {why}.") from broken
        seen = Seen(digest=hashlib.sha256(raw).hexdigest())
        found = CalendarReading(seen=seen, times=times)
        self.calendars.upload(person, found, self.now())
        return found

    def preview(
        self, cohort: str, plan: int, rotation: str | None = None
    ) -> tuple[PreviewMail, ...]:
        """Return every invite that a plan would bring, or those of one rotation."""
        every = self.planning.rotations(cohort, plan)
        states = [state for state in every if rotation in (None, state.rotation)]
        return preview_mails(self.engine, self.composer, self.links, states, self.now())

    def keep_local_mail(self, sender: str, recipient: str, raw: bytes) -> None:
        """Take one mail at the local sink: answers go to ingest, all others into their box."""
        if recipient.lower() == self.settings.organiser.lower():
            self.answers.keep(raw, "sink", self.now())
            return
        if recipient.partition("@")[0].startswith("bounces+"):
            return
        self.sink.keep(_sink_mail(sender, recipient, raw, self.now()), raw)

    def answer_from_inbox(self, number: int, answer: Answer) -> None:
        """Send a genuine REPLY by SMTP for a mail in the local inbox."""
        raw = self.sink.raw(number)
        if raw is None:
            raise NotFound("There is no such mail in the local inbox.")
        sender, recipient, reply = reply_to(invite_in(raw), answer, self.now())
        self.relay.send(sender, recipient, reply)


def _sink_mail(sender: str, recipient: str, raw: bytes, at: datetime) -> SinkMail:
    message = message_from_bytes(raw, policy=default)
    card = card_of(raw)
    facts = {"uid": card.uid, "method": card.method, "sequence": card.sequence} if card else {}
    return SinkMail.model_validate(
        {"at": at, "to": recipient, "sender": sender, "subject": str(message["Subject"])} | facts
    )


def _local_keys(data: Path) -> str:
    path = data / KEYS_FILE
    data.mkdir(parents=True, exist_ok=True)
    secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(f"k1:{secret}")
    return f"k1:{secret}"
