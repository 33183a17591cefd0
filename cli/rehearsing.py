"""``sojourn rehearse``: a program lived through in a minute, before anybody gives a day to it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.leaving import FAILURE, OK, leave
from cli.options import Json
from cli.showing import as_json, console, count, errors, rejections, table
from domain.figures import figure
from rehearsal.report import Change, Report
from rehearsal.stage import Rejected, Wanted
from rehearsal.stage import rehearse as live_through
from rehearsal.temper import Temper
from store.reminding import REMINDERS_PER_WEEK
from wiring import utc_now


def rehearse(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The program folder.")
    ],
    months: Annotated[int, typer.Option(min=1, max=36, help="How long to rehearse.")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other luck.")] = 1,
    starts: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day; today when left out."),
    ] = None,
    decline_rate: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of invites that are declined.")
    ] = Temper().declines,
    mails: Annotated[
        Path | None, typer.Option(help="Write every mail into this empty folder.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the rehearsed world here; look at it with 'sojourn up --open'."),
    ] = None,
    json: Json = False,
) -> None:
    """Rehearse a program: the real process and the real mails, simulated people, months in seconds.

    Nothing leaves the machine, and no installation is touched. The same folder, months, seed, rate
    and first day give the same report. Exit code 1: somebody would get too many reminders.

    Example: sojourn rehearse my-program --months 6 --seed 1 --keep rehearsed
    """
    logging.getLogger("temporalio").setLevel(logging.ERROR)
    wanted = Wanted(
        folder=folder,
        months=months,
        seed=seed,
        starts=starts.date() if starts else utc_now().date(),
        temper=Temper(declines=decline_rate),
        keep=keep,
        mails=mails,
    )
    try:
        with _progress(wanted.months) as passed:
            report = live_through(wanted, passed)
    except Rejected as mistakes:
        rejections(mistakes.rejected)
        errors.print(str(mistakes))
        leave(FAILURE)
    if json:
        as_json(report)
    else:
        _show(report, wanted)
    leave(OK if report.within_budget else FAILURE)


@contextmanager
def _progress(months: int) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, TimeElapsedColumn(), console=errors, transient=True) as progress:
        task = progress.add_task(f"rehearsing {count(months, 'month')}", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _show(report: Report, wanted: Wanted) -> None:
    console.print(f"\n{report.program}, cohort {report.cohort}, from {report.starts:%-d %b %Y}")
    console.print(
        f"{count(report.months, 'month')} with seed {report.seed} in {figure(report.seconds)} s\n"
    )
    table("", ("", ""), _figures(report))
    if report.unfinished:
        rows = ((one.id, one.reason) for one in report.unfinished)
        table("\nNot finished with every gate passed", ("rotation", "why"), rows)
    if report.changes:
        table(
            "\nPolicy changes", ("id", "decided", "verdict", "on day"), map(_change, report.changes)
        )
    loads = (
        (h.team, f"{figure(h.hours)} h", f"{figure(h.fullest_week)} h in a week")
        for h in report.host_load
    )
    table("\nWhat host teams gave", ("team", "in all", "at most"), loads)
    months = ((_day(m.day), _concerns(m.attention)) for m in report.attention)
    table("\nWhat needed a person when each month ended", ("on", "what"), months)
    if not report.within_budget:
        errors.print(
            f"\nSomebody got {report.reminders_per_week_max} reminders in a week; "
            f"the mail budget is {REMINDERS_PER_WEEK}."
        )
    if wanted.keep:
        console.print(f"\nLook at it: sojourn up --open {wanted.keep}", soft_wrap=True)


def _figures(report: Report) -> list[tuple[str, str]]:
    verdicts = ", ".join(f"{number} {kind}" for kind, number in report.verdict_kinds.items())
    return [
        ("rotations finished, every gate passed", f"{report.finished} of {report.rotations}"),
        (
            "mails",
            f"{report.mails}; a person got {figure(report.mails_per_person)}, at most {report.mails_per_person_max}",
        ),
        ("reminders to one person in a week", f"at most {report.reminders_per_week_max}"),
        ("invites declined", str(report.declines)),
        ("repairs of the plan", str(report.repairs)),
        ("insights", str(report.insights)),
        ("policy changes", str(report.policy_changes)),
        ("verdicts", f"{report.verdicts}{f' ({verdicts})' if verdicts else ''}"),
        ("Temporal actions per rotation", figure(report.actions_per_rotation)),
    ]


def _change(change: Change) -> tuple[str, str, str, str]:
    day = "" if change.verdict_day is None else figure(change.verdict_day)
    return change.id, change.decision or "not yet", change.verdict or "", day


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"


def _concerns(attention: dict[str, int]) -> str:
    return ", ".join(f"{number} {concern}" for concern, number in attention.items()) or "nothing"
