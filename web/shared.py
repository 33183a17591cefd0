"""What people wrote around their steps and let the program read: one exercise across a cohort, question by question."""

from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from store.attention import A_PAGE
from web.overview import With
from web.rendering import PageNumber, may_see, page, pages_of

router = APIRouter()

_NOT_YOURS = "Whoever wrote this lets program managers read it, and nobody else."


@router.get("/shared")
def first_shared(services: With) -> RedirectResponse:
    """Go to what the newest cohort shares; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/shared/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/shared/{cohort}")
def shared(
    request: Request,
    services: With,
    cohort: str,
    exercise: str = "",
    question: str = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Show what was written in one exercise, or the answers to one of its questions; to program managers alone."""
    if not may_see(request):
        raise HTTPException(403, _NOT_YOURS)
    office = services.office
    found = office.exercises.across(cohort, exercise, number)
    fields = found.chosen.fields if found.chosen else ()
    asked = {"exercise": found.chosen.key if found.chosen else "", "question": question}
    facts: dict[str, object] = {
        "found": found,
        "question": next((field for field in fields if field.key == question), None),
        "number": number,
        "pages": pages_of(found.found, A_PAGE),
        "other_page": f"/shared/{cohort}?{urlencode(asked)}&page=",
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
    }
    return page(request, "shared.html", facts)
