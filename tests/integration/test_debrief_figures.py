"""What a team says together: of three people of that team at least, as it was when it was seen first."""

import re
from collections.abc import Sequence

import httpx
import pytest
from sqlalchemy import delete, func, select, update

from domain.links import Purpose
from domain.people import Seat
from domain.planning import Attendee
from domain.program import StepKind
from domain.rotation import Ending, Phase, StepState
from store.database import reading, writing
from store.people import people
from store.tables.mail import OutboxTable
from store.tables.people import PersonKeyTable
from store.tables.words import ExerciseEntryTable, TeamFiguresTable
from tests.integration.test_debrief_pages import (
    ANSWERS,
    FORESEEN,
    answer,
    card,
    colleagues,
    follow,
    foresee,
    opened,
    second,
)
from tests.visit import DAY, Visit

FEW = "Fewer than three of the team have answered"


def figures(page: str) -> list[str]:
    return re.findall(r'<td data-label="They say together">(\d)</td>', page)


def changed(visit: Visit, step: StepState, **facts: object) -> StepState:
    """The step with other facts, as the rotation has it from now on."""
    new = step.model_copy(update=facts)
    follow(visit, visit.state.with_step(new))
    return new


def strangers(visit: Visit, number: int) -> tuple[Attendee, ...]:
    """People whom the visitor has not met, as colleagues of a team."""
    met = {a.person for step in visit.state.steps for a in step.attendees}
    with reading(visit.office.engine) as session:
        found = [person for person in sorted(people(session)) if person not in met]
    return tuple(Attendee(person=one, seat=Seat.FRONTLINE) for one in found[:number])


def answers_now(visit: Visit) -> Sequence[ExerciseEntryTable]:
    with reading(visit.office.engine) as session:
        query = select(ExerciseEntryTable).where(ExerciseEntryTable.exercise == "our-answers")
        return session.scalars(query).all()


def both_sessions(visit: Visit) -> tuple[StepState, StepState]:
    """Two sessions with the same colleagues at one stop."""
    talk = visit.step(StepKind.LISTENING_SESSION)
    again = second(visit, StepKind.LISTENING_SESSION)
    return talk, changed(visit, again, stop=1, attendees=talk.attendees)


async def test_first_f5_three_answers_of_two_people_are_two(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk, again = both_sessions(visit)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk, ANSWERS[:2])
    await answer(visit, browser, again, ANSWERS[:2])
    visit.moment = again.ends

    shown = (await opened(visit, browser, card(visit, "predictions", visit.day))).text

    assert len(answers_now(visit)) == 4
    assert FEW in shown
    assert figures(shown) == []


async def test_first_f5_who_answers_twice_counts_once_with_what_they_said_last(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk, again = both_sessions(visit)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    await answer(visit, browser, again, [dict.fromkeys(FORESEEN, "5")])
    visit.moment = again.ends

    shown = (await opened(visit, browser, card(visit, "predictions", visit.day))).text

    # 5 + 3 + 3, 5 + 2 + 1, 5 + 1 + 2, 5 + 5 + 3, 5 + 3 + 3
    assert figures(shown) == ["4", "3", "3", "4", "4"]


async def test_first_f5_a_colleague_who_is_erased_changes_nothing_that_was_shown(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    visit.moment = talk.ends
    path = card(visit, "predictions", visit.day)
    first = (await opened(visit, browser, path)).text
    with writing(visit.office.engine) as session:
        gone, entry = colleagues(talk)[0], ExerciseEntryTable
        session.execute(update(entry).where(entry.person == gone).values(sealed=b""))
        session.execute(delete(PersonKeyTable).where(PersonKeyTable.person == gone))

    again = (await opened(visit, browser, path)).text

    assert figures(first) == figures(again) == ["3", "2", "1", "4", "3"]
    assert "60 % near" in again


async def test_first_f5_what_a_team_says_is_the_same_beside_each_day_with_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    other_day = changed(visit, second(visit, StepKind.SHADOWING_DAY), stop=1)
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, other_day)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    visit.moment = max(talk.ends, other_day.ends)
    first = (await opened(visit, browser, card(visit, "predictions", visit.day))).text
    (late,) = strangers(visit, 1)
    again = changed(
        visit, talk, starts=visit.moment + DAY, ends=visit.moment + 2 * DAY,
        attendees=(late, *talk.attendees),
    )  # fmt: skip
    await answer(visit, browser, again, [dict.fromkeys(FORESEEN, "5")])
    visit.moment = again.ends

    shown = (await opened(visit, browser, card(visit, "predictions", other_day))).text

    assert len(answers_now(visit)) == 4
    assert figures(first) == figures(shown) == ["3", "2", "1", "4", "3"]
    with reading(visit.office.engine) as session:
        assert session.scalar(select(func.count()).select_from(TeamFiguresTable)) == 1


async def test_first_f5_only_those_count_who_sit_in_the_session_now(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    """Another team has taken over after the first had answered."""
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    others = tuple(a for a in talk.attendees if a.seat is not Seat.FRONTLINE)
    replaced = changed(visit, talk, attendees=(*others, *strangers(visit, 2)))
    await answer(visit, browser, replaced, ANSWERS[:2])
    visit.moment = talk.ends

    shown = (await opened(visit, browser, card(visit, "predictions", visit.day))).text

    assert len(answers_now(visit)) == 5
    assert FEW in shown


async def test_first_f5_who_sits_there_as_somebody_else_does_not_count(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    leads = tuple(
        one.model_copy(update={"seat": Seat.HOST_LEAD})
        if one.person == colleagues(talk)[0]
        else one
        for one in talk.attendees
    )
    changed(visit, talk, attendees=leads)
    visit.moment = talk.ends

    assert FEW in (await opened(visit, browser, card(visit, "predictions", visit.day))).text


async def test_first_f5_only_what_was_given_for_a_figure_is_in_one(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    with writing(visit.office.engine) as session:
        entry = ExerciseEntryTable
        mine = update(entry).where(entry.person == colleagues(talk)[0])
        session.execute(mine.values(reader="program"))
    visit.moment = talk.ends

    assert FEW in (await opened(visit, browser, card(visit, "predictions", visit.day))).text


async def test_first_f5_nothing_is_foreseen_after_the_answers_were_seen(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    """Nobody has confirmed the visit, so another date is set for it."""
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    visit.moment = talk.ends
    await opened(visit, browser, card(visit, "predictions", visit.day))
    day = changed(visit, visit.day, starts=visit.moment + 2 * DAY, ends=visit.moment + 3 * DAY)
    right = {"waiting": "3", "rules": "2", "tools": "1", "room": "4", "heard": "3"}
    path = card(visit, "predictions", day)

    again = await browser.post(f"{path}/practise", data=right | {"reader": "writer"})
    page = (await browser.get(path)).text
    shown = (await opened(visit, browser, path)).text

    assert again.status_code == 409
    assert "You have seen what the team answers" in again.text
    assert "You have seen what the team answers" in page
    assert "<select" not in page
    assert "60 % near" in shown


@pytest.mark.parametrize("kind", [StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION])
async def test_first_f5_what_was_called_off_is_not_compared_and_says_so(
    visit: Visit, browser: httpx.AsyncClient, kind: StepKind
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    changed(visit, visit.step(kind), phase=Phase.CANCELLED)
    visit.moment = talk.ends
    path = card(visit, "predictions", visit.day)

    page = (await browser.get(path)).text
    shown = (await opened(visit, browser, path)).text

    for one in (page, shown):
        assert "was called off, so nothing is set beside" in one
        assert "can be opened" not in one
        assert FEW not in one
    assert "% near" not in shown
    reflection = visit.path(Purpose.ANSWER, visit.step(StepKind.REFLECTION))
    assert "see what they answered" not in (await browser.get(reflection)).text


async def test_first_f5_figures_are_sealed_and_go_with_their_reader(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    talk = visit.step(StepKind.LISTENING_SESSION)
    await foresee(visit, browser, visit.day)
    await answer(visit, browser, talk)
    visit.moment = talk.ends
    await opened(visit, browser, card(visit, "predictions", visit.day))
    with reading(visit.office.engine) as session:
        kept = session.scalars(select(TeamFiguresTable)).one()
        assert b"waiting" not in kept.sealed
        assert "waiting" in visit.office.vault.open(session, kept.person, kept.sealed)
    follow(visit, visit.state.model_copy(update={"ending": Ending.WITHDRAWN}))
    with writing(visit.office.engine) as session:
        session.execute(update(OutboxTable).values(state="sent"))

    visit.office.erasing.erase(visit.state.participant, visit.moment)

    with reading(visit.office.engine) as session:
        assert session.scalars(select(TeamFiguresTable)).all() == []
