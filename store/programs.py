"""Versions of a cohort's program: what a new one would change, and letting it be followed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.difference import Difference, differences, obstacles, refuse_to_follow
from domain.errors import NotFound, Refused
from domain.invites import CalendarMail
from domain.ports import Composer, Links
from domain.program import UNMET, Program
from domain.rotation import Phase, RotationState, StepState
from domain.telling import dispatch
from domain.value import Moment, PersonRef, RotationId, Value
from store.audit import imported, note
from store.database import reading, writing
from store.inviting import Inviter
from store.pages import PreviewMail
from store.people import OVER, people, program_followed, program_of, programs_of, rotations_of
from store.plans import Plans
from store.preview import preview_of
from store.proxies import tell_proxies, with_proxies
from store.tables.installation import AuditTable
from store.tables.people import CohortTable, ProgramVersionTable
from store.tables.planning import PlanTable
from store.tables.rotations import RotationTable

_INVITED = frozenset({Phase.INVITED, Phase.CONFIRMED})


class UnderWay(Value):
    """A rotation or session that runs, and what a new version would be to it."""

    rotation: RotationId
    workflow_id: str
    participant: PersonRef
    follows: int
    """The version of the program that it keeps to."""
    why_not: str
    """What keeps it from taking the new version over; empty when nothing does."""
    mails: int
    """Invites that would go out with the new words."""


class BlastRadius(Value):
    """What a new version of a cohort's program changes, for whom, and which mails that would bring.

    The mails are those of taking the new words over in what runs; without that there are none.
    """

    cohort: str
    old: int
    new: int
    differences: tuple[Difference, ...]
    under_way: tuple[UnderWay, ...] = ()
    mails: tuple[PreviewMail, ...] = ()
    letters: int = 0
    """Letters besides, to the proxies of people without mail whose step has another place."""

    def refuse_blocked(self) -> None:
        """Raise Refused, naming the workflow, where something that runs can't take the version over."""
        for one in self.under_way:
            if one.why_not:
                raise Refused(
                    f"{one.workflow_id} can't go on with version {self.new}: {one.why_not} "
                    f"Activate it without --running; what runs then keeps to its version."
                )


class VersionRow(Value):
    """A version of a cohort's program, and how many rotations keep to it."""

    version: int
    since: Moment | None
    """When it was activated; of the first, when its folder was imported last before it began."""
    until: Moment | None
    """When a later one was activated; None for the one that whatever begins follows."""
    rotations: int
    over: int
    """Of these."""


class Programs:
    """Compares versions and lets a new one be followed; ``now`` is UTC."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def current(self, cohort: str) -> Program:
        """Return the version that whatever begins follows; raises NotFound for an unknown cohort."""
        with reading(self._engine) as session:
            return program_of(session, cohort)

    def versions(self, cohort: str) -> tuple[VersionRow, ...]:
        """Return the versions of a cohort's program, the newest first; raises NotFound for an unknown cohort."""
        with reading(self._engine) as session:
            current = program_of(session, cohort).version
            kept = select(ProgramVersionTable).where(ProgramVersionTable.cohort == cohort)
            earlier = session.scalars(kept.order_by(ProgramVersionTable.version)).all()
            numbers = [*(row.version for row in earlier), current]
            activated = [row.replaced_at for row in earlier]
            rotations = _rotations_by_version(session, cohort, current)
            rows = zip(
                numbers,
                [_imported_at(session, cohort), *activated],
                [*activated, None],
                strict=True,
            )
            return tuple(
                VersionRow(
                    version=number,
                    since=since,
                    until=until,
                    rotations=rotations[number].total(),
                    over=rotations[number][True],
                )
                for number, since, until in reversed(list(rows))
            )

    def compare(self, cohort: str, old: int, new: int) -> tuple[Difference, ...]:
        """Return what differs between two versions; raises NotFound for one that there is not."""
        with reading(self._engine) as session:
            known = {one.version: one for one in programs_of(session, cohort)}
            for version in (old, new):
                if version not in known:
                    raise NotFound(f"Cohort '{cohort}' has no version {version} of its program.")
            return differences(known[old], known[new])

    def refuse(self, cohort: str, new: Program) -> None:
        """Raise Refused for a version that a cohort can't follow next."""
        with reading(self._engine) as session:
            _refuse(session, cohort, new)

    def radius(self, cohort: str, new: Program, now: datetime) -> BlastRadius:
        """Return what following a program would change; nothing is written."""
        with reading(self._engine) as session:
            return self._radius(session, cohort, new, now)

    def activate(self, seen: BlastRadius, new: Program, now: datetime, *, running: bool) -> None:
        """Let whatever begins in a cohort follow a new version; what runs keeps to its own.

        With ``running`` it takes the new words over, and exactly the mails of ``seen`` go out. Raises
        Refused for a version that can't be followed, and when those mails are not the same any more.
        """
        with writing(self._engine) as session:
            row, old = _refuse(session, seen.cohort, new)
            if running:
                self._take_over(session, seen, new, now)
            _keep_versions(session, row, old, now, running=running)
            row.program = new.model_dump(mode="json")
            said = f"version {new.version} of {new.key} is followed by cohort {new.cohort}"
            note(session, now, None, said + (", by what runs, too" if running else ""))

    def _take_over(self, session: Session, seen: BlastRadius, new: Program, now: datetime) -> None:
        found = self._radius(session, seen.cohort, new, now)
        found.refuse_blocked()
        if (found.mails, found.letters) != (seen.mails, seen.letters):
            raise Refused(
                "Something has changed since these mails were shown, and others would go out. "
                "Nothing was done; look at them again."
            )
        for state, followed in _running(session, seen.cohort):
            inviter = self._inviter(session, state, new, now)
            for step in _invited(state):
                elsewhere = inviter.elsewhere(step)
                inviter.reword(step, followed)
                tell_proxies(session, self._composer, self._links, state, elsewhere, now, new=new)

    def _radius(self, session: Session, cohort: str, new: Program, now: datetime) -> BlastRadius:
        old = program_of(session, cohort)
        under_way, mails, letters = [], [], 0
        for state, followed in _running(session, cohort):
            why_not = _why_not(state, followed, new)
            found = [] if why_not else list(self._rewordings(session, state, followed, new, now))
            mails += found
            letters += 0 if why_not else self._letters(session, state, new, now)
            under_way.append(_under_way(session, state, followed, why_not, len(found)))
        shown = [preview_of(self._composer, mail, key) for key, mail in mails]
        return BlastRadius(
            cohort=cohort,
            old=old.version,
            new=new.version,
            differences=differences(old, new),
            under_way=tuple(under_way),
            mails=tuple(sorted(shown, key=lambda m: (m.starts, m.subject, m.reader_name))),
            letters=letters,
        )

    def _rewordings(
        self,
        session: Session,
        state: RotationState,
        followed: Program,
        new: Program,
        now: datetime,
    ) -> Iterator[tuple[str, CalendarMail]]:
        inviter = self._inviter(session, state, new, now)
        for step in _invited(state):
            for mail in inviter.rewordings(step, followed):
                yield step.key, mail

    def _letters(self, session: Session, state: RotationState, new: Program, now: datetime) -> int:
        inviter = self._inviter(session, state, new, now)
        elsewhere = [row for step in _invited(state) for row in inviter.elsewhere(step)]
        return len(list(with_proxies(session, state, elsewhere)))

    def _inviter(
        self, session: Session, state: RotationState, program: Program, now: datetime
    ) -> Inviter:
        told = dispatch(state, (), now)
        return Inviter(session, self._composer, self._links, told, program=program)


def _refuse(session: Session, cohort: str, new: Program) -> tuple[CohortTable, Program]:
    """Return a cohort with the version that it follows; raises Refused where it can't follow the new one."""
    row, old = _cohort_under_way(session, cohort), program_of(session, cohort)
    refuse_to_follow(old, new)
    named = {new.coordinator, *(key for occasion in new.occasions for key in occasion.people)}
    for key in sorted(named):
        if people(session).of_key(key) is None:
            raise Refused(
                f"Version {new.version} names '{key}', whom nobody here knows. Add them to people.csv of "
                f"the folder of version {old.version}, import it (sojourn import), and activate then."
            )
    return row, old


def _cohort_under_way(session: Session, cohort: str) -> CohortTable:
    row = session.get(CohortTable, cohort)
    if row is None:
        raise NotFound(f"There is no cohort '{cohort}'. Import its folder first.")
    if row.approved_plan is None:
        raise Refused(
            f"Nothing runs in cohort '{cohort}' yet. Import the folder (sojourn import) and plan it "
            f"again (sojourn plan --cohort {cohort} --again)."
        )
    return row


def _imported_at(session: Session, cohort: str) -> datetime | None:
    """Return when a cohort's folder was imported last before its first plan was approved."""
    approved = session.scalar(
        select(func.min(PlanTable.approved_at)).where(PlanTable.cohort == cohort)
    )
    query = select(func.max(AuditTable.at)).where(
        AuditTable.rotation.is_(None), AuditTable.sentence == imported(cohort)
    )
    return session.scalar(query.where(AuditTable.at <= approved) if approved else query)


def _rotations_by_version(session: Session, cohort: str, current: int) -> dict[int, Counter[bool]]:
    """Return how many rotations keep to each version, by whether they are over."""
    query = rotations_of(cohort).with_only_columns(
        RotationTable.program_version, RotationTable.stage
    )
    found: dict[int, Counter[bool]] = defaultdict(Counter)
    for version, stage in session.execute(query):
        found[current if version is None else version][stage in OVER] += 1
    return found


def _running(session: Session, cohort: str) -> Iterator[tuple[RotationState, Program]]:
    """Every rotation and session that is not over, with the version that it keeps to."""
    query = select(RotationTable.state).where(
        RotationTable.cohort == cohort,
        RotationTable.state.is_not(None),
        RotationTable.stage.not_in(OVER),
    )
    for state in map(
        RotationState.model_validate, session.scalars(query.order_by(RotationTable.id))
    ):
        if not state.ending:
            yield state, program_followed(session, cohort, state.rotation)


def _invited(state: RotationState) -> list[StepState]:
    return [step for step in state.steps if step.phase in _INVITED and step.kind not in UNMET]


def _why_not(state: RotationState, followed: Program, new: Program) -> str:
    if state.occasion:
        return ""
    if state.ritual:
        gone = state.ritual not in {ritual.key for ritual in new.rituals}
        return f"The ritual '{state.ritual}' is left out." if gone else ""
    return next((one.sentence for one in obstacles(differences(followed, new))), "")


def _under_way(
    session: Session, state: RotationState, followed: Program, why_not: str, mails: int
) -> UnderWay:
    return UnderWay(
        rotation=state.rotation,
        workflow_id=session.get_one(RotationTable, state.rotation).workflow_id,
        participant=state.participant,
        follows=followed.version,
        why_not=why_not,
        mails=mails,
    )


def _keep_versions(
    session: Session, row: CohortTable, old: Program, now: datetime, *, running: bool
) -> None:
    """What has begun, or is about to begin by the plan, keeps to its version, if it does not take over."""
    session.add(
        ProgramVersionTable(
            cohort=row.key, version=old.version, program=row.program, replaced_at=now
        )
    )
    session.flush()
    planned = Plans().version(session, row.key, row.approved_plan or 0).hosts().keys()
    taking = {state.rotation for state, _ in _running(session, row.key)} if running else set()
    for one in session.scalars(select(RotationTable).where(RotationTable.cohort == row.key)):
        if one.id in taking:
            one.program_version = None
        elif one.program_version is None and (one.state or one.ritual or one.id in planned):
            one.program_version = old.version
