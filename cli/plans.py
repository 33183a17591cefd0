"""Plans straight from a folder, without a server or a database: made, checked, repaired."""

import json as json_text
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

import planner
from cli.leaving import ATTENTION, FAILURE, OK, leave
from cli.mending import outcome_of, said_to_stay, to_mend
from cli.options import Json
from cli.showing import as_json, console, count, errors, rejections, table
from domain.errors import Refused
from domain.folder import Folder
from domain.moments import short_time, whole_day
from domain.planning import Plan, PlanningProblem
from domain.review import Alternative
from domain.value import Key, Value
from intake.cohorts import Names, problem_of
from intake.events import problem_after, read_event
from intake.folder import read_folder
from intake.holidays import holiday_absences
from intake.plan_file import (
    AlternativeEntry,
    PlanFile,
    ShortfallEntry,
    entries_of,
    plan_in,
    read_plan_file,
)
from planner.bounding import Certificate
from planner.structure import Structure
from planner.watch import Watch

LOOK = 0.15
"""Share of the time that may go by before planning begins, for what is certain without a plan."""

SHOWN = 40
"""Visits, and people without a place, that are shown; a file has all of them."""

From = Annotated[
    Path, typer.Option("--from", exists=True, file_okay=False, help="The program folder.")
]
PlanArg = Annotated[
    Path, typer.Argument(metavar="PLAN", help="A plan, as 'sojourn plan' wrote it.")
]
Today = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Plan as if it were that day; today when left out."),
]


def make(
    folder: Path,
    *,
    seed: int,
    today: date,
    time_limit: float | None,
    out: Path | None,
    certificate: Path | None,
    json: bool,
) -> None:
    """Plan a folder and show the plan; ends with exit code 3 when somebody has no place."""
    problem, names = _asked(folder, today)
    with _watched(f"planning {problem.program.cohort}", time_limit) as watch:
        look = watch.part(LOOK, _after(time_limit and time_limit * LOOK))
        structure = planner.structure(problem, look)
        _say(structure, names)
        plan = planner.plan(problem, seed=seed, watch=watch.part(1 - LOOK))
    proof = planner.certify(problem, plan)
    others = planner.alternatives(problem, plan)
    found = _file(problem, names, plan, proof, seed, [] if watch.over else list(others))
    file = found.model_copy(update=_beforehand(structure, names))
    if out:
        _write(out, file)
    if certificate:
        _write(certificate, _as_named(proof, names))
    if json:
        as_json(file)
    else:
        _show(file)
    leave(ATTENTION if file.unplaced else OK)


def check(plan: PlanArg, folder: From, json: Json = False) -> None:
    """Check a plan against every rule, with code that shares nothing with the planner.

    Prints each broken rule; exit code 1 when there is one.

    Example: sojourn plan check plan.json --from my-program
    """
    file = read_plan_file(plan)
    problem, names = _asked_then(folder, file)
    found = planner.violations(problem, plan_in(file, problem, names))
    broken = [
        Broken(
            participant=names.participants.get(one.rotation or "", None),
            step=one.step,
            rule=one.rule,
            sentence=names.said(one.sentence),
        )
        for one in found
    ]
    if json:
        as_json(broken)
    elif broken:
        rows = ((one.participant or "", one.step or "", one.sentence) for one in broken)
        table(f"{count(len(broken), 'broken rule')}", ("participant", "step", "what"), rows)
    else:
        console.print(f"No rule is broken: {count(len(file.steps), 'step')} checked.")
    leave(FAILURE if broken else OK)


def repair(
    plan: PlanArg,
    folder: From,
    event: Annotated[Path, typer.Option("--event", help="What happened, as JSON.")],
    out: Annotated[Path | None, typer.Option(help="Write the repaired plan here.")] = None,
    json: Json = False,
) -> None:
    """Repair a plan after something happened, with the smallest change.

    The event is JSON such as {"cause": "declined", "participant": "ada", "step": "shadowing-day",
    "person": "tom"} or {"cause": "team-dissolved", "host": "desk"}; docs/plans.md has all of them.

    Example: sojourn plan repair plan.json --from my-program --event event.json --out new.json
    """
    file, happened = read_plan_file(plan), read_event(event)
    problem, names = _asked_then(folder, file)
    before = plan_in(file, problem, names)
    changed = problem_after(happened, problem, before, names)
    wanted = to_mend(happened, changed, before, names)
    standing = planner.Standing(changed, before)
    found = planner.mend_all(standing, wanted)
    outcomes = [outcome_of(*one, names) for one in zip(wanted, found, strict=True)]
    mended = standing.plan()
    proof = planner.certify(problem, mended)
    others = list(planner.alternatives(changed, mended))
    new = _file(problem, names, mended, proof, file.seed, others)
    if out:
        _write(out, new)
    if json:
        as_json(outcomes)
    else:
        rows = (
            (o.participant, ", ".join(o.moved) or "nothing moves", said_to_stay(o), o.reason)
            for o in outcomes
        )
        columns = ("participant", "moved", "stayed", "why")
        table(f"{count(len(outcomes), 'rotation')} looked at", columns, rows)
    leave(OK if all(outcome.mended for outcome in outcomes) else ATTENTION)


class Broken(Value):
    """One broken rule of a plan file."""

    participant: Key | None
    step: Key | None
    rule: str
    sentence: str


class NamedCertificate(Value):
    """A certificate in the folder's names; prices and gains are thousandths, as ``Certificate`` has them."""

    bound: int
    left_out: int
    prices: dict[Key, int]
    gains: dict[Key, tuple[int, ...]]


def _as_named(proof: Certificate, names: Names) -> NamedCertificate:
    return NamedCertificate(
        bound=proof.bound,
        left_out=proof.left_out,
        prices={names.teams[team]: price for team, price in proof.prices},
        gains={names.teams[team]: gains for team, gains in proof.gains},
    )


def _asked(folder: Path, today: date) -> tuple[PlanningProblem, Names]:
    """What a planner is asked on that day; nothing is planned before the next midnight."""
    found = read_folder(folder, today=today)
    if not isinstance(found, Folder):
        rejections(found)
        raise Refused(f"{folder}: {count(len(found), 'thing')} to mend before it can be planned.")
    program = found.program
    if not any(person.participates for person in found.people):
        raise Refused(f"{folder}: nobody takes part. Write yes under participates in people.csv.")
    tomorrow = whole_day(today, program.zone).ends
    first = whole_day(program.starts_on, program.zone).starts
    return problem_of(found, max(first, tomorrow), holiday_absences)


def _asked_then(folder: Path, file: PlanFile) -> tuple[PlanningProblem, Names]:
    """What a planner was asked when it made that plan; the dates of an anchored folder are the plan's."""
    problem, names = _asked(folder, file.first_day - timedelta(weeks=1))
    if problem.program.cohort != file.cohort:
        raise Refused(
            f"The plan is of cohort '{file.cohort}', {folder} of '{problem.program.cohort}'."
        )
    return problem, names


def _file(
    problem: PlanningProblem,
    names: Names,
    plan: Plan,
    proof: Certificate,
    seed: int,
    others: list[Alternative],
) -> PlanFile:
    alternatives: dict[tuple[str, int], tuple[AlternativeEntry, ...]] = {}
    for one in others:
        entry = AlternativeEntry(
            host=names.teams[one.host], less=one.less, reason=names.said(one.reason)
        )
        place = (one.rotation, one.stop)
        alternatives[place] = (*alternatives.get(place, ()), entry)
    facts = {
        "cohort": problem.program.cohort,
        "first_day": problem.first_day,
        "seed": seed,
        "objective": plan.objective,
        "parts": planner.objective_parts(problem, plan.hosts(), plan.steps)._asdict(),
        "bound": proof.bound,
        "gap": round((proof.bound - plan.objective) / max(1, abs(proof.bound)), 6),
        **planner.figures(problem, plan).model_dump(),
        "warnings": tuple(map(names.said, planner.remarks(problem, plan))),
        **entries_of(plan, names, alternatives),
    }
    return PlanFile.model_validate(facts)


def _write(path: Path, value: BaseModel) -> None:
    """Write the whole file or leave what was there."""
    body = json_text.dumps(value.model_dump(mode="json"), ensure_ascii=False, indent=2)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(body + "\n")
        draft.replace(path)
    except OSError as why:
        draft.unlink(missing_ok=True)
        raise Refused(f"{path}: it can't be written ({why.strerror}).") from why


def _beforehand(structure: Structure, names: Names) -> dict[str, object]:
    """What was certain before planning, in the folder's names."""
    shortfalls = tuple(
        ShortfallEntry(
            participants=tuple(names.people[person] for person in one.participants),
            sentence=names.said(one.sentence),
        )
        for one in structure.shortfalls
    )
    return {"shortfalls": shortfalls, "would_help": names.said(structure.remedy) or None}


def _say(structure: Structure, names: Names) -> None:
    if structure.shortfalls:
        people = count(structure.short, "participant")
        errors.print(f"Whatever the plan, {people} will have no place:", markup=False)
    for one in structure.shortfalls:
        errors.print(f"- {names.said(one.sentence)}", markup=False)
    if structure.remedy:
        errors.print(names.said(structure.remedy), markup=False)


def _show(file: PlanFile) -> None:
    zones = {step.participant: step.zone for step in file.steps}
    first: dict[tuple[str, str], datetime] = {}
    for step in file.steps:
        first.setdefault((step.participant, step.host), step.start)
    rows = (
        (
            one.participant,
            one.host,
            short_time(first.get((one.participant, one.host)), zones.get(one.participant, "UTC")),
            one.reason,
            ", ".join(f"{other.host} ({-other.less:+d})" for other in one.alternatives),
        )
        for one in file.assignments
    )
    columns = ("participant", "host", "from", "why", "instead")
    if file.assignments:
        shown = islice(rows, SHOWN)
        table(f"Plan of {file.cohort} from {file.first_day:%-d %b %Y}", columns, shown)
    if len(file.assignments) > SHOWN:
        more = f"{len(file.assignments) - SHOWN} further visits"
        console.print(f"{more} are planned; --out FILE writes all.", markup=False)
    for entry in file.unplaced[:SHOWN]:
        console.print(f"No place for {entry.participant}: {entry.reason}", markup=False)
    if len(file.unplaced) > SHOWN:
        more = f"{len(file.unplaced) - SHOWN} others have no place either"
        console.print(f"{more}; --out FILE writes everybody's reason.", markup=False)
    if not file.assignments:
        console.print("Nobody has a place.")
        return
    for warning in file.warnings:
        console.print(warning, markup=False)
    console.print(
        f"\nWorth {file.objective} ({_parts(file)}); "
        f"no plan is worth more than {file.bound} (gap {file.gap:.2%}). "
        f"Goals covered {file.coverage_mean:.0%}, at least {file.coverage_min:.0%}. "
        f"The most visited team has {file.load_max:.2f} times its fair share, Gini {file.gini:.2f}."
    )


def _parts(file: PlanFile) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {worth}" for name, worth in file.parts.items())


@contextmanager
def _watched(what: str, time_limit: float | None) -> Iterator[Watch]:
    """Show how far it is and how long it takes; the time limit or Ctrl-C end with the best so far."""
    stopped = False
    late = _after(time_limit)

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        errors.print("Stopping with the best plan so far.")

    def over() -> bool:
        return stopped or late()

    before = signal.signal(signal.SIGINT, stop)
    errors.print(f"{what}; Ctrl-C ends with the best so far", markup=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), console=errors, transient=True) as progress:
            yield Watch(_teller(progress, what), over)
    finally:
        signal.signal(signal.SIGINT, before)


def _after(seconds: float | None) -> Callable[[], bool]:
    """Whether so many seconds have passed since; never, without any."""
    ends = time.monotonic() + seconds if seconds else None
    return lambda: ends is not None and time.monotonic() > ends


def _teller(progress: Progress, what: str) -> Callable[[float], None]:
    task = progress.add_task(what, total=1.0)
    return lambda share: progress.update(task, completed=share)


def today_or(given: datetime | None) -> date:
    """Return the day that was given, or today (UTC)."""
    return given.date() if given else datetime.now(UTC).date()
