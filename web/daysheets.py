"""Day sheets, as a page and as a PDF to print: for host leads by a signed link, and for program managers."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from domain.errors import NotFound
from domain.links import LinkClaim, Purpose
from store.daysheets import PrintableVisit
from store.pages import AnswerPage
from web.documents import Document, Points, Section
from web.kiosk import new_code
from web.overview import With
from web.pdf import as_pdf
from web.rendering import may_see, page, signed_page
from web.reporting import MEDIA
from web.services import Services
from wiring import Office

router = APIRouter()

_NOT_YOURS = "Day sheets are for program managers and for the people who are visited."
_POINT = "- "
_OVER = timedelta(days=1)
"""After the visit: so long its sheets are still there for the lead."""


@router.get("/t/{token}/day-sheet.pdf")
def signed_pdf(services: With, token: str) -> Response:
    """Download a sheet, as the lead of the team."""
    claim = services.office.links.read(token, Purpose.DAY_SHEET)
    _led(services, claim)
    return _file(sheet_document(services.office, claim.rotation, claim.step or "", claim.about))


@router.post("/t/{token}/day-sheet/kiosk-code")
def give_code(
    request: Request, services: With, token: str, person: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Show the lead the code that the sheet of somebody without mail promises."""
    claim = services.office.links.read(token, Purpose.DAY_SHEET)
    given = new_code(services, _led(services, claim).without_mail, person, claim.person)
    return signed_page(request, claim, token, sheet_facts(services, claim) | given)


@router.get("/r/{rotation}/day-sheets/{step}/{person}.pdf")
def pdf(request: Request, services: With, rotation: str, step: str, person: str) -> Response:
    """Download a sheet, as a program manager."""
    _check_may_see(request)
    return _file(sheet_document(services.office, rotation, step, person))


@router.get("/r/{rotation}/day-sheets/{step}/{person}")
def show(request: Request, services: With, rotation: str, step: str, person: str) -> HTMLResponse:
    """Show a program manager a sheet."""
    _check_may_see(request)
    facts: dict[str, object] = {
        "document": sheet_document(services.office, rotation, step, person),
        "file": f"{request.url.path}.pdf",
        "rotation": rotation,
    }
    return page(request, "day_sheet.html", facts)


def sheet_document(office: Office, rotation: str, step: str, person: str) -> Document:
    """Return somebody's sheet of a visit; raises NotFound for who has none."""
    sheet = office.day_sheets.sheet(rotation, step, person)
    title, *lines = office.words_of(sheet).splitlines()
    before, *parts = _parts(lines)
    lead = before.sentences[0] if before.sentences else ""
    if isinstance(lead, Points):
        return Document(title, "", tuple(parts), sheet.language.value, before.sentences)
    return Document(title, lead, tuple(parts), sheet.language.value, before.sentences[1:])


def sheet_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """The sheet, and the way to those of everybody else whom the lead can print one for."""
    office, visit = services.office, _led(services, claim)
    others = [
        (one.name, _url(services, claim, visit, one.ref))
        for one in visit.readers
        if one.ref != claim.about
    ]
    document = sheet_document(office, claim.rotation, visit.step, claim.about)
    return {"document": document, "others": others, "without_mail": visit.without_mail, "code": ""}


def sheet_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the lead's own sheet for the lead who holds another link; empty for anybody else, and once it is over."""
    visit = services.office.day_sheets.of_lead(claim.rotation, found.step.key, claim.person)
    if visit is None or _is_over(services, visit):
        return ""
    return _url(services, claim, visit, claim.person)


def _led(services: Services, claim: LinkClaim) -> PrintableVisit:
    """A link of a former lead opens nothing any more, nor does one to a visit that is over."""
    found = services.office.day_sheets.of_lead(claim.rotation, claim.step or "", claim.person)
    if found is None or _is_over(services, found):
        raise NotFound("There is no day sheet here for you, or not any more.")
    return found


def _is_over(services: Services, visit: PrintableVisit) -> bool:
    return services.office.now() > visit.ends + _OVER


def _url(services: Services, claim: LinkClaim, visit: PrintableVisit, reader: str) -> str:
    changes = {"purpose": Purpose.DAY_SHEET, "step": visit.step, "about": reader}
    return services.office.links.url(claim.model_copy(update=changes), visit.ends + _OVER)


def _check_may_see(request: Request) -> None:
    if not may_see(request):
        raise HTTPException(403, _NOT_YOURS)


def _file(document: Document) -> Response:
    named = {"Content-Disposition": 'attachment; filename="day-sheet.pdf"'}
    return Response(as_pdf(document), media_type=MEDIA["pdf"], headers=named)


def _parts(lines: Iterable[str]) -> Iterator[Section]:
    """Each heading with what stands below it, as it stands there; what comes before the first has none."""
    heading, below = "", list[str]()
    for line in (*(line.strip() for line in lines), "#"):
        if line.startswith("#"):
            yield Section("-".join(heading.lower().split()), heading, tuple(_said(below)))
            heading, below = line.removeprefix("#").strip(), []
        elif line:
            below.append(line)


def _said(lines: Iterable[str]) -> Iterator[str | Points]:
    for is_list, some in groupby(lines, lambda line: line.startswith(_POINT)):
        if is_list:
            yield Points(tuple(line.removeprefix(_POINT) for line in some))
        else:
            yield from some
