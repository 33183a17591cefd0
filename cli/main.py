"""``sojourn``: the commands. Listings take ``--json``; exit codes are 0, 1, 2 and 3."""

import typer

from cli import (
    calendars,
    chains,
    codes,
    daysheets,
    doctor,
    erasing,
    events,
    feeds,
    instances,
    learnings,
    mailbox,
    metrics,
    organisation,
    pinning,
    planning,
    programs,
    reconciling,
    rehearsing,
    releasing,
    reporting,
    rotations,
    running,
    visiting,
    voices,
)
from cli.leaving import FAILURE, OK, USAGE, leave
from cli.showing import errors
from domain.errors import DomainError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sojourn runs rotations and job shadowing as a durable process, driven by calendar answers.",
)
_mail = typer.Typer(no_args_is_help=True, help="The mail process, and what came in.")
_person = typer.Typer(no_args_is_help=True, help="What is known of a person.")
_code = typer.Typer(no_args_is_help=True, help="Codes for people without mail.")
_chain = typer.Typer(
    no_args_is_help=True, help="From what was seen to the effect of a change: proof."
)
_calendar = typer.Typer(no_args_is_help=True, help="People's own calendars.")

app.command()(running.up)
app.command("worker")(running.run_worker)
app.command("web")(running.run_web)
_mail.command("serve")(running.serve_mail)
_mail.command("explain")(mailbox.explain_mails)
_quarantine = typer.Typer(
    no_args_is_help=True, help="Mails that are held back until somebody vouches for them."
)
_quarantine.command("list")(mailbox.list_held)
_quarantine.command("release")(mailbox.release_held)
_quarantine.command("drop")(mailbox.drop_held)
_mail.add_typer(_quarantine, name="quarantine")
app.command("migrate")(running.migrate_database)
app.command("import")(planning.import_folder)
app.add_typer(planning.plan_app, name="plan")
app.command()(pinning.pin)
app.command()(planning.approve)
app.command()(rehearsing.rehearse)
app.command()(reporting.report)
app.add_typer(reporting.goals_app, name="goals")
app.command()(doctor.doctor)
app.command()(reconciling.reconcile)
app.command()(releasing.namespace)
app.command()(releasing.replay)
app.command()(releasing.release)
app.command()(visiting.login_link)
app.command()(visiting.sign_out)
app.command("list")(rotations.list_rotations)
app.command("changes")(rotations.list_changes)
app.command()(learnings.learnings)
app.command("voices")(voices.list_voices)
_person.command("erase")(erasing.erase)
app.add_typer(_person, name="person")
_code.command("issue")(codes.issue_code)
app.command("day-sheet")(daysheets.day_sheet)
app.add_typer(_code, name="code")
_chain.command("export")(chains.export_chain)
_chain.command("verify")(chains.verify_chain)
app.add_typer(_chain, name="chain")
app.command()(events.event)
app.command()(rotations.show)
app.command()(rotations.reschedule)
app.command()(rotations.pause)
app.command()(rotations.resume)
app.command()(rotations.withdraw)
app.command()(rotations.cancel)
app.command()(rotations.rsvp)
app.command()(organisation.hand_over)
app.command()(organisation.dissolve_team)
app.add_typer(feeds.app, name="feed")
app.add_typer(metrics.app, name="metrics")
app.add_typer(_mail, name="mail")
_calendar.command("add")(calendars.add_calendar)
_calendar.command("upload")(calendars.upload_calendar)
_calendar.command("list")(calendars.list_calendars)
_calendar.command("refresh")(calendars.refresh_calendars)
_calendar.command("remove")(calendars.remove_calendar)
app.add_typer(_calendar, name="calendar")
app.add_typer(programs.app, name="program")
app.add_typer(instances.app, name="bench")


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


if __name__ == "__main__":
    main()
