"""Proxies: whom somebody without mail lets answer their invites, for as long as they like."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.invites import LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.people import Person
from domain.ports import Composer, Links
from domain.program import Program
from domain.rotation import SETTLED, Answer, RotationState
from domain.value import Moment, Value
from store.audit import note
from store.database import quietly, reading, writing
from store.inviting import PRIVATE, contact_of, public_title
from store.outbox import REFUSED
from store.people import people, program_followed, state_of, step_of
from store.posting import write_to
from store.reminding import OF_PROXIES, WAITS_FOR_A_PROXY, withdraw_proxys_reminders
from store.tables.mail import InviteTable, OutboxTable
from store.tables.people import PersonTable, ProxyTable

_SOURCE = "proxy "
_UNKNOWN = "Nobody here has that name or address. Write it in full, as they do."
_SEVERAL = "Several people have that name; write the mail address."
_NOT_THEIRS = "This is not yours to answer, or not any more."
THEIR_OWN_WORD = "{} has answered this themselves, and that counts; they alone can change it."


class ProxyPage(Value):
    """What a proxy sees of one invite of somebody else."""

    person_name: str
    title: str
    starts: Moment
    ends: Moment
    zone: str
    where: str
    contact: str
    answer: Answer
    own: bool
    """Whether the answer is this proxy's."""
    theirs: bool
    """Whether the person has answered themselves, which stands."""
    open: bool


class Proxies:
    """Takes the choice of a proxy, and shows them what they may answer; ``now`` is the moment of it (UTC)."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def name_of(self, person: str) -> str:
        """Return the name of somebody's proxy; empty where there is none."""
        with reading(self._engine) as session:
            found = _proxy(session, person)
            return found.name if found else ""

    def known_as(self, who: str) -> str:
        """Return the pseudonym of whose whole name or mail address somebody wrote, in small letters or large.

        Raises Refused for nobody and for several people of one name; who was erased has none.
        """
        with reading(self._engine) as session:
            query = select(PersonTable.ref, PersonTable.name, PersonTable.email)
            rows = session.execute(query.where(PersonTable.erased_at.is_(None)))
            wanted = who.casefold()
            found = [
                ref
                for ref, name, email in rows
                if wanted in (name.casefold(), (email or name).casefold())
            ]
        if len(found) != 1:
            raise Refused(_SEVERAL if found else _UNKNOWN)
        return found[0]

    def choose(self, person: str, proxy: str, now: datetime) -> None:
        """Let a proxy answer for somebody, and write to them of the invites to come.

        Raises Refused, with the reason, for who can't be one or needs none.
        """
        with writing(self._engine) as session:
            everybody = people(session)
            refuse_proxy(everybody[person], everybody[proxy])
            _keep(session, person, proxy, now)
            _withdraw_what_is_not_theirs(session, now)
            note(session, now, None, f"{person} chose {proxy} as proxy")
            self._tell(
                session, session.scalars(_to_come(now).where(InviteTable.person == person)), now
            )

    def take_back(self, person: str, now: datetime) -> None:
        """From now on nobody answers for somebody, whatever a folder says."""
        with writing(self._engine) as session:
            _keep(session, person, None, now)
            _withdraw_what_is_not_theirs(session, now)
            note(session, now, None, f"{person} took the proxy back")

    def tell(self, now: datetime) -> None:
        """Write to proxies of invites that stand, each once: a folder may name one after the invites went out.

        What waits for somebody who is no proxy any more does not leave.
        """
        with quietly(self._engine) as session:
            _withdraw_what_is_not_theirs(session, now)
            self._tell(session, session.scalars(_to_come(now)), now)

    def _tell(self, session: Session, invites: Iterable[InviteTable], now: datetime) -> None:
        for invite in invites:
            state = state_of(session, invite.rotation)
            if _is_open(state, invite):
                tell_proxies(session, self._composer, self._links, state, [invite], now)

    def page(self, uid: str, proxy: str) -> ProxyPage:
        """Return one invite as its proxy sees it; raises NotFound for anybody else."""
        with reading(self._engine) as session:
            invite = invite_of_proxy(session, uid, proxy)
            state, everybody = state_of(session, invite.rotation), people(session)
            program = program_followed(session, state.cohort, state.rotation)
            language = everybody[proxy].language_in(program.language)
            return ProxyPage(
                person_name=everybody[invite.person].name,
                title=public_title(program.step(invite.step), language),
                starts=invite.starts,
                ends=invite.ends,
                zone=invite.zone,
                where=invite.place or "",
                contact=contact_of(program, everybody),
                answer=Answer(invite.answer),
                own=invite.answered_by == source_of(proxy),
                theirs=answered_themselves(invite),
                open=_is_open(state, invite) and not answered_themselves(invite),
            )


def refuse_proxy(person: Person, proxy: Person) -> None:
    """Raise Refused, saying what would be right, unless somebody may be a person's proxy.

    Proxies have mail and those whom they answer for have none, so that nobody answers in a circle.
    """
    if person.email is not None:
        raise Refused(f"{person.name} has a mail address and answers in their own mail.")
    if proxy.email is None:
        raise Refused(f"{proxy.name} has no mail address. Choose somebody who can be written to.")
    if proxy.participates:
        raise Refused(f"{proxy.name} visits others in this program. Choose somebody who does not.")


def proxy_of(session: Session, state: RotationState, invite: InviteTable) -> Person | None:
    """Return who may answer an invite in somebody's place.

    Never the visitor of the rotation; None for who has mail, and for what nobody else hears of: a reflection
    is private, and so is that there was something to reflect on.
    """
    step = state.step(invite.step)
    if step is None or step.kind in PRIVATE:
        return None
    found = _proxy(session, invite.person)
    visits = found is not None and found.ref == state.participant and not state.apart
    return None if visits else found


def invite_of_proxy(session: Session, uid: str, proxy: str) -> InviteTable:
    """Return an invite that somebody may answer in another's place; raises NotFound for anybody else."""
    invite = session.get(InviteTable, uid)
    if invite is None:
        raise NotFound(_NOT_THEIRS)
    found = proxy_of(session, state_of(session, invite.rotation), invite)
    if found is None or found.ref != proxy:
        raise NotFound(_NOT_THEIRS)
    return invite


def _withdraw_what_is_not_theirs(session: Session, now: datetime) -> None:
    """Take back reminders that wait for whoever is no proxy any more, or of what was called off."""
    session.flush()
    waiting = select(OutboxTable.key).where(WAITS_FOR_A_PROXY)
    for key in session.scalars(waiting).all():
        uid, _, proxy, *_ = key.split(":")
        invite = session.get_one(InviteTable, uid)
        found = proxy_of(session, state_of(session, invite.rotation), invite)
        if invite.called_off_at or found is None or found.ref != proxy:
            withdraw_proxys_reminders(session, uid, now)


def answered_themselves(invite: InviteTable) -> bool:
    """Return whether somebody's own answer stands for an invite as it is now, however they gave it."""
    answered = invite.answer != Answer.NEEDS_ACTION.value
    return answered and proxy_in(invite.answered_by) is None


def source_of(proxy: str) -> str:
    """Return how an answer says that a proxy gave it."""
    return f"{_SOURCE}{proxy}"


def proxy_in(source: str) -> str | None:
    """Return who gave an answer in somebody's place; None for any other source."""
    return source.removeprefix(_SOURCE) if source.startswith(_SOURCE) else None


def tell_proxies(
    session: Session,
    composer: Composer,
    links: Links,
    state: RotationState,
    invites: Iterable[InviteTable],
    now: datetime,
    new: Program | None = None,
) -> None:
    """Write to the proxies of those invited without mail: once for each time of a step, and when it is called off.

    ``new`` is a version of the program that says something else of these invites, of which they hear once.
    """
    letters = _Letters(session, composer, links, state, now, new)
    for invite, proxy in with_proxies(session, state, invites):
        letters.write(invite, proxy)


def remind_proxy(
    session: Session,
    composer: Composer,
    links: Links,
    state: RotationState,
    invite: InviteTable,
    now: datetime,
) -> bool:
    """Remind the proxy of somebody without mail of an unanswered invite; False without one, and when not now."""
    proxy = (
        None if invite.address or answered_themselves(invite) else proxy_of(session, state, invite)
    )
    return bool(
        proxy and _Letters(session, composer, links, state, now, None).remind(invite, proxy)
    )


def with_proxies(
    session: Session, state: RotationState, invites: Iterable[InviteTable]
) -> Iterator[tuple[InviteTable, Person]]:
    """Yield each of these invites that a proxy may answer, with that proxy."""
    for invite in invites:
        proxy = proxy_of(session, state, invite)
        if proxy and not invite.address:
            yield invite, proxy


def told_proxies(session: Session, rotations: Collection[str]) -> frozenset[tuple[str, str]]:
    """Return of which invites of rotations proxies were written to, each as its UID and the proxy.

    Of several letters the newest counts; one that came back told nobody.
    """
    query = select(OutboxTable.key, OutboxTable.state).where(
        OutboxTable.rotation.in_(rotations), OutboxTable.kind == LetterKind.ASK_PROXY.value
    )
    newest = dict[tuple[str, str], str]()
    for key, became in session.execute(query.order_by(OutboxTable.number)):
        uid, _, proxy, *_ = key.split(":")
        newest[uid, proxy] = became
    return frozenset(told for told, became in newest.items() if became != REFUSED)


class _Letters:
    """Letters to proxies about invites of one rotation."""

    def __init__(
        self,
        session: Session,
        composer: Composer,
        links: Links,
        state: RotationState,
        now: datetime,
        new: Program | None,
    ) -> None:
        self._session = session
        self._composer = composer
        self._links = links
        followed = new or program_followed(session, state.cohort, state.rotation)
        self._program: Program = followed
        self._of_version = f":{new.version}" if new else ""
        """What a letter of a version that only says something else has in its key."""
        self._now = now

    def write(self, invite: InviteTable, proxy: Person) -> None:
        """Write of an invite; of one that was called off only to who has heard of it.

        Who has heard nothing yet gets the usual letter, whatever it is that makes us write.
        """
        about = f"{invite.uid}:{LetterKind.ASK_PROXY.value}:{proxy.ref}:"
        query = select(OutboxTable.number).where(OutboxTable.key.startswith(about, autoescape=True))
        known = self._session.scalars(query.limit(1)).first() is not None
        called_off = invite.called_off_at is not None
        if called_off and not known:
            return
        of_version = self._of_version if known else ""
        written = write_to(
            self._session,
            self._composer,
            self._program,
            proxy,
            LetterKind.ASK_PROXY,
            f"{about}{'off' if called_off else invite.sequence}{of_version}",
            self._facts(invite, proxy)
            | _yes("called_off", called_off)
            | _yes("again", known)
            | _yes("stays", bool(of_version)),
            self._now,
            rotation=invite.rotation,
            url=None if called_off else self._url(invite, proxy),
        )
        if written:
            withdraw_proxys_reminders(self._session, invite.uid, self._now)

    def remind(self, invite: InviteTable, proxy: Person) -> bool:
        """Remind of an invite, once per step, moved or not; False when not now."""
        return write_to(
            self._session,
            self._composer,
            self._program,
            proxy,
            LetterKind.ASK_PROXY,
            f"{invite.uid}:{OF_PROXIES}:{proxy.ref}",
            self._facts(invite, proxy)
            | _yes("called_off", False)
            | _yes("again", False)
            | _yes("stays", False),
            self._now,
            rotation=invite.rotation,
            verb=OF_PROXIES,
            url=self._url(invite, proxy),
            reminder=True,
        )

    def _facts(self, invite: InviteTable, proxy: Person) -> dict[str, str]:
        language = proxy.language_in(self._program.language)
        return {
            "program": self._program.name,
            "person": people(self._session)[invite.person].name,
            "title": public_title(self._program.step(invite.step), language),
            "when": wall_time(invite.starts, invite.zone, language),
            "where": invite.place or "",
        }

    def _url(self, invite: InviteTable, proxy: Person) -> str:
        claim = LinkClaim(
            purpose=Purpose.PROXY,
            person=proxy.ref,
            rotation=invite.rotation,
            about=invite.uid,
        )
        return self._links.url(claim, invite.ends)


def _yes(fact: str, holds: bool) -> dict[str, str]:
    return {fact: "yes" if holds else ""}


def _proxy(session: Session, person: str) -> Person | None:
    """What somebody said themselves stands above their program folder."""
    everybody = people(session)
    own = session.get(ProxyTable, person)
    chosen = own.proxy if own else everybody[person].proxy
    if chosen is None or everybody[person].email is not None:
        return None
    return everybody[chosen] if everybody[chosen].email is not None else None


def _keep(session: Session, person: str, proxy: str | None, now: datetime) -> None:
    row = session.get(ProxyTable, person) or ProxyTable(person=person)
    row.proxy, row.chosen_at = proxy, now
    session.add(row)
    session.flush()


def _is_open(state: RotationState, invite: InviteTable) -> bool:
    standing = invite.called_off_at is None and not state.ending
    return standing and step_of(state, invite.step).phase not in SETTLED


def _to_come(now: datetime) -> Select[InviteTable]:
    return select(InviteTable).where(
        InviteTable.address.is_(None),
        InviteTable.called_off_at.is_(None),
        InviteTable.starts > now,
    )
