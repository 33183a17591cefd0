"""The signed page of a reflection: three lines that only their writer reads, again with a code."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from web.overview import With
from web.rendering import LONGEST, plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")

LINES = (
    "What did I see or hear that I did not expect?",
    "What had I assumed until then?",
    "What will I do differently next time?",
)

_BETWEEN = "\x1e"
"""Between two lines as they are kept."""


@router.post("/{token}/reflect")
async def reflect(request: Request, services: With, token: str) -> Response:
    """Keep a reflection; every line may stay empty. What can't be kept stays in the form, with the reason."""
    office, claim = services.office, services.office.links.read(token, Purpose.REFLECT)
    form = await request.form()
    typed = [str(form.get(f"line{number}", "")) for number, _ in enumerate(LINES)]
    facts: dict[str, object] = {"typed": typed}
    lines, facts["wrong"] = _checked(typed)
    try:
        if len(lines) == len(LINES):
            office.sayings.write(*_where(claim), _BETWEEN.join(lines), office.now())
            return RedirectResponse(f"/t/{token}?said=kept", 303)
    except Refused as refused:
        facts["sentence"] = str(refused)
    return signed_page(request, claim, token, reflect_facts(services, claim) | facts, 409)


@router.post("/{token}/reflection-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the writer a code to their own address."""
    claim = services.office.links.read(token, Purpose.REFLECT)
    services.office.reflections.ask_code(*_where(claim), services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/{token}/reflection-open")
def read(request: Request, services: With, token: str, code: Annotated[str, Form()]) -> Response:
    """Show the writer what they wrote, once per code, ready to be written on."""
    office, claim = services.office, services.office.links.read(token, Purpose.REFLECT)
    facts = reflect_facts(services, claim)
    try:
        words = office.reflections.read(*_where(claim), code, office.now())
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(
        request, claim, token, facts | {"typed": words.split(_BETWEEN), "opened": True}
    )


def reflect_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """The words themselves are never shown by a link alone: who holds it could be anybody."""
    office = services.office
    return {
        "found": office.views.answer_page(claim),
        "lines": LINES,
        "longest": LONGEST,
        "typed": ("",) * len(LINES),
        "wrong": {},
        "sentence": "",
        "written_at": office.reflections.written_at(*_where(claim)),
        "opened": False,
        "code_sentence": "",
        "late": office.sayings.is_late(claim.rotation, claim.step or "", office.now()),
    }


def _checked(typed: list[str]) -> tuple[list[str], dict[int, str]]:
    """The lines that can be kept, and a sentence for each, by its number, that can't."""
    lines, wrong = list[str](), dict[int, str]()
    for number, line in enumerate(typed):
        try:
            lines.append(plain(line))
        except Refused as refused:
            wrong[number] = str(refused)
    return lines, wrong


def _where(claim: LinkClaim) -> tuple[str, str, str]:
    return claim.rotation, claim.step or "", claim.person
