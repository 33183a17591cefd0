"""Records a history of a rotation and a cohort at every stage: ``python -m tests.workflow.record_histories``.

Run it only for a new kind of stage; a history that exists is never recorded again, for it stands for
a rotation that already runs somewhere.
"""

import asyncio
import os
import re
import time
from pathlib import Path
from uuid import uuid4

from temporalio.client import WorkflowHandle

from domain.events import (
    Answered,
    ConcernRaised,
    Decided,
    GateAnswered,
    Hold,
    ManagerChanged,
    Measured,
    MemberJoined,
    MemberLeft,
    NoShow,
    Proposed,
    Released,
    Reschedule,
    RolledBack,
    Summarised,
    TeamDissolved,
    TookPlace,
    Unavailable,
    Withdraw,
    Written,
)
from domain.policy import Disposed, Disposition, PolicyState, Verdict
from domain.rotation import Answer
from tests.builders import (
    ANA,
    BEN,
    DAY,
    LEADER,
    MANAGER,
    a_rotation_of_two_stops,
    co_creation_steps,
    gates,
    steps_of_two_stops,
    summary_steps,
)
from tests.unit.domain.test_occasions import an_occasion, says
from tests.unit.domain.test_rituals import a_series, a_session, answered
from tests.waiting import until_async
from tests.workflow.conftest import Office, time_skipping_server, working
from tests.workflow.test_rotation import AnyRun, days_pass, fresh, quiet, soon, started
from workflows.names import policy_workflow_id
from workflows.policy import PolicyChangeWorkflow
from workflows.ritual import RitualWorkflow
from workflows.rotation import RotationWorkflow

Change = WorkflowHandle[PolicyChangeWorkflow, PolicyState]

_LETTERS = str.maketrans("0189", "abcd")

IDENTITY = re.compile(r'("(?:workerIdentity|identity|name)": ")\d+@[^"]*"')
"""The recording machine's name, which nobody needs to know."""

FOLDER = Path(__file__).parents[1] / "histories"


async def keep(handle: AnyRun, stage: str) -> None:
    """Write the history of a run unless one of that stage exists."""
    named = stage.startswith(("policy-", "ritual-", "session-", "occasion-"))
    name = stage if named else f"rotation-{stage}"
    path = FOLDER / f"{name}.json"
    if not path.exists():
        text = (await handle.fetch_history()).to_json()
        path.write_text(IDENTITY.sub(r'\1worker"', text))


async def at_rest(handle: AnyRun, stage: str) -> None:
    """Keep the history once the run waits for people or time."""
    await until_async(lambda: quiet(handle))
    await keep(handle, stage)


async def settled_at(handle: AnyRun, stage: str) -> None:
    """Keep the history a moment later, where the last event need not be a timer."""
    await asyncio.sleep(1)
    await keep(handle, stage)


async def record(office: Office, environment: object) -> None:
    """Walk one rotation to its end, and others to each place where they may wait."""
    consenting = await started(office, fresh(gates=gates(passed=False)))
    await at_rest(consenting, "waiting-for-consents")
    for gate in gates(passed=False):
        agreed = GateAnswered(gate=gate.gate, person=gate.person, agreed=True)
        await consenting.execute_update(RotationWorkflow.consent, agreed)
    await at_rest(consenting, "invited")
    declined = Answered(
        id="a1", step="goal-talk", person=MANAGER, revision=0, answer=Answer.DECLINED
    )
    await consenting.execute_update(RotationWorkflow.answer, declined)
    await asyncio.sleep(1)
    await keep(consenting, "waiting-for-a-repair")
    await consenting.execute_update(RotationWorkflow.hold, Hold())
    await asyncio.sleep(1)
    await keep(consenting, "on-hold")
    await consenting.execute_update(RotationWorkflow.withdraw, Withdraw())
    await consenting.result()
    await keep(consenting, "withdrawn")

    walking = await started(office, fresh())
    for days, key in ((1.2, "goal-talk"), (2.3, "shadowing-day"), (4, "listening-session")):
        await days_pass(environment, walking, days)  # type: ignore[arg-type]
        await keep(walking, f"{key}-over")
        await walking.execute_update(RotationWorkflow.took_place, TookPlace(step=key))
    await days_pass(environment, walking, 1)  # type: ignore[arg-type]
    await keep(walking, "reflection-open")
    await walking.execute_update(
        RotationWorkflow.written, Written(step="reflection", document="d1")
    )
    await days_pass(environment, walking, 1)  # type: ignore[arg-type]
    await keep(walking, "thanks-open")
    await walking.execute_update(RotationWorkflow.written, Written(step="thanks", document="d2"))
    await walking.result()
    await keep(walking, "completed")


async def record_a_summary(office: Office, environment: object) -> None:
    """Walk a rotation to its summary, and on to the host lead who reads it."""
    summing = await started(office, fresh(steps=summary_steps(soon())))
    await days_pass(environment, summing, 1.2)  # type: ignore[arg-type]
    held = TookPlace(step="listening-session")
    await summing.execute_update(RotationWorkflow.took_place, held)
    await settled_at(summing, "summary-open")
    await summing.execute_update(RotationWorkflow.summarised, Summarised(step="summary"))
    await settled_at(summing, "summary-with-the-host")
    released = Released(step="summary", agreed=True)
    await summing.execute_update(RotationWorkflow.released, released)
    await summing.result()
    await keep(summing, "summary-shared")


async def record_a_hand_over(office: Office, environment: object) -> None:
    """Walk a rotation from its workshop to the policy change it hands over."""
    start = soon()
    state = fresh(steps=co_creation_steps(start))
    handing = await started(office, state)
    await days_pass(environment, handing, 1.2)  # type: ignore[arg-type]
    await handing.execute_update(RotationWorkflow.took_place, TookPlace(step="workshop"))
    await settled_at(handing, "proposal-open")
    proposed = Proposed(
        step="proposal",
        policy=f"{uuid4().hex[:8]}".translate(_LETTERS),
        owner=MANAGER,
        co_authors=(ANA,),
        decide_by=start + 14 * DAY,
    )
    await handing.execute_update(RotationWorkflow.proposed, proposed)
    await handing.result()
    await keep(handing, "handed-over")
    change = office.client.get_workflow_handle_for(
        PolicyChangeWorkflow.run, policy_workflow_id(proposed.policy)
    )
    await record_a_change(change, environment)


async def record_a_change(change: Change, environment: object) -> None:
    """Walk a policy change to each place where it may wait."""
    await settled_at(change, "policy-proposed")
    now = await environment.get_current_time(change)  # type: ignore[attr-defined]
    adopted = Decided(disposition=Disposition.ADOPTED, in_force_at=now)
    await change.execute_update(PolicyChangeWorkflow.decided, adopted)
    await settled_at(change, "policy-in-force")
    await days_pass(environment, change, 36)  # type: ignore[arg-type]
    await settled_at(change, "policy-effect-asked")
    await change.execute_update(PolicyChangeWorkflow.measured, Measured(verdict=Verdict.NOT_MET))
    await settled_at(change, "policy-reviewed")
    await change.execute_update(PolicyChangeWorkflow.rolled_back, RolledBack())
    await change.result()
    await keep(change, "policy-rolled-back")


async def record_an_organisation(office: Office) -> None:
    """A rotation whose manager changes and whose host team ends, with no other to take over."""
    state = fresh()
    changing = await started(office, state)
    await changing.execute_update(RotationWorkflow.manager_changed, ManagerChanged(manager=BEN))
    await settled_at(changing, "manager-changed")
    await changing.execute_update(RotationWorkflow.team_dissolved, TeamDissolved(team=state.host))
    await settled_at(changing, "team-dissolved")
    await changing.terminate()


async def record_a_calendar(office: Office) -> None:
    """A rotation that hears of a colleague's calendar, and then of the manager's, which breaks a step."""
    state = fresh()
    steps = (s.model_copy(update={"quorum": min(s.quorum, 1)}) for s in state.steps)
    showing = await started(office, state.model_copy(update={"steps": tuple(steps)}))
    away = Unavailable(step="listening-session", person=ANA, revision=0)
    await showing.execute_update(RotationWorkflow.unavailable, away)
    await settled_at(showing, "colleague-away")
    busy = Unavailable(step="goal-talk", person=MANAGER, revision=0)
    await showing.execute_update(RotationWorkflow.unavailable, busy)
    await settled_at(showing, "manager-busy")
    await showing.terminate()


async def record_two_stops(office: Office) -> None:
    """A rotation whose second team has not agreed yet, and then ends with no other to take over."""
    waiting = a_rotation_of_two_stops(steps=steps_of_two_stops(soon()))
    gates_open = tuple(
        g if g.stop == 1 else g.model_copy(update={"passed_at": None}) for g in waiting.gates
    )
    facts = waiting.model_dump(include={"steps", "later_hosts"})
    visiting = await started(office, fresh(gates=gates_open, **facts))
    await settled_at(visiting, "second-team-asked")
    await visiting.execute_update(RotationWorkflow.team_dissolved, TeamDissolved(team="H-02"))
    await settled_at(visiting, "second-team-dissolved")
    await visiting.terminate()


async def record_concerns(office: Office) -> None:
    """Walk a policy change over two concerns to its decision."""
    now = soon()
    policy = f"{uuid4().hex[:8]}".translate(_LETTERS)
    doubted = await office.client.start_workflow(
        PolicyChangeWorkflow.run,
        PolicyState(
            policy=policy,
            cohort="winter",
            rotation=policy,
            participant=LEADER,
            host="H-01",
            owner=MANAGER,
            co_authors=(ANA,),
            voices=(ANA, BEN),
            proposed_at=now,
            decide_by=now + 14 * DAY,
        ),
        id=policy_workflow_id(policy),
        task_queue=office.task_queue,
    )
    raised = {ANA: "aaaaaaaa", BEN: "bbbbbbbb"}
    for person, concern in raised.items():
        event = ConcernRaised(concern=concern, person=person)
        await doubted.execute_update(PolicyChangeWorkflow.concern_raised, event)
    await settled_at(doubted, "policy-concerns-raised")
    disposed = (Disposed(concern=c, disposition=Disposition.PARTLY) for c in raised.values())
    declined = Decided(disposition=Disposition.DECLINED, concerns=tuple(disposed))
    await doubted.execute_update(PolicyChangeWorkflow.decided, declined)
    await doubted.result()
    await keep(doubted, "policy-concerns-answered")


async def record_a_ritual(office: Office) -> None:
    """Open a session as a ritual's schedule does; its facilitator declines, then people come and go."""
    opened = a_session(now=soon())
    office.rituals.sessions.append(opened)
    ritual = await office.client.start_workflow(
        RitualWorkflow.run,
        a_series(),
        id=f"ritual-{opened.cohort}-{uuid4().hex[:8]}",
        task_queue=office.task_queue,
    )
    session = office.client.get_workflow_handle(await ritual.result())
    await keep(ritual, "ritual-opened")
    await settled_at(session, "session-invited")
    declined = answered(opened.participant, Answer.DECLINED)
    await session.execute_update(RotationWorkflow.answer, declined)
    await settled_at(session, "session-facilitated-by-another")
    step = opened.steps[0].key
    joined = MemberJoined(step=step, person="P-0009", lens="finance")
    await session.execute_update(RotationWorkflow.member_joined, joined)
    left = MemberLeft(step=step, person=opened.participant)
    await session.execute_update(RotationWorkflow.member_left, left)
    await settled_at(session, "session-members-changed")
    await session.terminate()


async def record_a_missed_session(office: Office, environment: object) -> None:
    """A no-show from before it was shown: nobody was asked any more what becomes of the session."""
    opened = a_session(now=soon()).model_copy(update={"cohort": f"c-{uuid4().hex[:8]}"})
    missed = await started(office, opened)
    await days_pass(environment, missed, 20)  # type: ignore[arg-type]
    event = NoShow(step=opened.steps[0].key, person=opened.participant)
    await missed.execute_update(RotationWorkflow.no_show, event)
    await settled_at(missed, "session-no-show-unseen")
    await missed.terminate()


async def record_an_occasion(office: Office) -> None:
    """A debrief that one of the two declines, and that has another time then."""
    state = an_occasion(starts=soon() + DAY).model_copy(update={"cohort": f"c-{uuid4().hex[:8]}"})
    debrief = await started(office, state)
    await settled_at(debrief, "occasion-invited")
    said = says(state, state.participant, Answer.DECLINED)
    await debrief.execute_update(RotationWorkflow.answer, said)
    await settled_at(debrief, "occasion-looking-for-a-time")
    found = Reschedule(step=said.step, starts=soon() + 2 * DAY)
    await debrief.execute_update(RotationWorkflow.reschedule, found)
    await settled_at(debrief, "occasion-invited-again")
    await debrief.terminate()


async def _main() -> None:
    environment = await time_skipping_server()
    async with working(environment.client) as office:
        await record(office, environment)
        await record_a_summary(office, environment)
        await record_a_hand_over(office, environment)
        await record_an_organisation(office)
        await record_a_calendar(office)
        await record_two_stops(office)
        await record_concerns(office)
        await record_a_ritual(office)
        await record_a_missed_session(office, environment)
        await record_an_occasion(office)
    await environment.shutdown()


if __name__ == "__main__":
    asyncio.run(_main())
    time.sleep(0.5)
    os._exit(0)
