"""``sojourn``: the commands. Listings take ``--json``; exit codes are 0, 1, 2 and 3."""

import typer

from cli.lazily import group
from cli.leaving import FAILURE, OK, USAGE, leave
from cli.showing import errors
from domain.errors import DomainError

_QUARANTINE = group(
    "Mails that are held back until somebody vouches for them.",
    {
        "list": "mailbox:list_held",
        "release": "mailbox:release_held",
        "drop": "mailbox:drop_held",
    },
)
_MAIL = group(
    "The mail process, and what came in.",
    {
        "serve": "running:serve_mail",
        "explain": "mailbox:explain_mails",
        "quarantine": _QUARANTINE,
    },
)
_CALENDAR = group(
    "People's own calendars.",
    {
        "add": "calendars:add_calendar",
        "upload": "calendars:upload_calendar",
        "list": "calendars:list_calendars",
        "refresh": "calendars:refresh_calendars",
        "remove": "calendars:remove_calendar",
    },
)
app = group(
    "Sojourn runs rotations and job shadowing as a durable process, driven by calendar answers.",
    {
        "up": "running:up",
        "worker": "running:run_worker",
        "web": "running:run_web",
        "migrate": "running:migrate_database",
        "import": "planning:import_folder",
        "plan": "planning:plan_app",
        "pin": "pinning:pin",
        "approve": "planning:approve",
        "rehearse": "rehearsing:rehearse",
        "report": "reporting:report",
        "goals": "reporting:goals_app",
        "doctor": "doctor:doctor",
        "reconcile": "reconciling:reconcile",
        "namespace": "releasing:namespace",
        "replay": "releasing:replay",
        "release": "releasing:release",
        "login-link": "visiting:login_link",
        "sign-out": "visiting:sign_out",
        "list": "rotations:list_rotations",
        "changes": "rotations:list_changes",
        "learnings": "learnings:learnings",
        "voices": "voices:list_voices",
        "day-sheet": "daysheets:day_sheet",
        "person": group("What is known of a person.", {"erase": "erasing:erase"}),
        "code": group("Codes for people without mail.", {"issue": "codes:issue_code"}),
        "chain": group(
            "From what was seen to the effect of a change: proof.",
            {"export": "chains:export_chain", "verify": "chains:verify_chain"},
        ),
        "event": "events:event",
        "show": "rotations:show",
        "reschedule": "rotations:reschedule",
        "pause": "rotations:pause",
        "resume": "rotations:resume",
        "withdraw": "rotations:withdraw",
        "cancel": "rotations:cancel",
        "rsvp": "rotations:rsvp",
        "hand-over": "organisation:hand_over",
        "dissolve-team": "organisation:dissolve_team",
        "feed": "feeds:app",
        "metrics": "metrics:app",
        "mail": _MAIL,
        "calendar": _CALENDAR,
        "program": "programs:app",
        "bench": "instances:app",
    },
)


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
