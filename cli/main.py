"""``sojourn``: the commands. Listings take ``--json``; exit codes are 0, 1, 2 and 3."""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.progress import Progress
from temporalio.client import Client

import worker
from cli import mail
from cli.leaving import ATTENTION, FAILURE, OK, USAGE, leave
from cli.ports import DEFAULT_BASE
from cli.showing import as_json, console, errors, local, rejections, table
from cli.up import Wanted
from cli.up import up as run_everything
from domain.errors import DomainError, NotFound
from domain.events import Cancel, Event, Hold, Reschedule, Resume, Skip, Withdraw
from domain.moments import at_wall_time
from domain.rotation import Answer
from settings import Settings, local_settings
from store.database import check_migrated, migrate
from store.pages import RotationPage
from web.app import create_app
from web.services import services_of
from wiring import Office, utc_now
from workflows import handles

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sojourn runs rotations and job shadowing as a durable process, driven by calendar answers.",
)
mail_app = typer.Typer(no_args_is_help=True, help="The mail process.")
app.add_typer(mail_app, name="mail")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
RotationArg = Annotated[str, typer.Argument(help="The rotation's id, as 'sojourn list' shows it.")]
StepArg = Annotated[str, typer.Argument(help="The step's key, such as shadowing-day.")]
Data = Annotated[Path, typer.Option(help="Folder of the local database and keys.")]

_EXAMPLE = Path(__file__).parent.parent / "examples" / "service-desk"


@app.command()
def up(
    folder: Annotated[Path, typer.Option("--from", help="Program folder to run.")] = _EXAMPLE,
    data: Data = Path(".sojourn"),
    port_base: Annotated[int, typer.Option(help="First of four ports in a row.")] = DEFAULT_BASE,
    review: Annotated[
        bool, typer.Option(help="Stop before the plan is approved, to look at it first.")
    ] = False,
) -> None:
    """Run everything on this machine: Temporal, worker, web, mail and a local inbox.

    Example: sojourn up --from my-program --review
    """
    run_everything(Wanted(folder, review, _today()), data, port_base)
    leave(OK, talked_to_temporal=True)


@app.command("worker")
def run_worker() -> None:
    """Run a worker process; any number of them may run."""
    worker.main()


@app.command("web")
def run_web() -> None:
    """Serve the pages."""
    settings = _settings()
    office = Office(settings)
    check_migrated(office.engine)
    logging.basicConfig(level=logging.INFO)
    client = asyncio.run(handles.connect(settings.temporal, settings.namespace))
    pages = create_app(services_of(office, client))
    uvicorn.run(
        pages,
        host=settings.web_host,
        port=settings.web_port,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    leave(OK, talked_to_temporal=True)


@mail_app.command("serve")
def serve_mail() -> None:
    """Send what waits, take in what arrives, tell rotations; one owner at a time.

    Example: SOJOURN_SMTP_HOST=mail.example.org SOJOURN_KEYS=k1:... sojourn mail serve
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(_until_signal(lambda stop: mail.serve(_office(), stop)))
    leave(OK, talked_to_temporal=True)


@app.command("migrate")
def migrate_database() -> None:
    """Bring the database to this version's schema; safe to repeat."""
    migrate(Office(_settings()).engine)
    console.print("The database is up to date.")


@app.command("import")
def import_folder(
    folder: Annotated[Path, typer.Argument(help="The program folder.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, load nothing.")] = False,
    json: Json = False,
) -> None:
    """Load a program folder, or say everything that is wrong with it and load nothing.

    Example: sojourn import my-program --dry-run
    """
    office = _office()
    report = office.load(folder, dry_run=dry_run, today=_today())
    if json:
        as_json(report)
    elif report.rejected:
        rejections(report.rejected)
        errors.print(f"Nothing was loaded: {len(report.rejected)} things to mend.")
    else:
        verb = "would be " if dry_run else ""
        for word, names in (("added", report.added), ("changed", report.changed)):
            console.print(f"{len(names)} {verb}{word}" + (f": {', '.join(names)}" if names else ""))
        console.print(f"{report.unchanged} unchanged")
    leave(FAILURE if report.rejected else OK)


@app.command()
def plan(
    cohort: Annotated[str, typer.Option(help="The cohort's key.")],
    again: Annotated[bool, typer.Option("--again", help="Make a new version first.")] = False,
    json: Json = False,
) -> None:
    """Plan a cohort and show the plan; nothing is sent before it is approved.

    Example: sojourn plan --cohort winter
    """
    office = _office()
    asyncio.run(_planned(office, cohort, again=again))
    page = office.views.plan(cohort)
    if json:
        as_json(page)
        leave(ATTENTION if page.unplaced else OK, talked_to_temporal=True)
    rows = [
        (
            a.participant_name,
            a.host_name,
            local(s.starts, s.zone),
            s.title,
            a.reason if not n else "",
        )
        for a in page.assignments
        for n, s in enumerate(a.steps)
    ]
    table(f"Plan {page.plan} of {cohort}", ("participant", "host", "when", "step", "why"), rows)
    for name, reason in page.unplaced:
        console.print(f"No place for {name}: {reason}", markup=False)
    leave(ATTENTION if page.unplaced else OK, talked_to_temporal=True)


@app.command()
def approve(
    number: Annotated[int, typer.Argument(metavar="PLAN", help="The plan version.")],
    cohort: Annotated[str, typer.Option(help="The cohort's key.")],
    yes: Yes = False,
) -> None:
    """Show every invite that a plan brings, then approve it: rotations start and mails go out.

    Example: sojourn approve 1 --cohort winter
    """
    office = _office()
    mails = office.preview(cohort, number)
    rows = [(m.reader_name, m.subject, m.reader_email) for m in mails]
    table(f"{len(mails)} invites of plan {number}", ("who", "subject", "address"), rows)
    _confirm(yes, f"Approve plan {number} of {cohort} and send them when they are due?")
    said = _with_client(lambda client: handles.approve_plan(client, cohort, number))
    console.print(said, markup=False)
    _show_start(office, cohort)
    leave(OK, talked_to_temporal=True)


@app.command("list")
def list_rotations(
    cohort: Annotated[str | None, typer.Option(help="Only this cohort.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage.")] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only who needs a person.")
    ] = False,
    json: Json = False,
) -> None:
    """List rotations: who is where, what comes next, who needs a person.

    Example: sojourn list --attention
    """
    page = _office().views.overview(cohort)
    rows = [
        row
        for row in page.rotations
        if (stage is None or row.stage == stage) and (row.attention or not attention)
    ]
    zone = page.cohort.zone if page.cohort else "UTC"
    if json:
        as_json(rows)
    else:
        shown = [
            (
                r.rotation,
                r.participant_name,
                r.host_name,
                r.stage,
                local(r.next_at, zone),
                r.sentence,
            )
            for r in rows
        ]
        table("Rotations", ("id", "participant", "host team", "stage", "next", "now"), shown)
        for row in page.attention:
            console.print(f"! {row.sentence} {row.what_to_do}", markup=False)
    leave(ATTENTION if page.attention else OK)


@app.command()
def show(rotation: RotationArg, json: Json = False) -> None:
    """Show one rotation: steps, answers, mails and what needs a person.

    Example: sojourn show abcd2345
    """
    page = _office().views.rotation(rotation)
    if json:
        as_json(page)
    else:
        _print_rotation(page)
    leave(ATTENTION if page.attention else OK)


@app.command()
def reschedule(
    rotation: RotationArg,
    step: StepArg,
    to: Annotated[str, typer.Option(help="New local start in the step's zone: 2026-12-10T09:00.")],
) -> None:
    """Move a step to exactly this start; only those whose step moves get mail.

    Example: sojourn reschedule abcd2345 goal-talk --to 2026-12-10T09:00
    """
    row = _step_row(rotation, step)
    wall = _wall_time(to)
    starts = at_wall_time(wall.date(), wall.time(), row[1])
    _tell(rotation, Reschedule(step=step, starts=starts))


@app.command()
def pause(rotation: RotationArg) -> None:
    """Put a rotation on hold: nothing is sent or escalated until it is resumed."""
    _tell(rotation, Hold())


@app.command()
def resume(rotation: RotationArg) -> None:
    """Go on with a rotation; steps whose time has passed are planned anew."""
    _tell(rotation, Resume())


@app.command()
def withdraw(rotation: RotationArg, yes: Yes = False) -> None:
    """Take a participant out of the program; their open invites are called off."""
    _confirm(
        yes, f"Withdraw rotation {rotation}? Its invites are called off; this can't be undone."
    )
    _tell(rotation, Withdraw())


@app.command()
def cancel(
    rotation: RotationArg,
    step: Annotated[str | None, typer.Option(help="Only this step.")] = None,
    yes: Yes = False,
) -> None:
    """Cancel a rotation, or let one step of it go; invites are called off.

    Example: sojourn cancel abcd2345 --step goal-talk
    """
    what = f"step {step} of rotation {rotation}" if step else f"rotation {rotation}"
    _confirm(yes, f"Cancel {what}? Its invites are called off; this can't be undone.")
    _tell(rotation, Skip(step=step) if step else Cancel())


@app.command()
def rsvp(
    rotation: RotationArg,
    step: StepArg,
    answer: Annotated[Answer, typer.Argument(help="accepted, tentative or declined.")],
    who: Annotated[str, typer.Option(help="Mail address or pseudonym of the person.")],
) -> None:
    """Record an answer that somebody gave in person or by phone.

    Example: sojourn rsvp abcd2345 listening-session accepted --who P-0017
    """
    office = _office()
    person = office.views.person(who)
    office.sayings.answer_for(rotation, step, person, answer, office.now())
    console.print(f"Recorded: {person} {answer.value} {step}.")


def main() -> None:
    """Run a command; what a person can mend is said in one sentence, without a stack trace."""
    try:
        app(standalone_mode=False)
    except DomainError as refused:
        errors.print(str(refused), markup=False)
        leave(FAILURE)
    except (typer.Abort, KeyboardInterrupt):
        errors.print("Nothing was done.")
        leave(FAILURE)
    except typer.Exit as done:
        leave(done.exit_code)
    except Exception as wrong:
        if not hasattr(wrong, "format_message"):
            raise
        errors.print(wrong.format_message(), markup=False)
        leave(USAGE)
    leave(OK)


def _today() -> date:
    return utc_now().date()


def _settings() -> Settings:
    return local_settings(Path(".sojourn"))


def _office() -> Office:
    office = Office(_settings())
    check_migrated(office.engine)
    return office


def _with_client(call: Callable[[Client], Coroutine[None, None, str]]) -> str:
    settings = _settings()

    async def connected() -> str:
        return await call(await handles.connect(settings.temporal, settings.namespace))

    return asyncio.run(connected())


def _tell(rotation: str, event: Event) -> None:
    workflow_id = _office().views.rotation(rotation).row.workflow_id
    said = _with_client(lambda client: handles.tell(client, workflow_id, event))
    console.print(said, markup=False)
    leave(OK, talked_to_temporal=True)


def _confirm(yes: bool, question: str) -> None:
    if not yes and not typer.confirm(question):
        raise typer.Abort


def _step_row(rotation: str, key: str) -> tuple[str, str]:
    page = _office().views.rotation(rotation)
    for step in page.row.steps:
        if step.key == key:
            return step.key, step.zone
    known = ", ".join(step.key for step in page.row.steps)
    raise NotFound(f"Rotation {rotation} has no step '{key}'; it has {known}.")


def _wall_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NotFound(f"'{text}' is not a time; write it as 2026-12-10T09:00.") from None


async def _planned(office: Office, cohort: str, *, again: bool) -> None:
    row = next((c for c in office.views.cohorts() if c.cohort == cohort), None)
    if row is None:
        raise NotFound(f"There is no cohort '{cohort}'. Import its folder first.")
    client = await handles.connect(office.settings.temporal, office.settings.namespace)
    await handles.start_cohort(client, cohort)
    if again:
        await handles.replan(client, cohort)
    wanted = (row.latest_plan or 0) + 1 if again else 1
    with Progress(console=errors, transient=True) as progress:
        progress.add_task(f"planning {cohort}", total=None)
        await asyncio.to_thread(_wait_for_plan, office, cohort, wanted)


def _wait_for_plan(office: Office, cohort: str, wanted: int) -> None:
    while wanted > next(c.latest_plan or 0 for c in office.views.cohorts() if c.cohort == cohort):
        time.sleep(0.2)


def _show_start(office: Office, cohort: str) -> None:
    placed = len(office.views.plan(cohort).assignments)
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("starting rotations", total=placed)
        for _ in range(300):
            started = sum(bool(r.steps) for r in office.views.overview(cohort).rotations)
            progress.update(task, completed=started)
            if started >= placed:
                return
            time.sleep(0.2)


def _print_rotation(page: RotationPage) -> None:
    console.print(f"{page.row.participant_name} visits {page.row.host_name}", markup=False)
    console.print(page.row.sentence, markup=False)
    rows = [
        (s.key, s.phase.value, local(s.starts, s.zone), a.name, a.answer.value, a.delivery)
        for s in page.row.steps
        for a in s.attendees
    ]
    table("Steps", ("step", "phase", "starts", "who", "answer", "mail"), rows)
    for attention in page.attention:
        console.print(f"! {attention.sentence} {attention.what_to_do}", markup=False)


async def _until_signal(work: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await work(stop)


if __name__ == "__main__":
    main()
