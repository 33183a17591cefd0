"""Program folders of any size: the example's program, with as many people and host teams as wanted."""

import re
from itertools import cycle
from pathlib import Path

_EXAMPLE = Path(__file__).parent.parent / "examples" / "service-desk" / "program.toml"
_ZONES = (("Europe/Berlin", "DE", "BE"), ("Europe/London", "GB", "ENG"), ("America/New_York", "US", "NY"))  # fmt: skip
_LENSES = ("customer", "operational", "engineering", "finance")
_HOURS = "Mon-Fri 09:00-17:00"
_PEOPLE = "id,name,email,team,manager,zone,country,subdivision,working_hours,participates,released_on,sessions_agreed_on"
_HOSTS = "id,name,lenses,customer_facing,lead,frontline,zone,visits_per_week,agreed_on,closed"
_GOALS = "participant,goal,seen_by,lens,weight,wished_team,agreed_on"
_AGREED = "2025-12-10"
_SWITCHED_ON = re.compile(
    r"# Each is a form[^\n]*\ncards = \[.*?\]\ntension-register[^\n]*\nvoice-mode[^\n]*\n",
    re.DOTALL,
)


def light_program() -> str:
    """Return the example's program without cards, tensions and voices."""
    text, found = _SWITCHED_ON.subn("cards = []\n", _EXAMPLE.read_text())
    assert found == 1
    return text


def write_folder(folder: Path, participants: int, weeks: int = 10) -> Path:
    """Write a folder with one host team for two participants and one manager for ten; return it."""
    folder.mkdir(parents=True)
    program = light_program().replace("\nweeks = 6\n", f"\nweeks = {weeks}\n")
    (folder / "program.toml").write_text(program)
    teams = max(3, participants // 2)
    managers = max(1, participants // 10)
    people = [_PEOPLE, _person("lena", "learning", "")]
    people += [_person(f"boss{n}", f"dept{n}", "") for n in range(managers)]
    people += [
        _person(f"part{n}", f"dept{n % managers}", f"boss{n % managers}", zone=n, released=True)
        for n in range(participants)
    ]
    hosts, lenses = [_HOSTS], cycle(_LENSES)
    for n in range(teams):
        crew = [f"t{n}w{k}" for k in range(4)]
        people += [_person(who, f"team{n}", "", zone=n, agreed=True) for who in (f"lead{n}", *crew)]
        facts = f"team{n},Team {n},{next(lenses)};{next(lenses)},yes,lead{n},{';'.join(crew)}"
        hosts.append(f"{facts},{_ZONES[n % 3][0]},2,{_AGREED},")
    goals = [_GOALS] + [
        f"part{n},See how the work is really done,Three examples,{_LENSES[n % 4]},2,,{_AGREED}"
        for n in range(participants)
    ]
    for name, lines in (("people", people), ("hosts", hosts), ("goals", goals)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def _person(
    key: str,
    team: str,
    manager: str,
    *,
    zone: int = 0,
    released: bool = False,
    agreed: bool = False,
) -> str:
    where, country, part = _ZONES[zone % 3]
    dates = (
        f"{'yes' if released else 'no'},{_AGREED if released else ''},{_AGREED if agreed else ''}"
    )
    address = f"{key}@people.example"
    return (
        f"{key},{key.title()},{address},{team},{manager},{where},{country},{part},{_HOURS},{dates}"
    )
