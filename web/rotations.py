"""One rotation: steps, answers, mails, and everything a program manager can do about it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, RedirectResponse

from domain.errors import NotFound, Refused
from domain.events import Cancel, Event, Hold, Reschedule, Resume, Skip, Withdraw
from domain.moments import at_wall_time
from domain.program import AFTER, Exercise, RoleCard, StepKind
from domain.rotation import Answer
from store.exercises import SharedEntry
from store.pages import RotationPage, StepRow
from store.proposing import ProposedTime
from web.kiosk import new_code
from web.occasions import PRIVATE
from web.overview import With
from web.rendering import may_act, may_see, page
from web.services import Services


def _check_may_see(request: Request, services: With, rotation: str) -> None:
    """Keep from observers who reflects after an event."""
    if may_see(request):
        return
    if services.office.views.rotation(rotation).row.ritual in AFTER.values():
        raise HTTPException(403, PRIVATE)


router = APIRouter(prefix="/r", dependencies=[Depends(_check_may_see)])

_MOVES: dict[str, Event] = {
    "hold": Hold(),
    "resume": Resume(),
    "withdraw": Withdraw(),
    "cancel": Cancel(),
}

_VERBS = {"withdraw": "Withdraw", "cancel": "Cancel the rotation"}

_QUESTIONS = {
    "withdraw": "Take the participant out of the program? All open invites are called off.",
    "cancel": "Cancel this rotation? All open invites are called off.",
}


@router.get("/{rotation}")
def rotation_page(request: Request, services: With, rotation: str) -> HTMLResponse:
    """Show one rotation."""
    found = services.office.views.rotation(rotation, discreet=not may_see(request))
    readable = found.row.steps and may_act(request)
    shared = services.office.exercises.shared(rotation) if readable else ()
    facts = {
        "found": found,
        "answers": list(Answer)[1:],
        "changes": services.office.change_views.all(rotation=rotation),
        "effects": dict(_effects(services, found)),
        "shared": [one for one in shared if one.role is None],
        "spoken": list(_spoken(shared)),
        "sheets": {one.step: one.readers for one in services.office.day_sheets.visits(rotation)}
        if readable
        else {},
        "without_mail": services.office.kiosk.without_mail(rotation) if may_act(request) else (),
        "pack_since": services.office.packs.shared_since(rotation) if readable else None,
    }
    return page(request, "rotation.html", facts)


def _spoken(
    shared: Iterable[SharedEntry],
) -> Iterator[tuple[Exercise, list[tuple[RoleCard, list[SharedEntry]]]]]:
    """What was written from roles: by exercise and, in the order of its cards, by role."""
    from_roles = [one for one in shared if one.role]
    for exercise in {one.exercise.key: one.exercise for one in from_roles}.values():
        by_role = [
            (role, [o for o in from_roles if (o.exercise.key, o.role) == (exercise.key, role)])
            for role in exercise.roles
        ]
        yield exercise, [(role, entries) for role, entries in by_role if entries]


def _effects(services: Services, found: RotationPage) -> Iterator[tuple[int, dict[str, object]]]:
    """What taking each proposed time would do, in one sentence, and whether it can be done."""
    office = services.office
    titles = {step.key: step.title for step in found.row.steps}
    for wish in office.proposed_times.open(found.row.rotation):
        effect = office.planning.effect_of(wish.rotation, wish.step, wish.starts, office.now())
        others = ", ".join(titles.get(key, key) for key in effect.moved if key != wish.step)
        said = "It fits, and no other step has to move. Everybody invited is asked again."
        if others:
            said = f"It fits; {others} would move as well."
        if effect.why_not:
            said = f"It can't be: {effect.why_not}"
        yield wish.number, {"fits": effect.why_not is None, "said": said}


@router.post("/{rotation}/kiosk-code")
def give_code(
    request: Request, services: With, rotation: str, person: Annotated[str, Form()]
) -> HTMLResponse:
    """Show a program manager a code for somebody without mail who is invited here."""
    known = services.office.kiosk.without_mail(rotation)
    facts = new_code(services, known, person, "a program manager")
    return page(request, "code.html", facts | {"rotation": rotation})


Number = Annotated[int, PathParameter(ge=1, lt=2**31)]
"""Of a mail, as the database counts them."""


@router.post("/{rotation}/proposals/{number}/take")
def take_proposal(services: With, rotation: str, number: Number) -> RedirectResponse:
    """Move a step to the time that somebody proposed."""
    office = services.office
    wish = _proposal(services, rotation, number)
    why_not = office.planning.why_not_then(rotation, wish.step, wish.starts, office.now())
    if why_not:
        raise Refused(f"{why_not} Nothing was changed.")
    office.proposed_times.take(number, office.now())
    return _back(rotation)


@router.post("/{rotation}/proposals/{number}/decline")
def decline_proposal(services: With, rotation: str, number: Number) -> RedirectResponse:
    """Keep the planned time; who proposed another one hears it."""
    _proposal(services, rotation, number)
    services.office.proposed_times.decline(number, services.office.now())
    return _back(rotation)


@router.post("/{rotation}/mails/{number}/seen")
def see_mail(services: With, rotation: str, number: Number) -> RedirectResponse:
    """Somebody's words were read and need nothing more here."""
    services.office.answers.seen(number, rotation, services.office.now())
    return _back(rotation)


def _proposal(services: Services, rotation: str, number: int) -> ProposedTime:
    found = services.office.proposed_times.get(number)
    if found.rotation != rotation:
        raise NotFound("This rotation has no such proposal.")
    return found


@router.get("/{rotation}/confirm/{move}")
def confirm(request: Request, services: With, rotation: str, move: str) -> HTMLResponse:
    """Ask before something that can't be undone."""
    if move not in _QUESTIONS:
        raise NotFound("There is nothing to confirm here.")
    found = services.office.views.rotation(rotation)
    facts = {
        "found": found,
        "question": _QUESTIONS[move],
        "action": f"/r/{rotation}/move/{move}",
        "verb": _VERBS[move],
    }
    return page(request, "confirm.html", facts)


@router.get("/{rotation}/steps/{step}/skip")
def confirm_skip(request: Request, services: With, rotation: str, step: str) -> HTMLResponse:
    """Ask before a step is let go, and about the day or the session that it belongs to."""
    found = services.office.views.rotation(rotation)
    steps = {s.key: s for s in found.row.steps}
    titles = {key: s.title for key, s in steps.items()}
    if step not in titles:
        raise NotFound(f"This rotation has no step '{step}'.")
    also = [titles[key] for key in services.office.views.goes_with(rotation, step)]
    question = f"Let the step '{titles[step]}' go? Everybody invited to it gets a cancellation."
    if also:
        question = (
            f"'{titles[step]}' and '{' and '.join(also)}' belong together. Let them go? Everybody "
            "invited gets a cancellation."
        )
    facts = {
        "found": found,
        "question": question,
        "action": f"/r/{rotation}/steps/{step}/skip",
        "verb": "Let it go",
        "also": also,
        "alone": not _is_session(steps[step]),
    }
    return page(request, "confirm.html", facts)


@router.post("/{rotation}/move/{move}")
async def make_move(services: With, rotation: str, move: str) -> RedirectResponse:
    """Hold, resume, withdraw or cancel."""
    if move not in _MOVES:
        raise NotFound("There is no such move.")
    return await _told(services, rotation, _MOVES[move])


@router.post("/{rotation}/steps/{step}/reschedule")
async def reschedule(
    services: With, rotation: str, step: str, starts: Annotated[str, Form()]
) -> RedirectResponse:
    """Move a step to exactly this start, in the step's own zone."""
    page_of = services.office.views.rotation(rotation)
    zone = next((s.zone for s in page_of.row.steps if s.key == step), None)
    if zone is None:
        raise NotFound(f"This rotation has no step '{step}'.")
    try:
        wall = datetime.fromisoformat(starts)
    except ValueError:
        raise Refused("This is not a date with a time, such as 2026-12-10T09:00.") from None
    moment = wall.astimezone(UTC) if wall.tzinfo else at_wall_time(wall.date(), wall.time(), zone)
    office = services.office
    why_not = office.planning.why_not_then(rotation, step, moment, office.now())
    if why_not:
        raise Refused(f"{why_not} Nothing was changed.")
    return await _told(services, rotation, Reschedule(step=step, starts=moment))


@router.post("/{rotation}/steps/{step}/skip")
async def skip(
    services: With, rotation: str, step: str, together: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """Let a step go, and ``together`` with it what it belongs to: a day before its session."""
    others = services.office.views.goes_with(rotation, step) if together else ()
    steps = {s.key: s for s in services.office.views.rotation(rotation).row.steps}
    for key in (step, *others):
        services.office.hearing.refuse_to_close(rotation, key, services.office.now())
    for key in sorted({step, *others}, key=lambda k: _is_session(steps.get(k))):
        await _told(services, rotation, Skip(step=key))
    return _back(rotation)


def _is_session(step: StepRow | None) -> bool:
    return step is not None and step.kind is StepKind.LISTENING_SESSION


@router.post("/{rotation}/steps/{step}/held")
def held(
    services: With, rotation: str, step: str, delegated: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """Confirm that a step took place, with the participant or with somebody else in their place."""
    now = services.office.now()
    services.office.sayings.took_place(rotation, step, None, now, delegated=delegated)
    return _back(rotation)


@router.post("/{rotation}/steps/{step}/no-show")
def no_show(
    services: With, rotation: str, step: str, person: Annotated[str, Form()]
) -> RedirectResponse:
    """Say that somebody did not come."""
    services.office.sayings.no_show(rotation, step, person, services.office.now())
    return _back(rotation)


@router.post("/{rotation}/steps/{step}/answer")
def answer(
    services: With,
    rotation: str,
    step: str,
    person: Annotated[str, Form()],
    answer: Annotated[Answer, Form()],
) -> RedirectResponse:
    """Record an answer that somebody gave in person."""
    services.office.sayings.answer_for(rotation, step, person, answer, services.office.now())
    return _back(rotation)


@router.post("/{rotation}/manager")
def hand_over(services: With, rotation: str, who: Annotated[str, Form()]) -> RedirectResponse:
    """Make somebody else the participant's home manager."""
    office = services.office
    office.organisation.hand_over(rotation, office.views.person(who), office.now())
    return _back(rotation)


async def _told(services: Services, rotation: str, event: Event) -> RedirectResponse:
    row = services.office.views.rotation(rotation).row
    await services.tell(row.workflow_id, event)
    return _back(rotation)


def _back(rotation: str) -> RedirectResponse:
    return RedirectResponse(f"/r/{rotation}", 303)
