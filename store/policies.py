"""A policy change's correspondence: projection and letters of one decision in one transaction."""

from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.figures import figure
from domain.invites import LetterKind
from domain.language import Language
from domain.links import LinkClaim, Purpose
from domain.moments import short_time
from domain.people import Person
from domain.policy import Disposition, PolicyState, Verdict
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.ports import Composer, Links
from domain.program import VoiceMode
from domain.proposal import Proposal
from store.audit import note
from store.chains import record_effect
from store.changecounts import count_change, letter_key
from store.changes import concern_rows, is_measured, policy_row
from store.database import writing
from store.people import people, program_of, teams
from store.posting import write_to
from store.receipts import said_of, taken_up
from store.rulings import DECISIONS, SAID, UNMEASURED, VERDICTS
from store.tables.changes import PolicyTable
from store.tables.voices import VoiceTable
from store.vault import Vault

_LINK_LIFE = timedelta(days=60)

_ASKED = {
    PolicyErrand.ASK_DECISION: (LetterKind.ASK_DECISION, Purpose.DECIDE),
    PolicyErrand.REMIND_DECISION: (LetterKind.ASK_DECISION, Purpose.DECIDE),
    PolicyErrand.ASK_IMPACT: (LetterKind.ASK_IMPACT, Purpose.MEASURE),
    PolicyErrand.REMIND_IMPACT: (LetterKind.ASK_IMPACT, Purpose.MEASURE),
}
_TOLD = {
    PolicyErrand.TELL_DECISION: LetterKind.DECISION_RECEIPT,
    PolicyErrand.TELL_VERDICT: LetterKind.VERDICT_RECEIPT,
}
_REMINDERS = frozenset({PolicyErrand.REMIND_DECISION, PolicyErrand.REMIND_IMPACT})


class PolicyDesk:
    """Implements ``domain.ports.PolicyCorrespondence``."""

    def __init__(self, engine: Engine, composer: Composer, links: Links, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links

    def carry_out(self, dispatch: PolicyDispatch) -> None:
        """Project the state and write the errands' letters; a repeat changes nothing.

        That nobody measured is neither shown nor told where the figure is on its way to the process.
        """
        with writing(self._engine) as session:
            row = policy_row(session, dispatch.state.policy)
            if dispatch.state.unmeasured and is_measured(session, row):
                return
            if row.version < dispatch.state.version:
                _begin_anew(row, dispatch.state)
                row.version = dispatch.state.version
                row.state = dispatch.state.model_dump(mode="json")
                count_change(session, row, dispatch.state)
                note(session, dispatch.now, row.rotation, dispatch.sentence)
                _record_silence(session, row, dispatch.state)
            for errand in dispatch.errands:
                if errand in _ASKED:
                    self._ask(session, row, dispatch, errand)
                elif errand is PolicyErrand.SHOW_PROPOSAL:
                    self._show(session, row, dispatch)
                else:
                    self._tell(session, row, dispatch, errand)

    def _ask(
        self, session: Session, row: PolicyTable, dispatch: PolicyDispatch, errand: PolicyErrand
    ) -> None:
        kind, purpose = _ASKED[errand]
        owner = dispatch.state.owner
        url = self._url(row, dispatch, purpose, owner)
        self._post(session, row, dispatch, kind, owner, errand, url=url)

    def _show(self, session: Session, row: PolicyTable, dispatch: PolicyDispatch) -> None:
        """Everybody who was met, the owner aside, may say what speaks against it."""
        state = dispatch.state
        kind, errand = LetterKind.SHOW_PROPOSAL, PolicyErrand.SHOW_PROPOSAL
        for person in state.voices:
            if person != state.owner:
                url = self._url(row, dispatch, Purpose.CONCERN, person)
                self._post(session, row, dispatch, kind, person, errand, url=url)

    def _url(
        self, row: PolicyTable, dispatch: PolicyDispatch, purpose: Purpose, person: str
    ) -> str:
        claim = LinkClaim(purpose=purpose, person=person, rotation=row.rotation, about=row.id)
        return self._links.url(claim, dispatch.now + _LINK_LIFE)

    def _tell(
        self, session: Session, row: PolicyTable, dispatch: PolicyDispatch, errand: PolicyErrand
    ) -> None:
        """Everybody who spoke, the co-authors first, and the participant hear what came of it.

        The mail log of the rotation does not tell who said something to a facilitator alone.
        """
        state = dispatch.state
        usual = program_of(session, row.cohort).language
        points = taken_up(session, row.id)
        said = [point.person for point in points if point.person]
        by_name = (p.person for p in points if p.mode == VoiceMode.NAMED.value)
        open_about = {*state.voices, *by_name, state.participant}
        for person in dict.fromkeys((*state.voices, *said, state.participant)):
            reader = people(session)[person]
            language = reader.language_in(usual)
            lines = self._own_points(session, points, reader, language)
            if errand is PolicyErrand.TELL_DECISION:
                lines = (*_own_concerns(session, row.id, person, language), *lines)
            kind, listed = _TOLD[errand], person in open_about
            self._post(session, row, dispatch, kind, person, errand, lines=lines, listed=listed)

    def _own_points(
        self, session: Session, points: tuple[VoiceTable, ...], reader: Person, language: Language
    ) -> tuple[str, ...]:
        """What one person wanted heard and the change takes up."""
        return tuple(
            said_of(session, self._vault, point, language, reader.zone)
            for point in points
            if point.person == reader.ref
        )

    def _post(
        self,
        session: Session,
        row: PolicyTable,
        dispatch: PolicyDispatch,
        kind: LetterKind,
        person: str,
        errand: PolicyErrand,
        url: str | None = None,
        lines: tuple[str, ...] = (),
        *,
        listed: bool = True,
    ) -> None:
        reader, program = people(session)[person], program_of(session, row.cohort)
        facts = self._facts(
            session, row, dispatch, reader.zone, reader.language_in(program.language)
        )
        state = dispatch.state
        handed_over = state.handed_over if errand in _ASKED else 0
        write_to(
            session,
            self._composer,
            program,
            reader,
            kind,
            letter_key(row.id, errand, person, state.extended, handed_over),
            facts,
            dispatch.now,
            rotation=row.rotation if listed else None,
            verb=errand.value,
            url=url,
            lines=lines,
            reminder=errand in _REMINDERS,
        )

    def _facts(
        self,
        session: Session,
        row: PolicyTable,
        dispatch: PolicyDispatch,
        zone: str,
        language: Language,
    ) -> dict[str, str]:
        state, proposal = dispatch.state, Proposal.model_validate(row.proposal)
        everybody = people(session)
        measured = UNMEASURED[language] if row.measured is None else figure(row.measured)
        return {
            "participant": everybody[state.participant].name,
            "owner": everybody[state.owner].name,
            "team": teams(session)[state.host].name,
            "co_authors": ", ".join(everybody[p].name for p in state.co_authors),
            "title": proposal.title,
            "seen": proposal.seen,
            "before": proposal.before,
            "change": proposal.change,
            "wording": "" if row.wording == proposal.change else row.wording,
            "metric": proposal.metric,
            "baseline": figure(proposal.baseline),
            "target": figure(proposal.target),
            "decide_by": short_time(state.decide_by, zone, language),
            "in_force": short_time(state.in_force_at, zone, language),
            "decision": DECISIONS[language][state.disposition] if state.disposition else "",
            "reason": row.reason,
            "verdict": VERDICTS[language][state.verdict] if state.verdict else "",
            "measured": measured,
            "learnt": row.learnt,
        }


def _begin_anew(row: PolicyTable, state: PolicyState) -> None:
    """After an extension nothing is measured yet; what was stands in the chain."""
    before = PolicyState.model_validate(row.state).extended if row.state else 0
    if state.extended > before:
        row.measured, row.learnt = None, ""


def _record_silence(session: Session, row: PolicyTable, state: PolicyState) -> None:
    """That nobody measured is part of the chain too."""
    if state.verdict is Verdict.NOT_MEASURED and state.verdict_at:
        at, extended = state.verdict_at, state.extended
        record_effect(session, row, state.verdict, at, extended=extended)


def _own_concerns(
    session: Session, policy: str, person: str, language: Language
) -> tuple[str, ...]:
    """What one person said against it, what was decided about that, and why."""
    return tuple(
        SAID[language].format(
            concern.text,
            DECISIONS[language][Disposition(concern.disposition)],
            concern.reason,
        )
        for concern in concern_rows(session, policy)
        if concern.person == person and concern.disposition
    )
