"""A program's year over the store of a visit: sessions held, changes decided and measured, figures taken."""

import json
from datetime import timedelta

from sqlalchemy import update

from domain.insights import Insight, InsightTag, Summary
from domain.outcomes import Better, MetricValue
from domain.people import Seat
from domain.policy import Disposition, PolicyPhase, PolicyState, Verdict
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.program import StepKind
from domain.rotation import Phase, RotationState
from domain.telling import dispatch
from store.database import reading, writing
from store.learnings import enter_insights, follow_insights
from store.people import people
from store.tables.changes import PolicyTable
from store.tables.mail import OutboxTable
from store.tables.words import ExerciseEntryTable
from tests.builders import a_proposal
from tests.visit import DAY, Visit

THINGS = ("Orders wait for a signature", "Calls come at noon", "Maps of the depot are old")
VERDICTS = (Verdict.MET, Verdict.NOT_MET, Verdict.NEW_QUESTION, Verdict.NOT_MEASURED, Verdict.MET)


def a_year(visit: Visit) -> None:
    """Five changes with verdicts and one declined, each voice told; five sessions; figures and answers."""
    hold_sessions(visit)
    with writing(visit.office.engine) as session:
        things = tuple(Insight(text=text, tag=InsightTag.CONSTRAINT) for text in THINGS)
        summary = visit.step(StepKind.SUMMARY)
        words = Summary(words="A day.", insights=things)
        enter_insights(session, visit.state, summary, words, visit.moment)
    visit.moment += 10 * DAY
    for number, verdict in enumerate(VERDICTS):
        decide(visit, "abcde"[number] * 8, verdict)
    decide(visit, "f" * 8, None, Disposition.DECLINED)
    with writing(visit.office.engine) as session:
        session.execute(update(OutboxTable).values(state="sent"))
    take_figures(visit)
    answer_pulse(visit, "pulse-before", StepKind.LISTENING_SESSION, "2")
    answer_pulse(visit, "pulse-after", StepKind.CO_CREATION, "4")


def hold_sessions(visit: Visit) -> None:
    """The listening sessions of all rotations took place."""
    office, cohort = visit.office, visit.state.cohort
    for planned in office.planning.rotations(cohort, 1):
        state = visit.state if planned.rotation == visit.state.rotation else planned
        state = _held(state)
        office.correspondence.carry_out(dispatch(state, (), visit.moment))
        if state.rotation == visit.state.rotation:
            visit.state = state


def _held(state: RotationState) -> RotationState:
    for step in state.steps:
        if step.kind is StepKind.LISTENING_SESSION:
            state = state.with_step(step.model_copy(update={"phase": Phase.HELD}))
    return state.model_copy(update={"version": state.version + 1})


def decide(
    visit: Visit,
    policy: str,
    verdict: Verdict | None,
    disposition: Disposition = Disposition.ADOPTED,
) -> PolicyState:
    """A change of the visit that two colleagues worked out, one of whom is its team's lead."""
    office, now = visit.office, visit.moment
    talk = visit.step(StepKind.LISTENING_SESSION)
    voices = [a.person for a in talk.attendees if a.seat is Seat.FRONTLINE]
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    proposal = a_proposal(lead, voices[0], now, title=f"Change {policy[0]}")
    with writing(office.engine) as session:
        session.add(
            PolicyTable(
                id=policy,
                rotation=visit.state.rotation,
                cohort=visit.state.cohort,
                workflow_id=f"policy-{policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=now,
                first_noted_at=now - 10 * DAY,
                measured=2.5 if verdict else None,
            )
        )
        session.flush()
        insight = f"{visit.step(StepKind.SUMMARY).key}:0"
        grounded = proposal.model_copy(update={"insights": (insight,)})
        follow_insights(session, visit.state.rotation, grounded, policy)
    declined = disposition is Disposition.DECLINED
    state = PolicyState(
        policy=policy,
        cohort=visit.state.cohort,
        rotation=visit.state.rotation,
        participant=visit.state.participant,
        host=visit.state.host,
        owner=lead,
        co_authors=(voices[0], lead),
        voices=tuple(voices),
        proposed_at=now,
        decide_by=now,
        disposition=disposition,
        decided_at=now,
        in_force_at=None if declined else now,
        verdict=verdict,
        verdict_at=now if verdict else None,
        phase=PolicyPhase.DECLINED if declined else PolicyPhase.KEPT,
        version=1,
    )
    errands = (PolicyErrand.TELL_DECISION, *((PolicyErrand.TELL_VERDICT,) if verdict else ()))
    office.policies.carry_out(
        PolicyDispatch(state=state, errands=errands, now=now, sentence="Decided.")
    )
    return state


def take_figures(visit: Visit) -> None:
    """Resolution time got better; of satisfaction there is nothing from before."""
    office, cohort = visit.office, visit.state.cohort
    starts_on = office.views.cohort(cohort).starts_on
    figures = (
        ("Resolution time", "h", Better.LOWER, starts_on - timedelta(days=7), 9.0),
        ("Resolution time", "h", Better.LOWER, visit.moment.date(), 6.5),
        ("Satisfaction", "", Better.HIGHER, visit.moment.date(), 4.25),
    )
    office.metrics.take(
        cohort,
        [
            MetricValue(metric=metric, unit=unit, better=better, day=day, value=value)
            for metric, unit, better, day, value in figures
        ],
        dry_run=False,
        now=visit.moment,
    )


def answer_pulse(visit: Visit, exercise: str, kind: StepKind, value: str) -> None:
    """Five colleagues gave the same answer to each question."""
    office, step = visit.office, visit.step(kind)
    given = json.dumps({"safe": value, "known": value, "follows": value})
    with reading(office.engine) as session:
        colleagues = sorted(people(session))[:5]
    with writing(office.engine) as session:
        for person in colleagues:
            session.add(
                ExerciseEntryTable(
                    rotation=visit.state.rotation,
                    step=step.key,
                    exercise=exercise,
                    person=person,
                    version=1,
                    reader="counted",
                    sealed=office.vault.seal(session, person, given),
                    mark="",
                    complete=True,
                    late=False,
                    written_at=visit.moment,
                )
            )
