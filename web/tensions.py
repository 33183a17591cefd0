"""The register of tensions: what pulls against what, who looks at it until when, and what became of it."""

import csv
import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from domain.errors import NotFound, Refused
from domain.links import LinkClaim, Purpose
from domain.tensions import LONGEST, TensionState
from store.pages import AnswerPage
from store.tensions import A_PAGE, TensionForm, TensionRow, WantedTensions
from web.overview import With
from web.rendering import page, plain, signed_page
from web.services import Services

router = APIRouter()

FIELDS = ("one", "other", "lens", "owner", "due", "initiative", "decided_on", "place")

OFFERED_FOR = timedelta(days=60)
"""After the end of a step."""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for a formula when a cell begins with it."""


@router.get("/tensions")
def first_register(services: With) -> RedirectResponse:
    """Go to the newest cohort's register; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/tensions/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/tensions/{cohort}")
def register(
    request: Request,
    services: With,
    cohort: str,
    state: str = "",
    lens: str = "",
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show what was found, the overdue first, a page at a time."""
    wanted = WantedTensions(state, plain(lens))
    return page(request, "tensions.html", _facts(services, cohort, wanted, number))


@router.get("/tensions/{cohort}/raise")
def ask(request: Request, services: With, cohort: str, rotation: str = "") -> HTMLResponse:
    """Show the form; ``rotation`` offers its listening sessions too."""
    form = services.office.tensions.form_for_managers(cohort, rotation, services.office.now())
    return page(request, "tension.html", _form_facts(form) | {"rotation": rotation})


@router.post("/tensions/{cohort}/raise")
async def raise_one(request: Request, services: With, cohort: str, rotation: str = "") -> Response:
    """Keep a tension; what is wrong is said beside its field."""
    office = services.office
    typed, nobody = await _typed(request)
    owner, which = _person(services, typed["owner"])
    told = typed | {"owner": owner}
    wrong = office.tensions.raise_by_manager(cohort, rotation, told, office.now(), nobody=nobody)
    wrong |= {"owner": which} if which else {}
    if not wrong:
        return RedirectResponse(f"/tensions/{cohort}", 303)
    form = office.tensions.form_for_managers(cohort, rotation, office.now())
    facts = _form_facts(form, typed, wrong) | {"rotation": rotation}
    return page(request, "tension.html", facts, 409)


@router.post("/tensions/{cohort}/{tension}/settle")
async def settle(request: Request, services: With, cohort: str, tension: str) -> Response:
    """Say in a sentence how a tension was eased, or why it is accepted."""
    form = await request.form()
    chosen, sentence = str(form.get("state", "")), plain(form.get("sentence"))
    state = TensionState(chosen) if chosen in set(TensionState) else TensionState.OPEN
    nobody = form.get("nobody") == "yes"
    office = services.office
    try:
        office.tensions.settle(cohort, tension, state, sentence, office.now(), nobody=nobody)
    except NotFound:
        raise
    except Refused as refused:
        typed = {
            "wrong": tension,
            "sentence": str(refused),
            "typed": sentence,
            "chosen": state.value,
        }
        return page(
            request, "tensions.html", _facts(services, cohort, WantedTensions(), 1) | typed, 409
        )
    return RedirectResponse(f"/tensions/{cohort}", 303)


@router.get("/tensions/{cohort}/tensions.json")
def as_json(services: With, cohort: str, state: str = "", lens: str = "") -> JSONResponse:
    """Download what was found."""
    rows = _every(services, cohort, state, lens)
    headers = {"Content-Disposition": f'attachment; filename="tensions-{cohort}.json"'}
    return JSONResponse([row.model_dump(mode="json") for row in rows], headers=headers)


@router.get("/tensions/{cohort}/tensions.csv")
def as_csv(services: With, cohort: str, state: str = "", lens: str = "") -> Response:
    """Download what was found, one tension a line."""
    rows = _every(services, cohort, state, lens)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(TensionRow.model_fields)
    for row in rows:
        lines.writerow(_cell(value) for value in row.model_dump(mode="json").values())
    headers = {"Content-Disposition": f'attachment; filename="tensions-{cohort}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/t/{token}/tension")
async def raise_by_link(request: Request, services: With, token: str) -> Response:
    """Keep what somebody who takes part raises; what is wrong is said beside its field."""
    office = services.office
    claim = office.links.read(token, Purpose.TENSION)
    typed, nobody = await _typed(request)
    wrong = office.tensions.raise_by_link(
        claim.rotation, claim.person, typed, office.now(), nobody=nobody
    )
    if not wrong:
        return RedirectResponse(f"/t/{token}?said=tension", 303)
    form = office.tensions.form_of(claim.rotation, claim.person, office.now())
    return signed_page(request, claim, token, _form_facts(form, typed, wrong), 409)


def tension_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the signed page shows: an empty form."""
    office = services.office
    return _form_facts(office.tensions.form_of(claim.rotation, claim.person, office.now()))


def tension_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the page on which the holder of another link raises a tension; empty for none."""
    if not found.may_raise:
        return ""
    to_raise = claim.model_copy(update={"purpose": Purpose.TENSION, "about": found.step.key})
    return services.office.links.url(to_raise, found.step.ends + OFFERED_FOR)


async def _typed(request: Request) -> tuple[dict[str, str], bool]:
    form = await request.form()
    return {key: plain(form.get(key)) for key in FIELDS}, form.get("nobody") == "yes"


def _person(services: Services, typed: str) -> tuple[str, str]:
    """The pseudonym of whoever was named, empty for nobody, and a sentence where it could be several."""
    try:
        return services.office.views.person(typed), ""
    except NotFound:
        return "", ""
    except Refused as several:
        return "", str(several)


def _every(services: Services, cohort: str, state: str, lens: str) -> tuple[TensionRow, ...]:
    office = services.office
    return office.tensions.every(cohort, WantedTensions(state, plain(lens)), office.now())


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _form_facts(
    form: TensionForm,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> dict[str, object]:
    empty = dict.fromkeys(FIELDS, "") | {"lens": form.lens}
    return {
        "form": form,
        "typed": typed or empty,
        "wrong": wrong or {},
        "longest": LONGEST,
    }


def _facts(
    services: Services, cohort: str, wanted: WantedTensions, number: int
) -> dict[str, object]:
    office = services.office
    found = office.tensions.find(cohort, wanted, office.now(), number)
    asked = urlencode({key: value for key, value in wanted._asdict().items() if value})
    return {
        "register": found,
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
        "wanted": wanted,
        "states": tuple(TensionState),
        "asked": asked,
        "other_page": f"/tensions/{cohort}?{asked}{'&' if asked else ''}page=",
        "number": number,
        "pages": -(-found.found // A_PAGE),
        "longest": LONGEST,
        "wrong": "",
        "sentence": "",
        "typed": "",
        "chosen": "",
    }
