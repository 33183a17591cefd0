"""A visit to a team large enough that figures of who was heard may be shown, with portfolios switched on."""

import csv
from pathlib import Path

from domain.errands import Errand, ErrandKind
from domain.people import Seat
from domain.planning import Attendee
from domain.program import StepKind
from domain.rotation import Answer, Phase
from domain.telling import dispatch
from store.database import reading
from store.people import teams
from tests.visit import DAY, Visit

CANARY = "canary-nights"
HEARD = 10


class Covered(Visit):
    """Twenty colleagues more, half of them at night; ten were heard, five of each shift."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        office = self.office
        with reading(office.engine) as session:
            visited = teams(session)[self.state.host or ""].key
        _widen(folder / "program", visited)
        report = office.load(folder / "program", dry_run=False, today=self.moment.date())
        assert not report.rejected, report.rejected
        self.listen([office.views.person(f"n{n:02}") for n in (*range(5), *range(10, 15))])

    def listen(self, colleagues: list[str]) -> None:
        """The listening session with these colleagues, who say yes, is over."""
        seats = (Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in colleagues)
        step = self.step(StepKind.LISTENING_SESSION)
        changes = {"attendees": (*step.attendees, *seats), "phase": Phase.INVITED}
        self._say(step.key, **changes)
        for person in colleagues:
            self.office.sayings.answer_for(
                self.state.rotation, step.key, person, Answer.ACCEPTED, self.moment
            )
        self._say(step.key, phase=Phase.HELD)
        self.moment = step.ends + DAY

    def _say(self, key: str, **changes: object) -> None:
        step = self.state.step(key)
        assert step
        state = self.state.with_step(step.model_copy(update=changes))
        self.state = state.model_copy(update={"version": state.version + 1})
        errand = Errand(kind=ErrandKind.INVITE, step=key)
        self.office.correspondence.carry_out(dispatch(self.state, (errand,), self.moment))


def _widen(folder: Path, team: str) -> None:
    people = folder / "people.csv"
    with people.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    ben = next(row for row in rows if row["id"] == "ben")
    for number in range(20):
        name = {"id": f"n{number:02}", "name": f"Colleague {number}", "email": "", "team": team}
        rows.append({**ben, **name, "shift": "days" if number < 10 else CANARY})
    with people.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, [*ben, "shift"], restval="")
        writer.writeheader()
        writer.writerows(rows)
    program = folder / "program.toml"
    program.write_text(program.read_text().replace("cards = [", 'cards = ["portfolio", '))
