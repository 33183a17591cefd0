"""Commands before a cohort starts: load its folder, plan it, approve the plan."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cli import plans
from cli.asking import with_client
from cli.leaving import ATTENTION, FAILURE, OK, leave
from cli.options import CohortOption, Json, Yes, confirm, office
from cli.showing import as_json, console, count, errors, rejections, table
from domain.errors import NotFound, Refused
from domain.folder import ImportReport
from domain.moments import short_time
from wiring import Office
from workflows import handles


def import_folder(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="The program folder.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, load nothing.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Load a program folder, or say everything that is wrong with it and load nothing.

    Example: sojourn import my-program --dry-run
    """
    found = office()
    today = found.now().date()
    report = found.load(folder, dry_run=True, today=today)
    if not report.rejected and not dry_run:
        _ask_about_others(report, yes)
        report = found.load(folder, dry_run=False, today=today)
    if json:
        as_json(report)
    else:
        _show(report, "would be " if dry_run else "")
    leave(FAILURE if report.rejected else OK)


def _ask_about_others(report: ImportReport, yes: bool) -> None:
    """People and host teams belong to every cohort: whoever loads one program may change another."""
    if report.shared_with:
        others = " and ".join(report.shared_with)
        changed = [n for n in report.changed if n.startswith(("person ", "host team "))]
        confirm(
            yes,
            f"This changes {count(len(changed), 'person or host team', 'people or host teams')} "
            f"of {others}, which is under way ({', '.join(changed[:5])}, ...). Load the folder?",
        )


def _show(report: ImportReport, verb: str) -> None:
    if report.rejected:
        rejections(report.rejected)
        errors.print(f"Nothing was loaded: {count(len(report.rejected), 'thing')} to mend.")
        return
    for word, names in (("added", report.added), ("changed", report.changed)):
        console.print(f"{len(names)} {verb}{word}" + (f": {', '.join(names)}" if names else ""))
    console.print(f"{report.unchanged} unchanged")


plan_app = typer.Typer(help="Plans: of a cohort, or straight from a folder.")
plan_app.command("check")(plans.check)
plan_app.command("repair")(plans.repair)


@plan_app.callback(invoke_without_command=True)
def plan(
    context: typer.Context,
    cohort: Annotated[str | None, typer.Option("--cohort", help="The cohort's key.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Make a new version first.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--from", exists=True, file_okay=False, help="Plan this folder instead."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of a folder: another seed, other ties.")] = 0,
    today: plans.Today = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, help="Of a folder: seconds, then the best so far.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Of a folder: write the plan here.")] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Of a folder: write the proof of the bound here.")
    ] = None,
    json: Json = False,
) -> None:
    """Plan a cohort, or a folder without server and database; nothing is sent before approval.

    The same folder, seed and day give the same plan, byte for byte, unless a time limit ends it.
    Exit code 3: somebody has no place.

    Example: sojourn plan --cohort winter

    Example: sojourn plan --from my-program --out plan.json
    """
    if context.invoked_subcommand:
        return
    if folder:
        plans.make(
            folder,
            seed=seed,
            today=plans.today_or(today),
            time_limit=time_limit,
            out=out,
            certificate=certificate,
            json=json,
        )
    if cohort is None:
        raise typer.BadParameter("Give --cohort, or --from with a folder.")
    _plan_cohort(cohort, again=again, json=json)


def _plan_cohort(cohort: str, *, again: bool, json: bool) -> None:
    found = office()
    asyncio.run(_planned(found, cohort, again=again))
    page = found.views.plan(cohort)
    if json:
        as_json(page)
        leave(ATTENTION if page.unplaced else OK, talked_to_temporal=True)
    rows = [
        (
            a.participant_name,
            f"{a.host_name} (pinned)" if a.pinned_by else a.host_name,
            short_time(s.starts, s.zone),
            s.title,
            a.reason if not n else "",
        )
        for a in page.assignments
        for n, s in enumerate(a.steps)
    ]
    table(f"Plan {page.plan} of {cohort}", ("participant", "host", "when", "step", "why"), rows)
    for one in page.unplaced:
        console.print(f"No place for {one.participant_name}: {one.reason}", markup=False)
    for said in filter(None, (page.review.remedy, *page.review.remarks) if page.review else ()):
        console.print(said, markup=False)
    leave(ATTENTION if page.unplaced else OK, talked_to_temporal=True)


def approve(
    number: Annotated[int, typer.Argument(metavar="PLAN", help="The plan version.")],
    cohort: CohortOption,
    yes: Yes = False,
) -> None:
    """Show every invite that a plan brings, then approve it: rotations start and mails go out.

    Example: sojourn approve 1 --cohort winter
    """
    found = office()
    running = found.views.cohort(cohort).approved_plan
    if running is not None:
        raise Refused(f"Plan {running} of {cohort} is approved and under way already.")
    found.organisation.refuse_dissolved(cohort, number)
    mails = found.preview(cohort, number)
    rows = [(m.reader_name, m.subject, m.reader_email) for m in mails]
    table(f"{count(len(mails), 'invite')} of plan {number}", ("who", "subject", "address"), rows)
    confirm(yes, f"Approve plan {number} of {cohort} and send them when they are due?")
    said = with_client(lambda client: handles.approve_plan(client, cohort, number))
    console.print(said, markup=False)
    _show_start(found, cohort)
    leave(OK, talked_to_temporal=True)


async def _planned(found: Office, cohort: str, *, again: bool) -> None:
    row = next((c for c in found.views.cohorts() if c.cohort == cohort), None)
    if row is None:
        raise NotFound(f"There is no cohort '{cohort}'. Import its folder first.")
    client = await handles.connect(found.settings.temporal, found.settings.namespace)
    await handles.start_cohort(client, cohort)
    if again:
        await handles.replan(client, cohort)
    wanted = (row.latest_plan or 0) + 1 if again else 1
    with Progress(console=errors, transient=True) as progress:
        progress.add_task(f"planning {cohort}", total=None)
        await asyncio.to_thread(_wait_for_plan, found, cohort, wanted)


def _wait_for_plan(found: Office, cohort: str, wanted: int) -> None:
    while wanted > (found.views.cohort(cohort).latest_plan or 0):
        time.sleep(0.2)


def _show_start(found: Office, cohort: str) -> None:
    placed = len(found.views.plan(cohort).assignments)
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("starting rotations", total=placed)
        for _ in range(300):
            started = found.views.begun(cohort)
            progress.update(task, completed=started)
            if started >= placed:
                return
            time.sleep(0.2)
