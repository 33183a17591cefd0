"""A rehearsed world on disk: its database, and the report beside it."""

from pathlib import Path

from pydantic import ValidationError

from domain.errors import NotFound
from domain.value import Moment, Value
from rehearsal.report import Report
from settings import Settings
from store.database import check_migrated
from wiring import Office

FILE = "rehearsal.json"
ORGANISER = "rotations@sojourn.example"


class Kept(Value):
    """What a rehearsal leaves behind: its report, and the last moment of its world."""

    report: Report
    ended: Moment


def keep(home: Path, kept: Kept) -> None:
    """Write the report beside the world's database."""
    (home / FILE).write_text(kept.model_dump_json(indent=2) + "\n")


def kept_in(home: Path) -> Kept:
    """Return what a folder keeps; raises NotFound when no rehearsal has ended there."""
    try:
        return Kept.model_validate_json((home / FILE).read_text())
    except (OSError, ValidationError):
        raise NotFound(
            f"{home} holds no rehearsed world. Make one: sojourn rehearse my-program --keep {home}"
        ) from None


def world_settings(home: Path, web_port: int = 8800) -> Settings:
    """Return the settings of a rehearsed world: local, and by no environment variable."""
    return Settings(local=True, data=home, organiser=ORGANISER, web_port=web_port)


def open_office(home: Path, web_port: int) -> Office:
    """Return the office of a rehearsed world, in which time has stopped at its end."""
    ended = kept_in(home).ended
    office = Office(world_settings(home, web_port), lambda: ended)
    check_migrated(office.engine)
    return office
