"""A small company in the store, with a composer and links of our own: what a mail says, as JSON."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.events import PlanChanged
from domain.folder import Folder, FolderGoal, FolderPerson, FolderTeam
from domain.invites import CalendarMail, Letter, RenderedMail
from domain.links import LinkClaim, Purpose
from domain.planning import Plan, PlannedStep, PlanningProblem
from domain.ports import QueuedMail
from domain.program import Attendance, Program, StepKind, StepTemplate, Window
from domain.review import Review, WorthParts
from domain.rotation import Answer, Phase, RotationState, StepState
from domain.telling import dispatch
from store.answers import AnswersDesk
from store.correspondence import CorrespondenceDesk
from store.database import reading
from store.importing import load_folder
from store.outbox import OutboxDesk
from store.tables.mail import InviteTable, OutboxTable
from store.tables.rotations import RotationTable
from store.vault import Vault
from tests.builders import a_rotation

NOW = datetime(2026, 11, 23, 22, tzinfo=UTC)
VAULT = Vault(b"k" * 32)

PEOPLE = ("mara", "boss", "lead", "ana", "ben", "lead2", "cem")
"""In this order they become P-0001 to P-0007; the last two are the second host team."""


class JsonComposer:
    """Writes down what it was given; the same mail gives the same bytes."""

    def calendar_mail(self, mail: CalendarMail) -> RenderedMail:
        return _rendered(mail.model_dump_json(), mail.reader_email, mail.title)

    def words(self, mail: CalendarMail) -> tuple[str, str]:
        return mail.title, mail.model_dump_json()

    def letter(self, letter: Letter) -> RenderedMail:
        return _rendered(letter.model_dump_json(), letter.reader_email, letter.kind.value)


class PlainLinks:
    """Links that say what they allow."""

    def url(self, claim: LinkClaim, expires: datetime) -> str:
        return f"http://127.0.0.1/{claim.purpose.value}/{claim.person}/{claim.about}"

    def read(self, token: str, purpose: Purpose | None = None) -> LinkClaim:
        return LinkClaim.model_validate_json(token)


def unreviewed(problem: PlanningProblem, plan: Plan) -> Review:
    """Nothing to say about a plan."""
    parts = WorthParts(goals=0, wished_teams=0, customers=0, crowds=0, early=0)
    return Review(
        bound=plan.objective,
        parts=parts,
        coverage_mean=0,
        coverage_min=0,
        loads=(),
        alternatives=(),
    )


def _rendered(text: str, recipient: str, subject: str) -> RenderedMail:
    identity = hashlib.sha256(text.encode()).hexdigest()
    return RenderedMail(
        message_id=f"<{identity}@sojourn.example>",
        sender="rotations@sojourn.example",
        recipient=recipient,
        subject=subject,
        raw=text.encode(),
    )


def a_person(key: str, **changes: object) -> FolderPerson:
    facts: dict[str, object] = {
        "key": key,
        "name": key.capitalize(),
        "email": f"{key}@example.org",
        "zone": "Europe/Berlin",
        "country": "DE",
        "subdivision": None,
        "hours": (),
        "team": "",
        "manager": "boss" if key == "mara" else None,
        "participates": key == "mara",
        "released_on": None,
        "sessions_agreed_on": None,
    }
    return FolderPerson.model_validate(facts | changes)


def a_team(key: str, lead: str, *frontline: str) -> FolderTeam:
    return FolderTeam(
        key=key,
        name=f"The {key}",
        lenses=("customer",),
        customer_facing=True,
        lead=lead,
        frontline=frontline,
        zone="Europe/Berlin",
        visits_per_week=2,
        agreed_on=None,
        closed_days=(),
    )


def _template(key: str, kind: StepKind, where: str = "") -> StepTemplate:
    return StepTemplate(
        key=key,
        kind=kind,
        title=key,
        duration=timedelta(hours=1),
        window=Window(after=None, opens=timedelta(), closes=timedelta(days=9)),
        attendance=Attendance(required=()),
        where=where,
    )


def a_folder(*people: FolderPerson, teams: tuple[FolderTeam, ...] | None = None) -> Folder:
    program = Program(
        key="desk",
        version=1,
        name="A day with the desk",
        cohort="winter",
        zone="Europe/Berlin",
        starts_on=date(2026, 11, 30),
        weeks=6,
        coordinator="boss",
        mail_domain="sojourn.example",
        steps=(
            _template("goal-talk", StepKind.LEARNING_GOAL_TALK, "A quiet room"),
            _template("shadowing-day", StepKind.SHADOWING_DAY, "{team}, at the desk"),
            _template("listening-session", StepKind.LISTENING_SESSION),
            _template("reflection", StepKind.REFLECTION),
            _template("thanks", StepKind.THANKS),
        ),
    )
    goal = FolderGoal(
        participant="mara",
        text="See a ticket through",
        seen_by="My manager",
        lens="customer",
        weight=1,
        wished_team=None,
        agreed_on=None,
    )
    return Folder(
        program=program,
        people=people or tuple(a_person(key) for key in PEOPLE),
        teams=(a_team("desk", "lead", "ana", "ben"), a_team("shop", "lead2", "cem"))
        if teams is None
        else teams,
        goals=(goal,),
        calendars=(),
    )


def loaded(engine: Engine, **changes: object) -> RotationState:
    """The company in the store; returns the rotation of its one participant, everybody agreed."""
    load_folder(engine, a_folder(), dry_run=False, now=NOW)
    return loaded_again(engine, **changes)


def loaded_again(engine: Engine, **changes: object) -> RotationState:
    """The rotation of a company that is in the store already."""
    with reading(engine) as session:
        (rotation,) = session.scalars(select(RotationTable.id))
    return a_rotation(rotation=rotation, **changes)


def desk(engine: Engine) -> CorrespondenceDesk:
    return CorrespondenceDesk(engine, JsonComposer(), PlainLinks(), VAULT)


def answers_of(engine: Engine) -> AnswersDesk:
    return AnswersDesk(engine, JsonComposer(), PlainLinks())


def invited(state: RotationState, *keys: str) -> RotationState:
    """The rotation one version on, with the invites to these steps out."""
    for key in keys:
        step = state.step(key)
        assert step is not None
        changes = {"phase": Phase.INVITED, "invited_at": NOW}
        state = state.with_step(step.model_copy(update=changes))
    return state.model_copy(update={"version": state.version + 1})


def inviting(engine: Engine, *keys: str, left: bool = True, **changes: object) -> RotationState:
    """The rotation with the invites to these steps carried out, and their mails gone unless not ``left``."""
    state = invited(loaded(engine, **changes), *keys)
    carry_out(engine, state, *(Errand(kind=ErrandKind.INVITE, step=key) for key in keys))
    if left:
        all_leave(engine)
    return state


def outbox_of(engine: Engine) -> OutboxDesk:
    return OutboxDesk(engine, JsonComposer())


def all_leave(engine: Engine, now: datetime = NOW) -> list[QueuedMail]:
    """Every mail that is due leaves."""
    outbox = outbox_of(engine)
    gone = list(outbox.due(now, 999))
    for mail in gone:
        outbox.delivered(mail.number, now)
    return gone


def carry_out(engine: Engine, state: RotationState, *errands: Errand, now: datetime = NOW) -> None:
    desk(engine).carry_out(dispatch(state, errands, now))


def left(engine: Engine, now: datetime) -> list[dict[str, Any]]:
    """The mails that leave at that moment, as the composer was given them."""
    return [json.loads(mail.raw) for mail in all_leave(engine, now)]


def the_step(state: RotationState, key: str) -> StepState:
    step = state.step(key)
    assert step is not None
    return step


def replanned(
    state: RotationState, host: str = "H-01", **steps: Mapping[str, object]
) -> PlanChanged:
    """The news that these steps are planned anew, by key with underscores for hyphens."""
    changed = {key.replace("_", "-"): facts for key, facts in steps.items()}
    planned = tuple(
        PlannedStep.model_validate(
            step.model_dump(include=set(PlannedStep.model_fields))
            | {"rotation": state.rotation}
            | dict(changed.get(step.key, {}))
        )
        for step in state.steps
    )
    return PlanChanged(plan=state.plan + 1, host=host, steps=planned)


def mails(engine: Engine) -> list[dict[str, Any]]:
    """Everything that was written so far, oldest first, as the composer was given it."""
    with reading(engine) as session:
        raws = session.scalars(select(OutboxTable.raw).order_by(OutboxTable.number))
        return [json.loads(raw) for raw in raws]


def calendar_mails(engine: Engine, after: int = 0) -> list[tuple[str, str, int]]:
    """Each calendar mail as reader, method and sequence."""
    return [
        (mail["reader_name"], mail["method"], mail["sequence"])
        for mail in mails(engine)[after:]
        if "method" in mail
    ]


def letters(engine: Engine, kind: str) -> list[str]:
    """Who got this kind of letter."""
    return [mail["reader_name"] for mail in mails(engine) if mail.get("kind") == kind]


def invites(engine: Engine, step: str) -> list[InviteTable]:
    """The standing invites to a step, by person."""
    with reading(engine) as session:
        query = select(InviteTable).where(
            InviteTable.step == step, InviteTable.called_off_at.is_(None)
        )
        return list(session.scalars(query.order_by(InviteTable.person)))


def answered(engine: Engine) -> dict[str, Answer]:
    """What everybody said last, of all standing invites."""
    with reading(engine) as session:
        query = select(InviteTable).where(InviteTable.called_off_at.is_(None))
        return {row.person: Answer(row.answer) for row in session.scalars(query)}
