"""The quarter ledger: what a program promises, quarter by quarter, and whether it was kept."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import Refused
from domain.quarters import INSIGHTS, LONGEST_REASON
from web.overview import With
from web.rendering import page, plain
from web.services import Services

router = APIRouter(prefix="/quarters")


@router.get("")
def first_ledger(services: With) -> RedirectResponse:
    """Go to the newest cohort's ledger; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/quarters/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/{cohort}")
def ledger(request: Request, services: With, cohort: str, words: str = "") -> HTMLResponse:
    """Show the quarters of a cohort, the newest first, with the changes that are called so."""
    return page(request, "quarters.html", _facts(services, cohort, words.strip()))


@router.post("/{cohort}/{quarter}/close")
async def close(request: Request, services: With, cohort: str, quarter: str) -> Response:
    """Close a quarter with one or two changes, or with the reason why not."""
    form = await request.form()
    chosen = tuple(str(policy) for policy in form.getlist("chosen"))
    reason = plain(form.get("reason"))
    try:
        services.office.quarters.close(cohort, quarter, chosen, reason, services.office.now())
    except Refused as refused:
        typed = {"wrong": quarter, "sentence": str(refused), "chosen": chosen, "reason": reason}
        return page(request, "quarters.html", _facts(services, cohort, ticked=chosen) | typed, 409)
    return RedirectResponse(f"/quarters/{cohort}#{quarter}", 303)


def _facts(
    services: Services, cohort: str, words: str = "", ticked: tuple[str, ...] = ()
) -> dict[str, object]:
    office = services.office
    rows = office.quarters.ledger(cohort, office.now(), words, ticked)
    return {
        "pulse": office.exercises.pulse(cohort),
        "ledger": rows,
        "words": words,
        "crowded": any(row.decided > len(row.listed) for row in rows),
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
        "promised": INSIGHTS,
        "longest": LONGEST_REASON,
        "wrong": "",
        "sentence": "",
        "chosen": (),
        "reason": "",
    }
