"""The signed page of an exercise: what is asked, who may read it, a draft until all is there."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.decisionmap import MOST_STAKEHOLDERS, MOST_STEPS
from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from domain.program import Reader
from store.exercises import ExercisePage
from store.pages import AnswerPage
from web.mapping import maps_of, one_more, typed_answer
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")

OFFERED_FOR = timedelta(days=60)
"""After the end of a step."""


MEANT = "_meant"
"""What a page that a code has opened sends along, so that it is still there after a refusal."""


@router.post("/{token}/practise")
async def practise(request: Request, services: With, token: str) -> Response:
    """Keep what was written; what is missing is said beside its field, and the rest is a draft."""
    claim = services.office.links.read(token, Purpose.PRACTISE)
    form = await request.form()
    facts = practise_facts(services, claim)
    exercise = services.office.exercises.page(*_where(claim), services.office.now()).exercise
    answers = {field.key: typed_answer(form, field) for field in exercise.fields}
    chosen, nobody = str(form.get("reader", "")), form.get("nobody") == "yes"
    typed = facts | {
        "answers": answers,
        "reader": chosen,
        "maps": maps_of(exercise, answers),
        "nobody": nobody,
        "meant": tuple(map(plain, form.getlist(MEANT))),
    }
    if more := str(form.get("more", "")):
        return signed_page(request, claim, token, typed | {"maps": one_more(form, exercise, more)})
    try:
        kept = services.office.exercises.keep(
            *_where(claim), answers, _reader(chosen), services.office.now(), nobody_meant=nobody
        )
    except Refused as refused:
        return signed_page(request, claim, token, typed | {"sentence": str(refused)}, 409)
    if kept.missing:
        wrong = {"missing": kept.missing, "named": kept.named, "stays": kept.stays}
        return signed_page(request, claim, token, typed | wrong, 409)
    return RedirectResponse(f"/t/{token}?said=kept-exercise", 303)


@router.post("/{token}/practise-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the writer a code to their own address."""
    claim = services.office.links.read(token, Purpose.PRACTISE)
    services.office.exercises.ask_code(*_where(claim), services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/{token}/reopen")
def reopen(request: Request, services: With, token: str, code: Annotated[str, Form()]) -> Response:
    """Show the writer what they wrote, once per code, ready to be written on."""
    claim = services.office.links.read(token, Purpose.PRACTISE)
    facts = practise_facts(services, claim)
    try:
        own = services.office.exercises.own(*_where(claim), code, services.office.now())
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    exercise = services.office.exercises.page(*_where(claim), services.office.now()).exercise
    read = {
        "own": own,
        "answers": own.answers,
        "maps": maps_of(exercise, own.answers),
        "meant": own.meant,
    }
    return signed_page(request, claim, token, facts | read)


def practise_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page shows; the form is empty until a code opens what was written."""
    office = services.office
    found = office.exercises.page(*_where(claim), office.now())
    reader = found.written.reader if found.written else found.exercise.readers[0]
    return {
        "found": office.views.answer_page(claim),
        "page": found,
        "answers": {},
        "maps": maps_of(found.exercise, {}),
        "reader": reader.value,
        "missing": {},
        "named": False,
        "nobody": False,
        "stays": False,
        "meant": (),
        "sentence": "",
        "code_sentence": "",
        "own": None,
        "most_steps": MOST_STEPS,
        "most_stakeholders": MOST_STAKEHOLDERS,
    }


def offered(
    services: Services, found: AnswerPage, claim: LinkClaim
) -> list[tuple[ExercisePage, str]]:
    """Return the exercises around a step that the holder of another link is asked, each with its address."""
    office, key = services.office, found.step.key
    return [
        (one, office.links.url(_about(claim, one), found.step.ends + OFFERED_FOR))
        for one in office.exercises.offered(claim.rotation, key, claim.person, office.now())
    ]


def _reader(chosen: str) -> Reader:
    """What somebody wrote is never read by anybody whom they did not choose."""
    if chosen not in set(Reader):
        raise Refused("Choose who may read it.")
    return Reader(chosen)


def _about(claim: LinkClaim, asked: ExercisePage) -> LinkClaim:
    changes = {"purpose": Purpose.PRACTISE, "about": asked.exercise.key, "step": asked.step}
    return claim.model_copy(update=changes)


def _where(claim: LinkClaim) -> tuple[str, str, str, str]:
    return claim.rotation, claim.step or "", claim.about, claim.person
