"""A rehearsal holds for any seed, and the same key gives the same report."""

import asyncio
import html
import json
import multiprocessing
import os
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import select

from domain.errors import Refused
from domain.outcomes import Course
from domain.people import Fact
from domain.policy import VERDICT_DUE
from domain.program import StepKind
from domain.rotation import Ending, Phase, RotationState
from rehearsal.kept import kept_in, open_office
from rehearsal.report import Report
from rehearsal.stage import Rejected, Wanted, rehearse
from rehearsal.temper import Temper
from store.database import reading
from store.tables.mail import OutboxTable
from store.tables.rotations import RotationTable
from tests.installation import SOJOURN
from tests.mill import CO_CREATION, PAUL, PEOPLE, PROGRAM, SUMMARY, THANKS, write_folder
from tests.rehearsal.mailcheck import complaints
from web.app import create_app
from web.services import services_of_rehearsal

EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"
FIRST_DAY = date(2026, 11, 24)
SEEDS = range(1, 21 if "EXPLORE" in os.environ else 3)
KEPT = "kept"
"""The world of the first seed, beside its mails."""

LINK = re.compile(r'href="([^"#]+)')
PAGE = re.compile(
    r"/($|[a-z]+$|(r|c|year|quarters|coverage|tensions|learnings|portfolio|shared|plan)[/?][^.]*$)"
)
"""What is looked at; moves that a rotation's page offers are none of it."""
NOTHING = re.compile(r'class="calm"[^>]*>(.+?)</p>')
"""How pages say that there is nothing."""
AS_IT_SHOULD_BE = (
    "Nothing. Invites, reminders and repairs take their way",
    "Every rotation finished",
    "Nothing like that was learnt",
    "Nobody has shared this yet",
)
"""Nobody is needed at the end, and no insight is learnt in a quarter without visits."""


def of_example(seed: int, mails: Path) -> Report:
    wanted = Wanted(
        folder=EXAMPLE,
        months=6,
        seed=seed,
        starts=FIRST_DAY,
        temper=Temper(),
        mails=mails,
        keep=mails.with_name(KEPT) if seed == SEEDS[0] else None,
    )
    return rehearse(wanted)


def of_mill(tmp_path: Path, **changes: object) -> Wanted:
    """One rotation of one person, a second's work."""
    folder = tmp_path / "mill"
    if not folder.exists():
        folder.mkdir()
        write_folder(folder, PROGRAM + SUMMARY + CO_CREATION + THANKS, PEOPLE + PAUL)
    facts: dict[str, object] = {"months": 4, "seed": 1, "starts": date(2026, 11, 24)}
    return Wanted(folder=folder, temper=Temper(), **(facts | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Report, Path]]:
    """The example with every seed, on both cores."""
    home = tmp_path_factory.mktemp("mails")
    folders = [home / str(seed) for seed in SEEDS]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=fresh) as pool:
        found = list(pool.map(of_example, SEEDS, folders))
    return dict(zip(SEEDS, zip(found, folders, strict=True), strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_seed_holds(reports: dict[int, tuple[Report, Path]], seed: int) -> None:
    report, mails = reports[seed]

    assert report.rotations == 8
    assert report.finished >= 0.8 * report.rotations
    assert len(report.unfinished) == report.rotations - report.finished
    assert all(one.reason for one in report.unfinished)
    assert report.within_budget
    assert report.insights >= 3 * report.finished
    measured = [c.verdict_day for c in report.changes if c.verdict_day is not None]
    assert measured
    assert max(measured) <= VERDICT_DUE.days + 1 / 24
    checked = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("mailcheck.py")), str(mails)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""
    assert checked.returncode == 0


@pytest.fixture(scope="session")
def closed(reports: dict[int, tuple[Report, Path]]) -> list[tuple[RotationState, set[str]]]:
    """Every rotation of the first seed that was closed, and the kinds of its mails."""
    report, mails = reports[SEEDS[0]]
    with reading(open_office(mails.with_name(KEPT), 8800).engine) as session:
        states = session.scalars(select(RotationTable.state).where(RotationTable.ritual == ""))
        over = [RotationState.model_validate(state) for state in states if state]
        sent = session.execute(select(OutboxTable.rotation, OutboxTable.kind)).all()
    done = [state for state in over if state.ending is Ending.COMPLETED]
    assert len(done) == report.finished
    return [(state, {kind for of, kind in sent if of == state.rotation}) for state in done]


@pytest.fixture(scope="session")
def pages(reports: dict[int, tuple[Report, Path]]) -> dict[str, str]:
    """Every page of the first seed's world that a program manager finds, by its address."""
    return asyncio.run(walked(reports[SEEDS[0]][1].with_name(KEPT)))


async def walked(world: Path) -> dict[str, str]:
    office = open_office(world, 8800)
    served = httpx.ASGITransport(create_app(services_of_rehearsal(office, kept_in(world).report)))
    found: dict[str, str] = {}
    ahead = ["/", "/portfolio", "/shared"]
    async with httpx.AsyncClient(
        transport=served, base_url=office.settings.base_url, follow_redirects=True
    ) as browser:
        while ahead:
            path = ahead.pop()
            answer = await browser.get(path)
            assert answer.status_code == 200, path
            found[path] = answer.text
            links = map(html.unescape, LINK.findall(answer.text))
            ahead += {link for link in links if PAGE.match(link)} - {*found, *ahead}
    return found


def test_every_page_of_a_rehearsed_world_has_what_a_year_should_have(
    pages: dict[str, str],
) -> None:
    for kind in (
        "/year",
        "/quarters",
        "/coverage",
        "/tensions",
        "/learnings",
        "/portfolio",
        "/shared",
    ):
        assert any(path.startswith(kind) for path in pages), kind
    assert any("mailcard" in text for path, text in pages.items() if path.startswith("/shared/"))
    nothing = [(path, said) for path, text in pages.items() for said in NOTHING.findall(text)]
    assert [one for one in nothing if not one[1].startswith(AS_IT_SHOULD_BE)] == []


def test_a_rehearsed_year_has_every_verdict_and_every_voice_its_receipt(
    reports: dict[int, tuple[Report, Path]],
) -> None:
    report, mails = reports[SEEDS[0]]
    office = open_office(mails.with_name(KEPT), 8800)
    year = office.years.year(report.cohort, office.now())

    assert all(one.changes for one in year.verdicts)
    assert {row.kept for row in year.quarters} == {True, False}
    for receipts in (year.decisions, year.effects):
        assert receipts.owed == receipts.given + receipts.by_word > 0
        assert receipts.by_word > 0
    assert year.outcomes
    assert all(one.course is not Course.NO_DATA for one in year.outcomes)


def test_a_rehearsed_quarter_shows_who_was_heard_by_site_and_who_works_in_which_shift(
    reports: dict[int, tuple[Report, Path]],
) -> None:
    report, mails = reports[SEEDS[0]]
    office = open_office(mails.with_name(KEPT), 8800)
    first = office.coverage.page(report.cohort, office.now()).quarters[-1]
    voices = office.coverage.page(report.cohort, office.now(), first).voices
    assert voices

    by_fact = {one.fact: one for one in voices.facts}
    assert by_fact[Fact.WORKS_AT].shows_heard
    assert len(by_fact[Fact.SHIFT].groups) == 2


def test_in_a_rehearsed_year_some_let_the_program_read_a_review_pack(
    reports: dict[int, tuple[Report, Path]],
) -> None:
    report, mails = reports[SEEDS[0]]
    packs = open_office(mails.with_name(KEPT), 8800).packs
    shared = {change.rotation for change in report.changes if packs.shared_since(change.rotation)}

    assert 0 < len(shared) < report.rotations
    for rotation in shared:
        assert packs.shared(rotation).pack.items


def phases(state: RotationState, kind: StepKind) -> set[Phase]:
    return {step.phase for step in state.steps if step.kind is kind}


def test_practice_s42_a_product_leaders_day_with_the_service_desk_runs_end_to_end(
    closed: list[tuple[RotationState, set[str]]],
) -> None:
    for state, mails in closed:
        for kind in (StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION, StepKind.CO_CREATION):
            assert phases(state, kind) == {Phase.HELD}
        assert {"REQUEST", "ask-held", "ask-summary", "ask-proposal"} <= mails


def test_practice_s57_every_closed_rotation_has_said_thanks(
    closed: list[tuple[RotationState, set[str]]],
) -> None:
    for state, mails in closed:
        assert phases(state, StepKind.THANKS) == {Phase.HELD}
        assert "thanks" in mails


def test_a_rotation_of_two_stops_passes_every_gate_at_both_teams(tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    wanted = Wanted(
        folder=EXAMPLE.with_name("full-program"),
        months=6,
        seed=1,
        starts=FIRST_DAY,
        temper=Temper(),
        mails=mails,
    )

    report = rehearse(wanted)

    assert report.finished == report.rotations == 3
    assert {load.team for load in report.host_load} == {
        "Field support Hamburg",
        "Service desk Berlin",
    }
    assert report.insights == 3 * 2 * report.rotations
    assert complaints(mails) == []


def test_seeds_differ(reports: dict[int, tuple[Report, Path]]) -> None:
    assert len({report.model_dump_json(exclude={"seed"}) for report, _ in reports.values()}) == len(
        SEEDS
    )


def test_the_same_key_gives_the_same_report_to_the_byte(tmp_path: Path) -> None:
    first = rehearse(of_mill(tmp_path))
    again = rehearse(of_mill(tmp_path))
    later = rehearse(of_mill(tmp_path, starts=date(2027, 3, 1)))

    assert first.model_dump_json(exclude={"seconds"}) == again.model_dump_json(exclude={"seconds"})
    assert later.starts != first.starts
    assert later.finished == 1


def test_a_day_that_is_past_can_be_rehearsed_too(tmp_path: Path) -> None:
    assert rehearse(of_mill(tmp_path, starts=date(2024, 2, 28))).finished == 1


def test_a_world_where_everybody_declines_says_why_nothing_finished(tmp_path: Path) -> None:
    wanted = of_mill(tmp_path, months=1)
    temper = Temper(declines=0.9, proposes=0, silent=0.1, refuses_consent=0)
    report = rehearse(Wanted(**(vars(wanted) | {"temper": temper})))

    assert report.finished == 0
    (unfinished,) = report.unfinished
    assert unfinished.reason
    assert report.within_budget


def test_a_refused_consent_is_the_reason(tmp_path: Path) -> None:
    wanted = of_mill(tmp_path, months=1)
    people = (wanted.folder / "people.csv").read_text().replace("yes,2026-02-01,", "yes,,")
    (wanted.folder / "people.csv").write_text(people)
    temper = Temper(refuses_consent=1.0, silent=0)
    report = rehearse(Wanted(**(vars(wanted) | {"temper": temper})))

    assert [one.reason for one in report.unfinished] == ["withdrawn: release refused"]
    assert report.mails < 5


def test_whoever_doubts_a_proposal_gets_an_answer(tmp_path: Path) -> None:
    wanted = of_mill(tmp_path, keep=tmp_path / "kept")
    temper = Temper(raises_concern=1.0, silent=0, declines=0, proposes=0)
    rehearse(Wanted(**(vars(wanted) | {"temper": temper})))

    (change,) = open_office(tmp_path / "kept", 8800).change_views.all()
    assert change.decision
    assert change.concerns
    assert all(concern.disposition and concern.reason for concern in change.concerns)


def test_a_folder_with_mistakes_is_not_rehearsed(tmp_path: Path) -> None:
    wanted = of_mill(tmp_path)
    (wanted.folder / "goals.csv").write_text("participant,goal\nnobody,Nothing\n")

    with pytest.raises(Rejected) as refused:
        rehearse(wanted)

    assert refused.value.rejected[0].file == "goals.csv"


def test_a_folder_that_is_not_empty_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("two years of work")

    with pytest.raises(Refused, match="not empty"):
        rehearse(of_mill(tmp_path, mails=tmp_path / "full"))
    with pytest.raises(Refused, match="not empty"):
        rehearse(of_mill(tmp_path, keep=tmp_path / "full"))


def test_rates_are_shares() -> None:
    with pytest.raises(ValidationError):
        Temper.model_validate({"declines": "often"})


def test_the_command_prints_the_report_and_keeps_the_world(tmp_path: Path) -> None:
    wanted = of_mill(tmp_path)
    options = ["--months", "4", "--from", "2026-11-24"]
    command = [str(SOJOURN), "rehearse", str(wanted.folder), *options]
    kept = tmp_path / "kept"

    said = subprocess.run(
        [*command, "--json", "--keep", str(kept)], capture_output=True, text=True, check=True
    )

    printed = json.loads(said.stdout)
    assert printed["finished"] == 1
    assert kept_in(kept).report == Report.model_validate(printed)
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "1 of 1" in shown.stdout
    assert "2026" in shown.stdout
