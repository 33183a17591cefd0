"""From an insight to a tested insight: drafted, started, asked for, told; by signed pages and the hourly look."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from domain.due import catch_up
from domain.links import Purpose
from domain.program import RESULTS_REVIEW, Card, StepKind
from domain.rotation import RotationState
from domain.telling import dispatch
from store.database import reading, writing
from store.quicktests import QuickTests
from store.tables.installation import AuditTable
from store.tables.people import CohortTable, PersonTable
from store.tables.rotations import RotationTable
from tests.released import NOTE, QUOTE, THINGS, Released, release
from tests.visit import DAY, Visit
from wiring import Office


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    found = Visit(tmp_path_factory.mktemp("prepared"))
    release(found)
    return found


@pytest.fixture
def visit(prepared: Visit, tmp_path: Path) -> Visit:
    return prepared.copied(tmp_path / "copy")


@pytest.fixture
def released(visit: Visit, browser: httpx.AsyncClient) -> Released:
    return Released(visit, browser)


async def test_practice_s18_a_hypothesis_stands_on_a_note_of_its_insight(
    released: Released,
) -> None:
    for note in ("", "m" * 32):
        refused = await released.post(note=note)
        assert refused.status_code == 409
        assert "Tick at least one of your notes" in refused.text
    assert "Without the second signature nothing goes wrong.</textarea>" in refused.text

    row = await released.started()

    assert row.body
    assert row.body["notes"] == [NOTE]
    other = released.visit.path(Purpose.TRY, released.summary, about=f"{released.insight[:-1]}1")
    assert "nothing that a hypothesis could stand on" in (await released.browser.get(other)).text


async def test_the_notes_open_beside_the_form_with_a_code_alone(released: Released) -> None:
    shut = (await released.browser.get(released.path)).text
    await released.browser.post(f"{released.path}/code")
    wrong = await released.browser.post(f"{released.path}/remember", data={"code": "1"})
    opened = await released.browser.post(
        f"{released.path}/remember", data={"code": released.visit.code()}
    )

    assert QUOTE not in shut
    assert (wrong.status_code, QUOTE in wrong.text) == (409, False)
    assert QUOTE in opened.text


async def test_practice_s20_without_an_owner_nothing_starts(released: Released) -> None:
    for owner in ("", "P-9999"):
        refused = await released.post(owner=owner, adjustment="")
        assert refused.status_code == 409
        assert 'id="owner-wrong">Choose who looks after it: without an owner' in refused.text
        assert "2 things are missing below" in refused.text

    assert released.row().started_at is None
    assert released.mails("test-started") == []


async def test_practice_s21_what_is_missing_is_a_draft_that_goes_on_later(
    released: Released,
) -> None:
    await released.post(baseline="")
    again = (await released.browser.get(released.path)).text
    kept = await released.post(baseline="", do="keep")
    assert "Without the second signature nothing goes wrong.</textarea>" in again
    assert kept.status_code == 303
    assert released.mails("test-started") == []

    await released.started()

    assert len(released.rows()) == 1
    assert released.row().draft == {}


async def test_practice_s21_from_its_start_the_baseline_is_locked(released: Released) -> None:
    before = await released.started()

    for do in ("start", "keep"):
        refused = await released.post(baseline="30", do=do)
        assert refused.status_code == 409
        assert "locked since it started" in refused.text

    assert released.row().body == before.body
    page = (await released.browser.get(released.path)).text
    assert "12 before, 3 hoped for" in page
    assert 'name="baseline"' not in page


async def test_who_looks_after_it_and_the_lead_of_the_team_are_told_that_it_started(
    released: Released,
) -> None:
    leader = released.visit.state.participant
    page = released.office.quick_tests.page(released.insight, leader)
    manager = next(one.ref for one in page.owners if one.ref not in {released.lead, leader})

    await released.post(owner=manager)

    assert {who for who, _ in released.mails("test-started")} == {manager, released.lead}
    text = released.mails("test-started")[0][1]
    assert "For three weeks one signature is enough below 50 euros." in text
    assert "12 today, 3 hoped for" in text


async def test_names_of_those_who_were_met_are_handed_back(released: Released) -> None:
    name = released.office.observations.names_met(released.visit.state.rotation)[0]
    text = f"{name} signs alone."

    refused = await released.post(adjustment=text)
    meant = await released.post(adjustment=text, nobody="yes")

    assert refused.status_code == 409
    assert "Name nobody" in refused.text
    assert meant.status_code == 303


@pytest.mark.parametrize(
    ("measured", "verdict", "state", "sentence"),
    [
        ("2,5", "met", "confirmed", "The target was met."),
        ("11", "not-met", "refuted", "The target was not met."),
        ("1", "new-question", "tested", "The measure raised a new question."),
    ],
)
async def test_practice_s22_everybody_who_was_met_is_thanked_with_the_result(
    released: Released, measured: str, verdict: str, state: str, sentence: str
) -> None:
    await released.ended()
    assert [who for who, _ in released.mails("ask-result")] == [released.lead]

    said = await released.say(measured=measured, verdict=verdict, learnt="It was the stamp.")

    assert said.status_code == 303
    told = released.mails("test-result")
    assert {who for who, _ in told} == released.met() | {released.visit.state.participant}
    for _, text in told:
        assert f"{sentence} hours until a ticket is signed: 12 before, 3 hoped for" in text
        assert "What was learnt: It was the stamp." in text
        assert "Thank you" in text
    assert released.states() == [state, "intuition", "intuition"]
    again = await released.say()
    assert (again.status_code, "recorded already" in again.text) == (409, True)
    assert len(released.mails("test-result")) == len(told)
    page = (await released.browser.get("/learnings")).text
    assert sentence in page[page.index("What was tried") :]


async def test_practice_s22_everybody_whom_a_result_concerns_is_invited_once_to_look_at_it(
    released: Released,
) -> None:
    await released.ended()
    assert reviews(released) == []

    await released.say(measured="11", verdict="not-met")
    await released.say()

    (review,) = reviews(released)
    (step,) = review.steps
    seated = [a.person for a in step.attendees]
    assert seated[0] == released.lead
    assert set(seated) == released.met() | {released.visit.state.participant}
    now = released.visit.moment
    begun, errands = catch_up(review, now)
    released.office.correspondence.carry_out(dispatch(begun, errands, now))
    invites = [mail for mail in released.mails("REQUEST") if "What did we expect" in mail[1]]
    assert len(invites) == len(seated)
    visited = released.office.views.rotation(released.visit.state.rotation).row.host_name
    (team,) = (one for one in visited.split(" and ") if one in invites[0][1])
    own = f"what came out of the test at {team} that you looked after until"
    others = f"what came out of the test at {team} that ended on"
    said = {
        reader: [one in " ".join(text.split()) for one in (own, others)] for reader, text in invites
    }
    assert said.pop(released.lead) == [True, False]
    assert set(map(tuple, said.values())) == {(False, True)}
    form = released.form()
    for _, text in invites:
        assert form["adjustment"] not in text
        assert form["hypothesis"] not in text
    other = {**released.form(), "adjustment": "The stamp lies beside the door."}
    assert (await released.post(**other)).status_code == 303
    assert reviews(released) == [begun]


async def test_without_the_card_of_results_reviews_a_result_is_mailed_alone(
    released: Released,
) -> None:
    with writing(released.office.engine) as session:
        cohort = session.get_one(CohortTable, released.visit.state.cohort)
        cards = [one for one in cohort.program["cards"] if one != RESULTS_REVIEW]
        cohort.program = {**cohort.program, "cards": cards}
    await released.ended()

    assert (await released.say()).status_code == 303

    assert reviews(released) == []
    assert released.mails("test-result")


async def test_nobody_looks_at_a_result_with_somebody_who_was_erased_nor_alone(
    released: Released,
) -> None:
    (met,) = released.met()
    assert met == released.lead
    await released.ended()
    with writing(released.office.engine) as session:
        gone = session.get_one(PersonTable, released.visit.state.participant)
        gone.erased_at = released.visit.moment

    assert (await released.say()).status_code == 303

    assert reviews(released) == []


def reviews(released: Released) -> list[RotationState]:
    query = select(RotationTable.state).where(RotationTable.ritual == RESULTS_REVIEW)
    with reading(released.office.engine) as session:
        return list(map(RotationState.model_validate, session.scalars(query)))


async def test_what_is_not_right_in_a_result_is_said_and_nothing_is_recorded(
    released: Released,
) -> None:
    await released.ended()
    name = released.office.observations.names_met(released.visit.state.rotation)[0]
    for typed, said in (
        ({"measured": "11", "verdict": "met"}, "11 does not reach the target of 3"),
        ({"measured": "none"}, "Write the figure as a number"),
        ({"verdict": "not-measured"}, "Say whether the target was met"),
        ({"verdict": "splendid"}, "Say whether the target was met"),
        ({"learnt": " "}, "Write in a line what was learnt"),
        ({"learnt": "x" * 2001}, "Keep it to 2000 characters"),
        ({"learnt": f"{name} knew it."}, "Name nobody"),
    ):
        refused = await released.say(**typed)
        assert refused.status_code == 409
        assert said in refused.text
        assert typed.get("learnt", "Nobody missed it.") in refused.text
    assert released.row().closed_at is None
    assert released.mails("test-result") == []


async def test_practice_s22_what_nobody_measures_is_recorded_told_and_thanked_for(
    released: Released,
) -> None:
    row = await released.ended()
    assert row.asked_at
    look = released.office.quick_tests.look_after

    assert look(row.asked_at + DAY) == 0
    assert look(row.asked_at + 7 * DAY) == 1
    assert look(row.asked_at + 14 * DAY - timedelta(minutes=1)) == 0
    assert look(row.asked_at + 14 * DAY) == 1
    assert look(row.asked_at + 15 * DAY) == 0

    assert released.row().verdict == "not-measured"
    assert len(released.mails("remind-result")) == 1
    assert reviews(released) == []
    (coordinator,) = released.mails("test-unmeasured")
    assert "/learnings#" in coordinator[1]
    told = released.mails("test-result")
    assert {who for who, _ in told} == released.met() | {released.visit.state.participant}
    assert all("Nobody measured it." in text for _, text in told)
    assert released.states() == ["intuition"] * 3
    released.visit.moment = row.asked_at + 14 * DAY
    late = await released.say()
    assert (late.status_code, "recorded already" in late.text) == (409, True)
    assert (await released.post()).status_code == 303


async def test_practice_s21_whoever_looks_and_however_often_nothing_is_asked_or_told_twice(
    released: Released,
) -> None:
    row = await released.started()
    assert row.ends_at
    done = []
    for hour in range(24 * 30):
        moment = row.ends_at + timedelta(hours=hour)
        looking = Office(released.office.settings) if hour % 120 == 0 else released.office
        done.append(looking.quick_tests.look_after(moment))

    assert sum(done) == 3
    kinds = ("ask-result", "remind-result", "test-unmeasured")
    assert [len(released.mails(kind)) for kind in kinds] == [1, 1, 1]


async def test_practice_s21_a_process_that_dies_while_it_closes_a_test_leaves_it_open(
    released: Released,
) -> None:
    row = await released.ended()
    assert row.asked_at
    office = released.office

    class Dies(type(office.composer)):  # type: ignore[misc]
        def letter(self, letter: object) -> object:
            raise SystemExit

    settings = office.settings
    dying = QuickTests(
        office.engine,
        office.vault,
        Dies(settings.organiser, settings.organiser_name),
        office.links,
        settings.base_url,
        office.occasions,
    )
    with pytest.raises(SystemExit):
        dying.look_after(row.asked_at + 14 * DAY)
    assert released.row().closed_at is None

    assert office.quick_tests.look_after(row.asked_at + 14 * DAY) == 1
    assert len(released.mails("test-result")) == len(released.met()) + 1


async def test_practice_s30_the_state_of_an_insight_changes_by_a_test_alone(
    released: Released,
) -> None:
    assert released.states() == ["intuition"] * 3
    await released.post(do="keep")
    assert released.states()[0] == "intuition"

    first = await released.ended()
    assert released.states()[0] == "tested"
    await released.say(measured="11", verdict="not-met")
    assert released.states()[0] == "refuted"

    second = await released.post(adjustment="The stamp lies beside the door.")
    assert second.status_code == 303
    assert released.states()[0] == "tested"
    (row,) = (one for one in released.rows() if one.id != first.id)
    assert row.ends_at
    released.office.quick_tests.look_after(row.ends_at)
    released.visit.moment = row.ends_at + 14 * DAY
    released.office.quick_tests.look_after(released.visit.moment)

    assert released.states()[0] == "refuted"
    with reading(released.office.engine) as session:
        said = session.scalars(select(AuditTable.sentence)).all()
    assert f"test {first.id} of {released.insight}: not-met" in said


async def test_nobody_tests_what_is_not_theirs_and_nobody_else_says_what_it_showed(
    released: Released,
) -> None:
    strange = released.visit.path(
        Purpose.TRY, released.summary, released.lead, about=released.insight
    )
    assert (await released.browser.get(strange)).status_code == 404
    assert (await released.browser.post(f"{strange}/try", data=released.form())).status_code == 404
    nowhere = released.visit.path(Purpose.TRY, released.summary, about="nowhere:at:all")
    assert (await released.browser.get(nowhere)).status_code == 404

    row = await released.ended()
    mine = released.visit.path(Purpose.RESULT, released.summary, about=row.id)
    assert (await released.browser.get(mine)).status_code == 409
    assert (await released.browser.post(f"{released.path}/result", data={})).status_code in {
        404,
        409,
        400,
    }
    assert released.row().closed_at is None


async def test_before_its_end_nobody_says_what_it_showed(released: Released) -> None:
    row = await released.started()
    early = released.visit.path(Purpose.RESULT, released.summary, released.lead, about=row.id)

    refused = await released.browser.post(
        f"{early}/result", data={"measured": "2", "verdict": "met", "learnt": "Quick."}
    )

    assert (refused.status_code, "still goes on" in refused.text) == (409, True)


async def test_the_pages_of_a_visit_offer_it_where_the_program_has_the_card(
    released: Released,
) -> None:
    visit = released.visit
    pages = [
        visit.path(Purpose.SUMMARISE, released.summary),
        visit.path(Purpose.ANSWER, visit.step(StepKind.CO_CREATION)),
        visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL)),
    ]
    for path in pages:
        text = (await released.browser.get(path)).text
        link = re.search(rf'href="http://127.0.0.1:\d+(/t/[^"]+)">{THINGS[0]}', text)
        assert link, text
        assert "Does it hold?" in (await released.browser.get(link.group(1))).text
    hosts = visit.path(Purpose.ANSWER, visit.day, released.lead)
    assert "Find out whether it holds" not in (await released.browser.get(hosts)).text

    with writing(released.office.engine) as session:
        cohort = session.get_one(CohortTable, visit.state.cohort)
        cards = [one for one in cohort.program["cards"] if one != Card.QUICK_TEST]
        cohort.program = {**cohort.program, "cards": cards}

    for path in pages:
        assert "Find out whether it holds" not in (await released.browser.get(path)).text
    assert (await released.browser.get(released.path)).status_code == 404
