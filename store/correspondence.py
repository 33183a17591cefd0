"""A rotation's correspondence: projection and outbox rows of one decision in one transaction."""

from collections.abc import Callable, Iterable
from datetime import datetime
from random import Random

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.errands import Dispatch, Errand, ErrandKind
from domain.events import Answered
from domain.invites import LetterKind
from domain.links import Purpose
from domain.ports import Composer, Links
from domain.problems import Holidays, no_holidays
from domain.rotation import SETTLED, Answer, Phase, RotationState
from store.answers import everybody_needed_accepted
from store.arranging import follow_invites
from store.audit import note
from store.busy import tell_clashes
from store.chance import UNGUESSABLE
from store.database import writing
from store.entries import enter
from store.hearing import any_unanswered
from store.inviting import Inviter, open_invites
from store.letters import CONSENT_LETTERS, LetterDesk
from store.news import foresee_untold, show, tell_rotation
from store.occasions import find_time
from store.people import rotation_row
from store.proxies import remind_proxy, tell_proxies
from store.rituals import membership, seat_members
from store.tables.mail import InviteTable
from store.vault import Vault

_STANDING = frozenset({Phase.INVITED, Phase.CONFIRMED})

_Handler = Callable[["CorrespondenceDesk", Session, Dispatch, Errand], None]


class CorrespondenceDesk:
    """Implements ``domain.ports.Correspondence``."""

    def __init__(
        self,
        engine: Engine,
        composer: Composer,
        links: Links,
        vault: Vault,
        chance: Random = UNGUESSABLE,
        holidays: Holidays = no_holidays,
    ) -> None:
        self._engine = engine
        self._holidays = holidays
        self._chance = chance
        self._composer = composer
        self._links = links
        self._vault = vault

    def carry_out(self, dispatch: Dispatch) -> None:
        """Project the state and write the errands' mails; a repeat changes nothing."""
        with writing(self._engine) as session:
            self.carry_out_within(session, dispatch)

    def carry_out_within(self, session: Session, dispatch: Dispatch) -> None:
        """Do the same in the caller's transaction."""
        before = _projected(session, dispatch.state.rotation)
        _project(session, dispatch)
        if before and before.gates != dispatch.state.gates:
            self._invite_who_agreed(session, dispatch)
        if before is None or membership(before) != membership(dispatch.state):
            seat_members(session, dispatch.state.cohort, dispatch.now)
        if before is None:
            tell_clashes(session, dispatch.state, dispatch.now)
        for errand in dispatch.errands:
            handler = _HANDLERS.get(errand.kind)
            if handler:
                handler(self, session, dispatch, errand)

    def _invite(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        newest = _newest(session, dispatch)
        self._bring_up_to_date(session, newest, errand.step or "", errand.people)

    def _invite_who_agreed(self, session: Session, dispatch: Dispatch) -> None:
        """A repair may have left out people who had not agreed yet."""
        newest = _newest(session, dispatch)
        for step in newest.state.steps:
            if step.phase in _STANDING and step.starts > dispatch.now:
                self._bring_up_to_date(session, newest, step.key)

    def _bring_up_to_date(
        self, session: Session, dispatch: Dispatch, key: str, told: tuple[str, ...] = ()
    ) -> None:
        step = dispatch.state.step(key)
        if step is None or step.phase in SETTLED:
            return
        standing = open_invites(session, dispatch.state.rotation, key)
        self._inviter(session, dispatch).invite(step, told)
        now_standing = open_invites(session, dispatch.state.rotation, key)
        self._let_follow(session, dispatch, (*standing, *now_standing))
        if step.phase is Phase.INVITED:
            _say_when_complete(session, dispatch.state, step.key, dispatch.now)

    def _call_off(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        standing = open_invites(session, dispatch.state.rotation, errand.step)
        self._inviter(session, dispatch).call_off(errand.step)
        self._let_follow(session, dispatch, standing)

    def _let_follow(
        self, session: Session, dispatch: Dispatch, invites: Iterable[InviteTable]
    ) -> None:
        """Proxies, and what people need, follow each invite once, in the order in which people were invited."""
        each = {invite.uid: invite for invite in invites}.values()
        composer, links = self._composer, self._links
        tell_proxies(session, composer, links, dispatch.state, each, dispatch.now)
        follow_invites(session, composer, links, each, dispatch.now)

    def _remind(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        for invite in open_invites(session, dispatch.state.rotation, errand.step):
            silent = invite.answer in {Answer.NEEDS_ACTION.value, Answer.TENTATIVE.value}
            if silent and not invite.reminded_at and self._remind_of(session, dispatch, invite):
                invite.reminded_at = dispatch.now

    def _remind_of(self, session: Session, dispatch: Dispatch, invite: InviteTable) -> bool:
        """Remind the invited person, or their proxy where they have no mail; False when not now."""
        if self._letters(session, dispatch).remind(invite):
            return True
        composer, links = self._composer, self._links
        return remind_proxy(session, composer, links, dispatch.state, invite, dispatch.now)

    def _ask_consent(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        if errand.gate is None:
            return
        reminder = errand.kind is ErrandKind.REMIND_CONSENT
        letters = self._letters(session, dispatch)
        for person in errand.people:
            letters.ask_consent(
                CONSENT_LETTERS[errand.gate], errand.gate, person, reminder=reminder
            )

    def _ask_held(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        for person in errand.people:
            self._letters(session, dispatch).ask(
                LetterKind.ASK_HELD, Purpose.HELD, person, errand.step
            )

    def _ask_reflection(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        after_event = dispatch.state.occasion is not None
        kind = LetterKind.ASK_AFTER_EVENT if after_event else LetterKind.ASK_REFLECTION
        for person in errand.people:
            self._letters(session, dispatch).ask(kind, Purpose.REFLECT, person, errand.step)

    def _ask_thanks(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        reminder = errand.kind is ErrandKind.REMIND_THANKS
        letters, state = self._letters(session, dispatch), dispatch.state
        for person in errand.people:
            key = errand.step or ""
            waits = any_unanswered(session, state, key)
            urls = (letters.hear_url(person, key),) if waits else ()
            letters.ask(
                LetterKind.ASK_THANKS, Purpose.THANK, person, key, reminder=reminder, urls=urls
            )

    def _ask_proposal(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        reminder = errand.kind is ErrandKind.REMIND_PROPOSAL
        for person in errand.people:
            self._letters(session, dispatch).ask(
                LetterKind.ASK_PROPOSAL, Purpose.PROPOSE, person, errand.step, reminder=reminder
            )

    def _ask_summary(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        reminder = errand.kind is ErrandKind.REMIND_SUMMARY
        for person in errand.people:
            self._letters(session, dispatch).ask(
                LetterKind.ASK_SUMMARY, Purpose.SUMMARISE, person, errand.step, reminder=reminder
            )

    def _show_summary(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        reminder = errand.kind is ErrandKind.REMIND_RELEASE
        letters = self._letters(session, dispatch)
        letters.show_summary(errand.step or "", reminder=reminder)

    def _share_summary(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        self._letters(session, dispatch).share_summary(errand.step or "")

    def _deliver_thanks(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        self._letters(session, dispatch).deliver_thanks(self._vault, errand.step or "")

    def _find_time(self, session: Session, dispatch: Dispatch, errand: Errand) -> None:
        step = dispatch.state.step(errand.step or "")
        if step:
            find_time(session, dispatch.state, step, self._holidays, dispatch.now)

    def _inviter(self, session: Session, dispatch: Dispatch) -> Inviter:
        return Inviter(session, self._composer, self._links, dispatch, self._chance)

    def _letters(self, session: Session, dispatch: Dispatch) -> LetterDesk:
        return LetterDesk(session, self._composer, self._links, dispatch)


_HANDLERS: dict[ErrandKind, _Handler] = {
    ErrandKind.INVITE: CorrespondenceDesk._invite,
    ErrandKind.CALL_OFF: CorrespondenceDesk._call_off,
    ErrandKind.REMIND: CorrespondenceDesk._remind,
    ErrandKind.ASK_CONSENT: CorrespondenceDesk._ask_consent,
    ErrandKind.REMIND_CONSENT: CorrespondenceDesk._ask_consent,
    ErrandKind.ASK_HELD: CorrespondenceDesk._ask_held,
    ErrandKind.ASK_REFLECTION: CorrespondenceDesk._ask_reflection,
    ErrandKind.ASK_THANKS: CorrespondenceDesk._ask_thanks,
    ErrandKind.REMIND_THANKS: CorrespondenceDesk._ask_thanks,
    ErrandKind.ASK_SUMMARY: CorrespondenceDesk._ask_summary,
    ErrandKind.REMIND_SUMMARY: CorrespondenceDesk._ask_summary,
    ErrandKind.SHOW_SUMMARY: CorrespondenceDesk._show_summary,
    ErrandKind.REMIND_RELEASE: CorrespondenceDesk._show_summary,
    ErrandKind.SHARE_SUMMARY: CorrespondenceDesk._share_summary,
    ErrandKind.ASK_PROPOSAL: CorrespondenceDesk._ask_proposal,
    ErrandKind.REMIND_PROPOSAL: CorrespondenceDesk._ask_proposal,
    ErrandKind.DELIVER_THANKS: CorrespondenceDesk._deliver_thanks,
    ErrandKind.FIND_TIME: CorrespondenceDesk._find_time,
}
"""REPAIR and HAND_OVER have none: the workflow asks its cohort, or starts the policy change."""


def _project(session: Session, dispatch: Dispatch) -> None:
    row = rotation_row(session, dispatch.state.rotation)
    if row.version >= dispatch.state.version:
        return
    show(session, row, dispatch)
    row.version = dispatch.state.version
    enter(session, dispatch.state, dispatch.now)
    foresee_untold(session, row, dispatch.now)
    for errand in dispatch.errands:
        what = errand.step or (errand.gate.value if errand.gate else "")
        sentence = f"{errand.kind.value} {what} {' '.join(errand.people)}".strip()
        note(session, dispatch.now, row.id, " ".join(sentence.split()))


def _projected(session: Session, rotation: str) -> RotationState | None:
    row = rotation_row(session, rotation)
    return RotationState.model_validate(row.state) if row.state else None


def _newest(session: Session, dispatch: Dispatch) -> Dispatch:
    """Return the dispatch with what is known by now: a late repeat must not invite as it once was."""
    known = _projected(session, dispatch.state.rotation)
    if known is None or known.version <= dispatch.state.version:
        return dispatch
    return dispatch.model_copy(update={"state": known})


def _say_when_complete(session: Session, state: RotationState, key: str, now: datetime) -> None:
    """Tell the rotation when a change of attendees leaves only people who accepted already."""
    for invite in open_invites(session, state.rotation, key):
        accepted = invite.answer == Answer.ACCEPTED.value
        if accepted and everybody_needed_accepted(session, invite):
            event = Answered(
                id=f"complete:{invite.uid}:{state.version}",
                step=key,
                person=invite.person,
                revision=invite.revision,
                answer=Answer.ACCEPTED,
                complete=True,
            )
            tell_rotation(session, state.rotation, event.id, event, now)
            return
