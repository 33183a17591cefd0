"""A visit of the example that is going on, over a real store whose clock stands still."""

import re
import shutil
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from domain.due import catch_up
from domain.links import LinkClaim, Purpose
from domain.program import Card, StepKind
from domain.rotation import Phase, RotationState, StepState
from domain.telling import dispatch
from invites.answering import words_of
from settings import Settings
from store.database import reading
from store.tables.mail import OutboxTable
from tests.migrated import give_schema
from tests.servers import free_port
from wiring import Office

EXAMPLES = Path(__file__).parents[1] / "examples"
CARDS = (*sorted(path.stem for path in (EXAMPLES / "practices").glob("*.toml")), *Card)
DAY = timedelta(days=1)


class Visit:
    """The first visit of the example with every card switched on, its day going on.

    ``edit`` changes the program folder before it is loaded.
    """

    def __init__(self, folder: Path, edit: Callable[[Path], None] = lambda _: None) -> None:
        self.moment = datetime.now(UTC)
        settings = Settings(local=True, data=folder, temporal=f"127.0.0.1:{free_port()}")
        self.office = Office(settings, lambda: self.moment)
        give_schema(self.office.engine)
        program = _with_cards(folder)
        edit(program)
        report = self.office.load(program, dry_run=False, today=self.moment.date())
        assert not report.rejected, report.rejected
        (cohort,) = self.office.views.cohorts()
        self.office.planning.make_plan(cohort.cohort, self.moment)
        self.office.planning.approve(cohort.cohort, 1, self.moment)
        states = self.office.planning.rotations(cohort.cohort, 1)
        state = next(s for s in states if s.consented)
        state, errands = catch_up(state, self.moment)
        self.state: RotationState = state
        self.day = self.step(StepKind.SHADOWING_DAY)
        self.moment = self.day.starts + timedelta(hours=1)
        self.office.correspondence.carry_out(dispatch(state, errands, self.moment))

    def copied(self, folder: Path) -> "Visit":
        """The same visit as it stands, in a store of its own."""
        self.office.engine.dispose()
        settings = self.office.settings.model_copy(update={"data": folder})
        shutil.copytree(self.office.settings.data, folder)
        again = copy(self)
        again.office = Office(settings, lambda: again.moment)
        return again

    def step(self, kind: StepKind) -> StepState:
        return next(s for s in self.state.steps if s.kind is kind)

    def path(self, purpose: Purpose, step: StepState, person: str = "", about: str = "") -> str:
        claim = LinkClaim(
            purpose=purpose,
            person=person or self.state.participant,
            rotation=self.state.rotation,
            about=about or step.key,
            step=step.key,
        )
        url = self.office.links.url(claim, self.moment + DAY)
        return url.removeprefix(self.office.settings.base_url)

    def open_summary(self) -> StepState:
        """The visit is over; its summary waits to be written."""
        return self._summary_is(Phase.OPEN)

    def show_summary(self) -> StepState:
        """The summary is with the host lead."""
        return self._summary_is(Phase.SHOWN)

    def _summary_is(self, phase: Phase) -> StepState:
        summary = self.step(StepKind.SUMMARY)
        opened = summary.model_copy(update={"phase": phase})
        state = self.state.with_step(opened)
        self.state = state.model_copy(update={"version": state.version + 1})
        self.moment = max(self.moment, summary.starts) + timedelta(hours=1)
        self.office.correspondence.carry_out(dispatch(self.state, (), self.moment))
        return opened

    def code(self) -> str:
        """The code in the newest mail."""
        query = select(OutboxTable.raw).where(OutboxTable.kind == "reading-code")
        with reading(self.office.engine) as session:
            raw = session.scalars(query.order_by(OutboxTable.number.desc())).first()
        assert raw
        found = re.search(r"^(\d{6})\r?$", words_of(raw), re.MULTILINE)
        assert found
        return found.group(1)


def _with_cards(parent: Path) -> Path:
    folder = parent / "program"
    shutil.copytree(EXAMPLES / "full-program", folder)
    shutil.copytree(EXAMPLES / "practices", folder / "practices")
    program = folder / "program.toml"
    cards = ", ".join(f'"{card}"' for card in CARDS)
    program.write_text(program.read_text().replace("cards = []", f"cards = [{cards}]"))
    return folder
