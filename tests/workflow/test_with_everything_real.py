"""What happens when people are silent, ill, away or done: through mails and links, store and planner."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.moments import after_weekdays
from domain.people import Seat
from domain.rotation import Ending, Phase
from tests.mill import BAKERS, NINA, PEOPLE
from tests.waiting import until
from tests.workflow.company import Company, a_company
from workflows.rotation import RotationOver

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
VERA, OTTO, KARL, LISA, NINAS, GERD, EMMA = (
    f"{who}@mill.example" for who in ("vera", "otto", "karl", "lisa", "nina", "gerd", "emma")
)


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path) as running:
        yield running


def weekdays(moment: datetime, days: int) -> datetime:
    return after_weekdays(moment, days * DAY, "Europe/Vienna")


def sent(company: Company, after: int = 0) -> list[tuple[str, str]]:
    """Who got what since, by address and method; letters by the first words of their subject."""
    return [(m.to, m.method or m.subject) for m in company.mails(after)]


async def test_who_is_silent_is_reminded_once_and_then_a_person_is_asked_to_help(
    company: Company,
) -> None:
    await company.press(VERA, "Talk", "answer", answer="accepted")
    invited, before = company.step("talk").invited_at, len(company.mails())
    assert invited is not None

    await company.until(weekdays(invited, 4))

    reminded = [m for m in company.mails(before) if "still open" in m.subject]
    assert sorted(m.to for m in reminded) == [KARL, LISA, OTTO, VERA]
    (hers,) = (m.subject for m in reminded if m.to == VERA)
    assert hers == "Reminder: 3 answers of yours are still open"
    assert company.needs() == []

    await company.until(after_weekdays(invited, 5 * DAY + HOUR, "Europe/Vienna"))

    silent = {"no-answer talk", "no-answer day", "no-answer listen", "no-answer reflect"}
    assert set(company.needs()) == silent
    assert len(company.mails()) == before + len(reminded)
    assert "Otto Brandl" in (await company.web.get("/")).text

    await company.press(OTTO, "Talk", "answer", answer="accepted")

    assert set(company.needs()) == silent - {"no-answer talk"}
    assert company.step("talk").phase is Phase.CONFIRMED


async def test_not_today_finds_another_day_and_tells_only_those_who_are_met_elsewhere(
    company: Company,
) -> None:
    day = company.step("day")
    await company.until(day.starts - HOUR)
    before = len(company.mails())

    await company.press(KARL, "Day at the mill", "answer", answer="not-today")

    moved = company.step("day")
    assert moved.starts.date() > day.starts.date()
    assert moved.revision == day.revision + 1
    told = sent(company, before)
    assert (KARL, "REQUEST") in told
    assert not [to for to, _ in told if to == OTTO]
    assert {method for _, method in told} == {"REQUEST"}


async def test_a_day_that_somebody_missed_is_planned_again_and_says_so(company: Company) -> None:
    await company.until(company.step("talk").ends)
    await company.press(OTTO, "Did Talk", "held")
    day = company.step("day")
    await company.until(day.starts + HOUR)
    before = len(company.mails())
    karl = next(a.person for a in day.attendees if a.seat is Seat.HOST_LEAD)

    await company.manage("steps/day/no-show", person=karl)

    assert company.step("day").starts > company.office.now()
    assert (KARL, "REQUEST") in sent(company, before)
    assert company.step("talk").phase is Phase.HELD
    assert OTTO not in {to for to, _ in sent(company, before)}


async def test_missing_words_are_asked_for_once_and_thanks_reach_the_team(
    company: Company,
) -> None:
    held = {
        "talk": (OTTO, "Talk"),
        "day": (KARL, "Day"),
        "listen": (LISA, "Rotation: conversation"),
    }
    for key, (who, title) in held.items():
        await company.until(company.step(key).ends)
        await company.press(who, f"Did {title}", "held")
    reflection = company.step("reflect")
    await company.until(reflection.ends)
    asked = [m for m in company.mails() if m.to == VERA and "Three lines" in m.subject]
    assert len(asked) == 1

    await company.until(reflection.ends + 2 * DAY)

    assert company.needs() == ["reflection-missing reflect"]
    await company.press(VERA, "Three lines", "reflect", line0="The mill is loud.")
    assert company.needs() == []

    opened = company.step("thanks").asked_at
    assert opened is not None
    await company.until(weekdays(opened, 4))
    assert sum("word of thanks" in m.subject for m in company.mails()) == 2
    await company.until(weekdays(opened, 5))
    assert company.needs() == ["thanks-missing thanks"]

    before = len(company.mails())
    await company.press(VERA, "word of thanks", "thank", words="You let me carry the sacks.")

    assert await company.rotation.result() == RotationOver(
        rotation=company.state.rotation, ending=Ending.COMPLETED
    )
    assert {to for to, _ in sent(company, before)} == {KARL, LISA}
    assert all("carry the sacks" in company.text(m) for m in company.mails(before))
    assert "The mill is loud" not in "".join(company.text(m) for m in company.mails())


async def test_a_withdrawal_takes_every_open_invite_out_of_the_calendars(
    company: Company,
) -> None:
    asked = [(m.to, m.uid) for m in company.mails() if m.method == "REQUEST"]
    before = len(company.mails())

    await company.manage("move/withdraw")

    called_off = [(m.to, m.uid) for m in company.mails(before) if m.method == "CANCEL"]
    assert sorted(called_off) == sorted(asked)
    assert len(company.mails(before)) == len(called_off)
    assert (await company.rotation.result()).ending is Ending.WITHDRAWN


async def test_a_new_home_manager_takes_over_and_nobody_else_gets_mail(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with a_company(temporal, tmp_path, PEOPLE + NINA) as company:
        talk = company.step("talk")
        await company.press(VERA, "Talk", "answer", answer="accepted")
        await company.press(OTTO, "Talk", "answer", answer="accepted")
        assert company.step("talk").phase is Phase.CONFIRMED
        before = len(company.mails())

        await company.manage("manager", who="Nina Auer")

        assert sent(company, before) == [(OTTO, "CANCEL"), (NINAS, "REQUEST")]
        called_off, asked = company.mails(before)
        uids = {m.uid for m in company.mails()[:before] if m.to == OTTO}
        assert called_off.uid in uids
        assert asked.uid not in uids
        assert company.step("talk").starts == talk.starts
        assert company.step("talk").phase is Phase.INVITED

        await company.press(NINAS, "Talk", "answer", answer="accepted")
        assert company.step("talk").phase is Phase.CONFIRMED

        before = len(company.mails())
        await company.press(NINAS, "Talk", "answer", answer="declined")

        assert company.step("talk").starts != talk.starts
        assert (NINAS, "REQUEST") in sent(company, before)
        assert OTTO not in {to for to, _ in sent(company, before)}
        assert company.needs() == []

        karl = company.office.views.person("karl")
        await company.until(company.step("day").starts + HOUR)
        await company.manage("steps/day/no-show", person=karl)

        assert OTTO not in {to for to, _ in sent(company, before)}
        assert company.state.consented


async def test_another_team_takes_the_place_of_a_dissolved_one_once_it_has_agreed(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    async with a_company(temporal, tmp_path, PEOPLE + BAKERS) as company:
        talk, before = company.step("talk"), len(company.mails())

        await company.dissolve("The mill")

        told = sent(company, before)
        called_off = [to for to, method in told if method == "CANCEL"]
        assert sorted(called_off) == [KARL, LISA, VERA, VERA]
        assert [to for to, method in told if method != "CANCEL"] == [GERD]
        assert company.state.dissolved is False

        await company.press(GERD, "visit", "consent", agreed="yes")

        invited = [(to, method) for to, method in sent(company, before) if method == "REQUEST"]
        assert sorted(invited) == [(EMMA, "REQUEST"), (GERD, "REQUEST")] + [(VERA, "REQUEST")] * 2
        assert OTTO not in {to for to, _ in sent(company, before)}
        assert company.step("talk") == talk
        assert company.needs() == []
        assert company.page.row.host_name == "The bakery"


async def test_without_another_team_a_person_is_told_and_nobody_is_invited(
    company: Company,
) -> None:
    before = len(company.mails())

    await company.dissolve("The mill")

    assert company.needs() == ["team-dissolved None"]
    assert {method for _, method in sent(company, before)} == {"CANCEL"}
    overview = (await company.web.get("/")).text
    assert "The host team of Vera Lang is dissolved, and no other can take over." in overview
    assert "plan it again in a new cohort" in overview

    before = len(company.mails())
    await company.press(OTTO, "Talk", "answer", answer="declined")
    await company.until(company.step("listen").ends)

    assert {to for to, _ in sent(company, before)} <= {VERA, OTTO}
    assert company.needs() == ["team-dissolved None"]
    await company.manage("move/withdraw")
    assert (await company.rotation.result()).ending is Ending.WITHDRAWN


async def test_nothing_is_sent_or_escalated_while_on_hold(company: Company) -> None:
    before, invited = len(company.mails()), company.step("talk").invited_at
    assert invited is not None
    await company.manage("move/hold")

    await company.until(weekdays(invited, 5))
    assert sent(company, before) == []
    assert company.needs() == []

    await company.manage("move/resume")
    await company.until(weekdays(company.office.now(), 1))
    assert {m.to for m in company.mails(before)} == {VERA, OTTO, KARL, LISA}


async def test_a_refused_address_needs_a_person_and_the_others_are_invited(
    temporal: WorkflowEnvironment, tmp_path: Path
) -> None:
    people = PEOPLE.replace(LISA, "refused.lisa@mill.example")
    async with a_company(temporal, tmp_path, people) as company:
        await until(lambda: company.needs() == ["delivery-failed listen"])
        overview = (await company.web.get("/")).text

        assert {m.to for m in company.mails()} == {VERA, OTTO, KARL}
        assert "Lisa Huber" in overview
        assert company.office.outbox.waiting() == 0
