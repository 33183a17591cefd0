"""Review packs: the signed page on which a participant chooses, and what they let the program read."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from domain.errors import NotFound, Refused
from domain.evidence import Named
from domain.links import LinkClaim, Purpose
from domain.packs import LONGEST_WORDS, ItemKind, ReviewPack, chosen
from store.pages import AnswerPage
from web.documents import Document, Section, Table
from web.naming import refuse_names_met
from web.overview import With
from web.rendering import may_act, page, plain, signed_page
from web.reporting import MEDIA, written
from web.services import Services

router = APIRouter()

PACK_LIFE = timedelta(days=60)
"""How long a link to a pack works after the page that offers it was opened."""

FILES = ("html", "pdf", "json")

_HEADINGS = {
    ItemKind.GOAL: "Learning goals, and how they are seen",
    ItemKind.STEP: "Steps that were held",
    ItemKind.INSIGHT: "Insights in the learning register",
    ItemKind.CHANGE: "Changes and their effect",
    ItemKind.QUARTER: "The program's promise, which is nobody's score",
}
_COLUMNS = {
    ItemKind.GOAL: ("Goal", "Seen"),
    ItemKind.STEP: ("Step", "Where and when"),
    ItemKind.INSIGHT: ("Insight", "Kind, team and quarter"),
    ItemKind.CHANGE: ("Change", "What came of it"),
    ItemKind.QUARTER: ("Quarter", "The program"),
}


@router.post("/t/{token}/pack")
async def choose(request: Request, services: With, token: str) -> Response:
    """Download what was chosen, have a code sent, or let the program read it; what was typed stays."""
    claim = services.office.links.read(token, Purpose.PACK)
    form = await request.form()
    facts = pack_facts(services, claim)
    facts |= {"ticked": frozenset(map(str, form.getlist("item"))), "code_asked": False}
    try:
        facts |= {"words": plain(form.get("words"))}
        return _done(request, services, claim, token, form, facts)
    except Refused as refused:
        named = isinstance(refused, Named)
        facts |= {"sentence": str(refused), "names": named}
        return signed_page(request, claim, token, facts, 409)


@router.post("/t/{token}/open-pack")
async def reopen(request: Request, services: With, token: str) -> Response:
    """Show the participant what they let the program read, ready to be chosen anew; a code opens it once."""
    claim = services.office.links.read(token, Purpose.PACK)
    code = plain((await request.form()).get("code"))
    facts = pack_facts(services, claim)
    try:
        pack = services.office.packs.own(claim.rotation, claim.person, code, services.office.now())
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    facts |= {"ticked": frozenset(item.key for item in pack.items), "words": pack.words}
    return signed_page(request, claim, token, facts)


@router.post("/t/{token}/pack-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the participant a code to their own address."""
    claim = services.office.links.read(token, Purpose.PACK)
    services.office.packs.ask_code(claim.rotation, claim.person, services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/t/{token}/take-back")
def take_back(services: With, token: str) -> RedirectResponse:
    """Let nobody read it any more."""
    claim = services.office.links.read(token, Purpose.PACK)
    services.office.packs.take_back(claim.rotation, claim.person, services.office.now())
    return RedirectResponse(f"/t/{token}?said=taken-back", 303)


@router.get("/r/{rotation}/pack")
def shared_pack(request: Request, services: With, rotation: str) -> HTMLResponse:
    """Show a program manager the pack that its participant lets them read."""
    if not may_act(request):
        raise NotFound("A review pack is read by the program manager alone.")
    found = services.office.packs.shared(rotation)
    facts = {
        "rotation": rotation,
        "document": pack_document(found.pack),
        "shared_at": found.shared_at,
    }
    return page(request, "pack.html", facts)


@router.post("/r/{rotation}/pack/send")
def send_way(services: With, rotation: str) -> RedirectResponse:
    """Mail the participant the way to their pack."""
    services.office.pack_post.send(rotation, services.office.now())
    return RedirectResponse(f"/r/{rotation}#log", 303)


def pack_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page shows: all that can be chosen, nothing of it ticked, and no words that were kept."""
    office = services.office
    pack = office.packs.offered(claim.rotation, claim.person, office.now())
    return {
        "pack": pack,
        "headings": _HEADINGS,
        "shared_since": office.packs.shared_since(claim.rotation),
        "longest": LONGEST_WORDS,
        "files": FILES,
        "ticked": frozenset(),
        "words": "",
        "sentence": "",
        "names": False,
        "code_sentence": "",
        "code_asked": False,
    }


def pack_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the page of the pack for the participant who holds another link; empty for anybody else."""
    if not found.visitor or found.lens:
        return ""
    office = services.office
    to_choose = claim.model_copy(update={"purpose": Purpose.PACK, "about": "pack", "step": None})
    return office.links.url(to_choose, office.now() + PACK_LIFE)


def pack_document(pack: ReviewPack) -> Document:
    """Return a pack as it was chosen."""
    return Document(
        title=f"Review pack of {pack.leader_name}",
        lead=f"{pack.program_name}, {pack.made_on:%-d %b %Y}. Chosen by {pack.leader_name}; "
        "nothing is in it that they did not choose.",
        sections=tuple(_sections(pack)),
    )


def _sections(pack: ReviewPack) -> Iterator[Section]:
    if pack.words:
        yield Section("words", "In my own words", tuple(pack.words.split("\n\n")))
    for kind, heading in _HEADINGS.items():
        rows = tuple((i.title, "\n".join(i.lines)) for i in pack.items if i.kind is kind)
        if rows:
            yield Section(kind.value, heading, table=Table(_COLUMNS[kind], rows))


def _done(
    request: Request,
    services: Services,
    claim: LinkClaim,
    token: str,
    form: FormData,
    facts: dict[str, object],
) -> Response:
    office, now = services.office, services.office.now()
    code = plain(form.get("code"))
    wanted = str(form.get("do") or ("share" if code else ""))
    keys, words = _ticked(form), str(facts["words"])
    refuse_names_met(services, claim.rotation, words, form)
    pack = chosen(office.packs.offered(claim.rotation, claim.person, now), keys, words)
    if wanted in FILES:
        return _file(pack, wanted)
    if wanted == "code":
        office.packs.ask_code(claim.rotation, claim.person, now)
        return signed_page(request, claim, token, facts | {"code_asked": True})
    if wanted != "share":
        raise Refused("Choose whether to download it or to let the program manager read it.")
    office.packs.share(claim.rotation, claim.person, keys, words, code, now)
    return RedirectResponse(f"/t/{token}?said=pack-shared", 303)


def _ticked(form: FormData) -> Collection[str]:
    return frozenset(map(str, form.getlist("item")))


def _file(pack: ReviewPack, kind: str) -> Response:
    return Response(
        written(pack_document(pack), pack, kind),
        media_type=MEDIA[kind],
        headers={
            "Content-Disposition": f'attachment; filename="review-pack.{kind}"',
            "Cache-Control": "no-store",
        },
    )
