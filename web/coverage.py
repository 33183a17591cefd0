"""Who was heard and which lenses were seen, and what each participant practised."""

import csv
import io
import json
from collections.abc import Iterator
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.coverage import Voices
from domain.people import Fact
from store.attention import A_PAGE
from store.heard import WHOLE_PROGRAM, CoveragePage
from store.pages import Wanted
from web.overview import With
from web.rendering import PageNumber, may_see, page, pages_of

router = APIRouter()

FACTS = {
    Fact.WORKS_AT: "Site",
    Fact.SHIFT: "Shift",
    Fact.LEVEL: "Level",
    Fact.FUNCTION: "Function",
}

_COLUMNS = ("table", "row", "column", "measure", "figure")

_NOT_YOURS = "Portfolios are for program managers. They are a help for planning, never a ranking."


@router.get("/coverage")
def first_coverage(services: With) -> RedirectResponse:
    """Go to the newest cohort's coverage; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/coverage/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/coverage/{cohort}.json")
def coverage_as_json(
    services: With, cohort: str, quarter: str = "", visits: str = ""
) -> JSONResponse:
    """Return the same figures as the page, and no others."""
    found = services.office.coverage.page(cohort, services.office.now(), quarter, visits)
    return JSONResponse(found.model_dump(mode="json"))


@router.get("/coverage/{cohort}.csv")
def coverage_as_csv(services: With, cohort: str, quarter: str = "", visits: str = "") -> Response:
    """Return the same figures as the page, one in each line."""
    found = services.office.coverage.page(cohort, services.office.now(), quarter, visits)
    text = io.StringIO()
    rows = ([_text(cell) for cell in row] for row in _figures(found))
    csv.writer(text).writerows([_COLUMNS, *rows])
    name = f"coverage-{found.cohort}-{found.quarter or WHOLE_PROGRAM}.csv"
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=attached)


@router.get("/coverage/{cohort}")
def coverage(
    request: Request,
    services: With,
    cohort: str,
    quarter: str = "",
    visits: str = "",
    name: str = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Show who was heard in a quarter, and which lenses were seen at teams that are called so."""
    office, name = services.office, name.strip()
    wanted = Wanted(number, name)
    found = office.coverage.page(cohort, office.now(), quarter, visits, wanted)
    asked = {"quarter": found.quarter, "visits": found.visits_in, "name": name}
    facts = {
        "found": found,
        "name": name,
        "number": number,
        "pages": pages_of(found.called_so, A_PAGE),
        "other_page": f"/coverage/{cohort}?{urlencode(asked)}&page=",
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
        "labels": FACTS,
        "said": said,
        "whole": WHOLE_PROGRAM,
    }
    return page(request, "coverage.html", facts)


@router.get("/portfolio")
def first_portfolio(services: With) -> RedirectResponse:
    """Go to the newest cohort's portfolios; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/portfolio/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/portfolio/{cohort}")
def portfolio(
    request: Request, services: With, cohort: str, name: str = "", number: PageNumber = 1
) -> HTMLResponse:
    """Show what participants who are called so practised, by name; to program managers alone."""
    if not may_see(request):
        raise HTTPException(403, _NOT_YOURS)
    office = services.office
    name = name.strip()
    found = office.portfolios.page(cohort, office.now(), Wanted(number, name))
    asked = urlencode({"name": name} if name else {})
    facts = {
        "found": found,
        "name": name,
        "number": number,
        "pages": pages_of(found.found, A_PAGE),
        "other_page": f"/portfolio/{cohort}?{asked}&page=",
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
    }
    return page(request, "portfolio.html", facts)


def said(group: Voices) -> str:
    """Return the values of a group as people say them."""
    return " and ".join(value or "not said" for value in group.values)


def _text(cell: str | int) -> str | int:
    """What a spreadsheet would take for a formula becomes text."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def _figures(found: CoveragePage) -> Iterator[tuple[str, str, str, str, int]]:
    for one in found.voices.facts if found.voices else ():
        for group in one.groups:
            about = ("voices", one.fact.value, json.dumps(group.values, ensure_ascii=False))
            yield (*about, "people", group.people)
            if group.heard is not None:
                yield (*about, "heard", group.heard)
    for team in found.teams:
        for lens, visits in (("any lens", team), *((cell.lens, cell) for cell in team.cells)):
            yield ("visits", team.name, lens, "held", visits.held)
            yield ("visits", team.name, lens, "not confirmed yet", visits.unconfirmed)
            yield ("visits", team.name, lens, "planned", visits.planned)
