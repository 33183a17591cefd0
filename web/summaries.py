"""The signed pages of a summary: written by the participant, read first by the host lead."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from domain.errors import Refused
from domain.evidence import Named
from domain.insights import INSIGHTS, WORDS, Insight, InsightTag, Summary, refuse_summary
from domain.links import LinkClaim, Purpose
from domain.touching import Touches
from web.naming import refuse_names_met
from web.observing import notes_of
from web.overview import With
from web.quicktests import to_test
from web.rendering import plain, signed_page
from web.services import Services
from web.touching import touches_in

router = APIRouter(prefix="/t")

_TOO_SHORT = "Write each of the three things in a line of 10 to 500 characters."


@router.post("/{token}/summarise")
async def summarise(request: Request, services: With, token: str) -> Response:
    """Hand a summary to the host lead; what is not right is said beside what was written."""
    claim = services.office.links.read(token, Purpose.SUMMARISE)
    form = await request.form()
    words = plain(form.get("words"))
    things = [(plain(form.get(f"thing{n}")), _tag(form.get(f"tag{n}"))) for n in _THINGS]
    chosen = {
        name.removeprefix(_NOTE): int(str(thing))
        for name, thing in form.items()
        if _NOTE_ID.match(name) and str(thing) in {str(n) for n in _THINGS}
    }
    touched = [Touches()] * INSIGHTS
    try:
        touched = [touches_in(form, str(n)) for n in _THINGS]
        summary = _checked(words, things, chosen, touched)
        text = "\n".join((words, *(text for text, _ in things), *(t.words() for t in touched)))
        refuse_names_met(services, claim.rotation, text, form)
        services.office.summaries.write(
            claim.rotation, claim.step or "", claim.person, summary, services.office.now()
        )
    except Refused as refused:
        facts = summary_facts(services, claim) | {
            "words": words,
            "things": things,
            "chosen": chosen,
            "touched": touched,
            "names": isinstance(refused, Named),
            "sentence": str(refused),
        }
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=summed-up", 303)


@router.post("/{token}/recall")
def recall(request: Request, services: With, token: str, code: Annotated[str, Form()]) -> Response:
    """Show the writer their notes beside the form, once per code."""
    claim = services.office.links.read(token, Purpose.SUMMARISE)
    facts = summary_facts(services, claim)
    try:
        facts |= {"notes": notes_of(services, claim, code)}
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(request, claim, token, facts)


@router.post("/{token}/release")
def release(
    request: Request,
    services: With,
    token: str,
    agreed: Annotated[str, Form()],
    read: Annotated[str, Form()] = "",
) -> Response:
    """Let others read a summary as it was shown, or keep it between the two."""
    claim = services.office.links.read(token, Purpose.RELEASE)
    yes, now = agreed == "yes", services.office.now()
    try:
        services.office.summaries.release(
            claim.rotation, claim.step or "", claim.person, agreed=yes, read=read, now=now
        )
    except Refused as refused:
        facts = summary_facts(services, claim) | {"sentence": str(refused)}
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said={'shared' if yes else 'unshared'}", 303)


def summary_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What both pages show; the form begins with what was written before."""
    found = services.office.summaries.page(claim.rotation, claim.step or "", claim.person)
    known = found.summary.insights if found.summary else ()
    things = [(insight.text, insight.tag) for insight in known]
    chosen = {one: number for number, insight in enumerate(known) for one in insight.evidence}
    return {
        "found": found,
        "words": found.summary.words if found.summary else "",
        "things": things or [("", InsightTag.FRUSTRATION)] * INSIGHTS,
        "tags": tuple(InsightTag),
        "touched": [insight.touches for insight in known] or [Touches()] * INSIGHTS,
        "names_used": found.names_used,
        "longest": WORDS,
        "sentence": "",
        "chosen": chosen,
        "names": False,
        "notes": None,
        "code_sentence": "",
        "to_test": to_test(services, claim) if found.shared else [],
    }


def _checked(
    words: str,
    things: list[tuple[str, InsightTag]],
    chosen: dict[str, int],
    touched: list[Touches],
) -> Summary:
    """The summary as typed; ``chosen`` has the number of the thing that each note belongs to."""
    try:
        summary = Summary(
            words=words,
            insights=tuple(
                Insight(
                    text=text,
                    tag=tag,
                    evidence=tuple(o for o, n in chosen.items() if n == number),
                    touches=touched[number],
                )
                for number, (text, tag) in enumerate(things)
                if text
            ),
        )
    except ValidationError:
        raise Refused(_TOO_SHORT if words else "Write a few sentences about the visit.") from None
    refuse_summary(summary)
    return summary


def _tag(value: object) -> InsightTag:
    known = {tag.value: tag for tag in InsightTag}
    return known.get(str(value), InsightTag.FRUSTRATION)


_THINGS = range(INSIGHTS)
_NOTE = "note-"
_NOTE_ID = re.compile(rf"{_NOTE}[a-z0-9-]{{20,36}}$")
