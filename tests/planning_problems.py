"""Small planning problems that name only what matters."""

from datetime import UTC, date, datetime, time, timedelta

from domain.moments import Interval, WorkingHours
from domain.people import Seat
from domain.planning import Availability, Candidate, GoalWish, Host, PlanningProblem
from domain.program import Attendance, Program, StepKind, StepTemplate, Window

FIRST_DAY = date(2026, 11, 30)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OFFICE = tuple(WorkingHours(weekday=day, starts=time(9), ends=time(17)) for day in range(5))


def template(
    key: str, kind: StepKind, hours: float, after: str | None, **facts: object
) -> StepTemplate:
    known: dict[str, object] = {
        "key": key,
        "kind": kind,
        "title": key,
        "duration": timedelta(hours=hours),
        "window": Window(after=after, opens=timedelta(), closes=timedelta(days=12)),
        "attendance": Attendance(required=(Seat.PARTICIPANT,)),
    }
    return StepTemplate.model_validate(known | facts)


def a_program(first_day: date = FIRST_DAY, zone: str = "Europe/Berlin", weeks: int = 6) -> Program:
    return Program(
        key="program",
        version=1,
        name="Program",
        cohort="winter",
        zone=zone,
        starts_on=first_day,
        weeks=weeks,
        coordinator="lena",
        mail_domain="example.org",
        steps=(
            template(
                "talk",
                StepKind.LEARNING_GOAL_TALK,
                0.5,
                None,
                attendance=Attendance(required=(Seat.PARTICIPANT, Seat.HOME_MANAGER)),
            ),
            template(
                "day",
                StepKind.SHADOWING_DAY,
                6,
                "talk",
                attendance=Attendance(required=(Seat.PARTICIPANT, Seat.HOST_LEAD)),
                starts_at="09:00",
                over_meetings=True,
            ),
            template(
                "session",
                StepKind.LISTENING_SESSION,
                1,
                "day",
                attendance=Attendance(required=(Seat.PARTICIPANT,), frontline_quorum=2),
            ),
            template("thanks", StepKind.THANKS, 0, "session"),
        ),
    )


def somebody(ref: str, zone: str = "Europe/Berlin", **facts: object) -> Availability:
    known: dict[str, object] = {"person": ref, "zone": zone, "hours": OFFICE}
    return Availability.model_validate(known | facts)


def a_problem(
    participants: int = 2,
    hosts: int = 2,
    *,
    zone: str = "Europe/Berlin",
    first_day: date = FIRST_DAY,
    absences: dict[str, tuple[Interval, ...]] | None = None,
    busy: dict[str, tuple[Interval, ...]] | None = None,
) -> PlanningProblem:
    """Participants P-01xx with managers P-02xx; hosts H-0n with lead P-03xx and colleagues P-04xx."""
    away, meetings = absences or {}, busy or {}

    def one(ref: str) -> Availability:
        return somebody(ref, zone, absences=away.get(ref, ()), busy=meetings.get(ref, ()))

    leaders = [f"P-01{n:02}" for n in range(participants)]
    managers = [f"P-02{n:02}" for n in range(participants)]
    leads = [f"P-03{n:02}" for n in range(hosts)]
    colleagues = [[f"P-04{n:02}{i}" for i in range(3)] for n in range(hosts)]
    everybody = [*leaders, *managers, *leads, *(c for team in colleagues for c in team)]
    return PlanningProblem(
        program=a_program(first_day, zone),
        first_day=first_day,
        candidates=tuple(
            Candidate(
                rotation="abcdefg" + "abcdefghijklmnop"[n],
                participant=leaders[n],
                manager=managers[n],
                goals=(GoalWish(lens="customer", weight=2), GoalWish(lens="finance", weight=1)),
            )
            for n in range(participants)
        ),
        hosts=tuple(
            Host(
                team=f"H-0{n}",
                lead=leads[n],
                frontline=tuple(colleagues[n]),
                lenses=("customer", "operational") if n % 2 else ("finance",),
                customer_facing=bool(n % 2),
                zone=zone,
                visits_per_week=1,
            )
            for n in range(hosts)
        ),
        people=tuple(one(ref) for ref in everybody),
        not_before=LONG_AGO,
    )
