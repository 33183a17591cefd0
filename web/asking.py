"""Questions of visits: marked by the visitor who asked them, counted per program."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from domain.links import Purpose
from domain.pulse import SMALLEST_CELL
from web.overview import With
from web.rendering import page, plain

router = APIRouter()


@router.post("/t/{token}/asked")
async def asked(request: Request, services: With, token: str) -> RedirectResponse:
    """Keep which questions of a visit were asked; none at all is an answer too."""
    claim = services.office.links.read(token, Purpose.ANSWER)
    form = await request.form()
    chosen = [plain(question) for question in form.getlist("asked")]
    office = services.office
    office.questions.mark(claim.rotation, claim.step or "", claim.person, chosen, office.now())
    return RedirectResponse(f"/t/{token}?said=asked", 303)


@router.get("/questions")
def first_bank(services: With) -> RedirectResponse:
    """Go to the newest cohort's questions; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/questions/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/questions/{cohort}")
def questions(request: Request, services: With, cohort: str) -> HTMLResponse:
    """Show the questions of a cohort's visits and how often each was asked."""
    office = services.office
    facts = {
        "questions": office.questions.counted(cohort),
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
        "smallest": SMALLEST_CELL,
    }
    return page(request, "questions.html", facts)
