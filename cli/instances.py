"""``sojourn bench generate``: program folders of any size, to try planning on before a company does."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from cli.leaving import OK, leave
from cli.showing import console, count
from domain.errors import Refused

app = typer.Typer(no_args_is_help=True, help="Folders to measure planning with.")

FIRST_DAY = date(2026, 1, 5)
PLACES = (
    ("Europe/Berlin", "DE", "BE"),
    ("Europe/London", "GB", "ENG"),
    ("America/New_York", "US", "NY"),
    ("Asia/Kolkata", "IN", "MH"),
)
"""Most people work in the first two: who visits a team works at hours near its own."""

LENSES = ("customer", "operational", "engineering", "finance", "safety", "people")
PEOPLE = "id,name,email,team,manager,zone,country,subdivision,working_hours,participates,released_on,sessions_agreed_on"
HOSTS = "id,name,lenses,customer_facing,lead,frontline,zone,visits_per_week,agreed_on,closed"
GOALS = "participant,goal,seen_by,lens,weight,wished_team,agreed_on"
AGREED = "2025-12-10"
CREW = 4
"""Frontline colleagues of a team."""


@app.callback()
def bench() -> None:
    """Folders to measure planning with."""


@app.command()
def generate(
    participants: Annotated[int, typer.Option(min=1, max=100_000)],
    hosts: Annotated[int, typer.Option(min=1, max=10_000)],
    out: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    weeks: Annotated[int, typer.Option(min=4, max=104)] = 26,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another company.")] = 1,
) -> None:
    """Write a program folder of a made-up company: people, host teams, goals and calendars.

    The same numbers give the same folder, byte for byte.

    Example: sojourn bench generate --participants 100 --hosts 20 --out company
    """
    if out.exists():
        raise Refused(f"{out} is there already. Give a folder that does not exist yet.")
    try:
        generate_company(out, participants, hosts, weeks=weeks, seed=seed)
    except OSError as why:
        shutil.rmtree(out, ignore_errors=True)
        raise Refused(f"{out}: it can't be written ({why.strerror}).") from why
    console.print(f"{count(participants, 'participant')} and {count(hosts, 'host team')} in {out}")
    leave(OK)


def generate_company(out: Path, participants: int, hosts: int, *, weeks: int, seed: int) -> None:
    """Write the folder; raises OSError, and what is there by then has to be removed."""
    _Company(random.Random(seed), participants, hosts, weeks).write(out)  # noqa: S311 - no secret


@dataclass
class _Worker:
    key: str
    place: tuple[str, str, str]
    team: str
    manager: str = ""
    participates: bool = False
    agreed: bool = False

    @property
    def row(self) -> str:
        zone, country, part = self.place
        dates = f"{'yes' if self.participates else 'no'},{AGREED if self.participates else ''},{AGREED if self.agreed else ''}"
        return (
            f"{self.key},{self.key.title()},{self.key}@company.example,{self.team},{self.manager},"
            f"{zone},{country},{part},Mon-Fri 09:00-17:00,{dates}"
        )


class _Company:
    """People, teams and their calendars, drawn one after the other from one source of chance."""

    def __init__(self, chance: random.Random, participants: int, hosts: int, weeks: int) -> None:
        self._chance = chance
        self._weeks = weeks
        managers = [
            _Worker(f"boss{n}", self._place(), f"dept{n}") for n in range(participants // 8 + 1)
        ]
        self._participants = [
            _Worker(f"part{n}", boss.place, boss.team, boss.key, participates=True)
            for n in range(participants)
            for boss in [managers[n % len(managers)]]
        ]
        self._crews = [self._crew(n) for n in range(hosts)]
        self._lenses = [self._offered(number) for number in range(hosts)]
        lena = _Worker("lena", PLACES[0], "learning")
        crews = [one for crew in self._crews for one in crew]
        self._people = [lena, *managers, *self._participants, *crews]

    def write(self, folder: Path) -> None:
        """Write the whole folder."""
        (folder / "calendars").mkdir(parents=True)
        program = resources.files("cli").joinpath("company.toml").read_text()
        (folder / "program.toml").write_text(
            program.replace("weeks = 26", f"weeks = {self._weeks}")
        )
        rows = [PEOPLE, *(one.row for one in self._people)]
        (folder / "people.csv").write_text("\n".join(rows) + "\n")
        (folder / "hosts.csv").write_text("\n".join([HOSTS, *self._hosts()]) + "\n")
        (folder / "goals.csv").write_text("\n".join([GOALS, *self._goals()]) + "\n")
        for one in self._people:
            text = "".join(f"{line}\r\n" for line in self._calendar(one))
            (folder / "calendars" / f"{one.key}.ics").write_bytes(text.encode())

    def _place(self) -> tuple[str, str, str]:
        return self._chance.choices(PLACES, weights=(5, 3, 1, 1))[0]

    def _crew(self, number: int) -> list[_Worker]:
        place = self._place()
        names = [f"lead{number}", *(f"t{number}w{n}" for n in range(CREW))]
        return [_Worker(name, place, f"team{number}", agreed=True) for name in names]

    def _hosts(self) -> Iterator[str]:
        for number, (lead, *crew) in enumerate(self._crews):
            lenses = self._lenses[number]
            names = ";".join(one.key for one in crew)
            closed = self._closed() if self._chance.random() < 0.2 else ""
            yield (
                f"team{number},Team {number},{';'.join(lenses)},"
                f"{'yes' if self._chance.random() < 0.5 else 'no'},{lead.key},{names},{lead.place[0]},"
                f"{self._chance.choice((1, 1, 2, 3))},{AGREED},{closed}"
            )

    def _offered(self, number: int) -> list[str]:
        """The lenses of a team; the first teams see to it that early ones are there at all."""
        others = self._chance.sample(LENSES, self._chance.choice((0, 1, 1, 2)))
        return sorted({LENSES[number % len(LENSES)], *others})

    def _closed(self) -> str:
        first = FIRST_DAY + timedelta(weeks=self._chance.randrange(self._weeks))
        return f"{first}..{first + timedelta(days=4)}"

    def _goals(self) -> Iterator[str]:
        known = sorted({lens for lenses in self._lenses for lens in lenses})
        for one in self._participants:
            wanted = min(self._chance.choice((1, 2, 2, 3)), len(known))
            for lens in self._chance.sample(known, wanted):
                wished = f"team{self._chance.randrange(len(self._crews))}"
                asked = wished if self._chance.random() < 0.2 else ""
                weight = self._chance.choice((1, 2, 3))
                yield f"{one.key},Learn about {lens},Three examples,{lens},{weight},{asked},{AGREED}"

    def _calendar(self, one: _Worker) -> Iterator[str]:
        """Weekly meetings, single ones, and for some a week away."""
        yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sojourn//bench 1//EN")
        for number in range(self._chance.randint(2, 5)):
            starts = self._moment(0, self._chance.randrange(5))
            yield from self._event(one, f"{number}", starts, "RRULE:FREQ=WEEKLY")
        for number in range(self._chance.randint(0, self._weeks // 2)):
            starts = self._moment(self._chance.randrange(self._weeks), self._chance.randrange(5))
            yield from self._event(one, f"x{number}", starts)
        if self._chance.random() < 0.3:
            first = FIRST_DAY + timedelta(weeks=self._chance.randrange(self._weeks))
            yield from (
                "BEGIN:VEVENT",
                f"UID:away-{one.key}@calendar.example",
                "DTSTAMP:20251201T080000Z",
            )
            yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
            yield f"DTEND;VALUE=DATE:{first + timedelta(days=5):%Y%m%d}"
            yield from ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "END:VEVENT")
        yield "END:VCALENDAR"

    def _moment(self, week: int, day: int) -> datetime:
        at = time(self._chance.randrange(9, 16), self._chance.choice((0, 30)))
        return datetime.combine(FIRST_DAY + timedelta(weeks=week, days=day), at)

    def _event(self, one: _Worker, name: str, starts: datetime, rule: str = "") -> Iterator[str]:
        ends = starts + timedelta(minutes=self._chance.choice((30, 60, 60, 90)))
        zone = one.place[0]
        yield from (
            "BEGIN:VEVENT",
            f"UID:{name}-{one.key}@calendar.example",
            "DTSTAMP:20251201T080000Z",
        )
        yield f"DTSTART;TZID={zone}:{starts:%Y%m%dT%H%M%S}"
        yield f"DTEND;TZID={zone}:{ends:%Y%m%dT%H%M%S}"
        if rule:
            yield rule
        yield from ("SUMMARY:A meeting", "END:VEVENT")
