"""Policy changes: the list, one with its chain, and the signed pages to propose, decide and measure."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from domain.chain import Chain
from domain.errors import NotFound, Refused
from domain.evidence import Named
from domain.figures import figure_of
from domain.links import LinkClaim, Purpose
from domain.moments import is_within_a_year, whole_day, zone_of
from domain.policy import Disposition, Verdict
from domain.proposal import Proposal, Ruling
from domain.verdicts import refuse_verdict
from store.changeviews import A_COLUMN, COLUMNS
from store.learnings import Wanted
from store.pages import ChangePage, ProposalForm
from web.naming import refuse_names_met
from web.overview import With
from web.quicktests import to_test
from web.rendering import page, plain, signed_page
from web.services import Services
from web.touching import touches_in

router = APIRouter()


class Beside(Refused):
    """What is wrong with one field, to be said beside it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


DECIDE_WITHIN = timedelta(days=14)

_WHOLE = ""

_TOLD = ("title", "seen", "before", "change", "metric")
"""Fields of a proposal whose words others read."""

_READ = ("reason", "wording")
"""How fields of a decision begin whose words others read."""

_BOXES = ("insight", "test", "co_author")

_IN_FORCE = "in_force"

_INCOMPLETE = "Fill in every field that may not stay empty, and say in each no more than it takes."


@router.get("/changes")
def changes(request: Request, services: With, cohort: str = "") -> HTMLResponse:
    """Show what was proposed, decided and measured in a cohort, the newest one by default, by where it is."""
    office = services.office
    cohorts = office.views.cohorts()
    chosen = cohort or (cohorts[-1].cohort if cohorts else "")
    most = {key: _most(request.query_params.get(key, "")) for key in COLUMNS}
    facts: dict[str, object] = {
        "board": office.change_views.board(chosen, most) if chosen else None,
        "cohorts": cohorts,
        "most": most,
        "a_column": A_COLUMN,
        "register": office.learnings.find(Wanted(only_open=True)),
    }
    return page(request, "changes.html", facts)


@router.get("/c/{policy}")
def change(request: Request, services: With, policy: str) -> HTMLResponse:
    """Show one change from the visit it came from to its effect."""
    facts: dict[str, object] = {
        "change": services.office.change_views.one(policy),
        "in_person": services.office.by_word.of(policy),
        "chain": None,
    }
    with suppress(NotFound):
        facts["chain"] = _chain(services, policy)
    return page(request, "change.html", facts)


@router.get("/c/{policy}/chain.json")
def chain(services: With, policy: str) -> Response:
    """Download the chain of a change, for ``sojourn chain verify``."""
    return Response(
        _chain(services, policy).model_dump_json(indent=2) + "\n",
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="chain-{policy}.json"'},
    )


@router.post("/c/{policy}/extend")
def extend(services: With, policy: str) -> RedirectResponse:
    """Keep it for another six weeks and measure again."""
    services.office.changes.extend(policy, services.office.now())
    return RedirectResponse(f"/c/{policy}", 303)


@router.post("/c/{policy}/roll-back")
def roll_back(services: With, policy: str) -> RedirectResponse:
    """Take it back."""
    services.office.changes.roll_back(policy, services.office.now())
    return RedirectResponse(f"/c/{policy}", 303)


@router.post("/c/{policy}/told")
def tell(
    services: With, policy: str, told: Annotated[list[str] | None, Form()] = None
) -> RedirectResponse:
    """Say of what is owed to people without mail, by its keys, that they were told in person."""
    services.office.by_word.tell(policy, told or (), services.office.now())
    return RedirectResponse(f"/c/{policy}", 303)


@router.post("/c/{policy}/owner")
def change_owner(services: With, policy: str, who: Annotated[str, Form()]) -> RedirectResponse:
    """Let somebody else decide and measure."""
    owner = services.office.views.person(who)
    services.office.changes.change_owner(policy, owner, services.office.now())
    return RedirectResponse(f"/c/{policy}", 303)


@router.post("/t/{token}/propose")
async def propose(request: Request, services: With, token: str) -> Response:
    """Hand a proposal in; what is not right is said above what was typed."""
    claim = services.office.links.read(token, Purpose.PROPOSE)
    form = await request.form()
    try:
        _propose(services, claim, form)
    except Refused as refused:
        facts = propose_facts(services, claim) | {
            "typed": {key: str(value) for key, value in form.items()},
            "ticked": {str(one) for box in _BOXES for one in form.getlist(box)},
            **_said_where(refused),
        }
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=proposed", 303)


@router.post("/t/{token}/decide")
async def decide(request: Request, services: With, token: str) -> Response:
    """Decide the whole and each concern; what is missing is said beside what was typed."""
    claim = services.office.links.read(token, Purpose.DECIDE)
    typed = {key: plain(value) for key, value in (await request.form()).items()}
    try:
        _decide(services, claim, typed)
    except Refused as refused:
        found = services.office.change_views.one(claim.about)
        facts = change_facts(services, claim) | {
            "typed": typed,
            "sentence": str(refused),
            "wrong": _missing(found, typed, services.office.now()),
            "names": isinstance(refused, Named),
        }
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=decided", 303)


@router.post("/t/{token}/measure")
async def measure(request: Request, services: With, token: str) -> Response:
    """Record the effect; what is not right is said above what was typed."""
    claim = services.office.links.read(token, Purpose.MEASURE)
    typed = {key: plain(value) for key, value in (await request.form()).items()}
    try:
        _measure(services, claim, typed)
    except Refused as refused:
        facts = change_facts(services, claim) | {
            "typed": typed,
            **_said_where(refused),
        }
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=measured", 303)


def propose_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the form for a proposal shows."""
    form = services.office.change_views.form(claim)
    return {
        "form": form,
        "typed": {"decide_by": _day_in(form.zone, services.office.now()) + DECIDE_WITHIN},
        "ticked": frozenset(),
        "sentence": "",
        "wrong": {},
        "names": False,
        "to_test": to_test(services, claim),
    }


def change_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the forms to decide and to measure show."""
    found = services.office.change_views.one(_owned(services, claim))
    today = _day_in(found.zone, services.office.now())
    typed = {_IN_FORCE: str(today), "wording": found.proposal.change}
    return {"change": found, "typed": typed, "sentence": "", "wrong": {}, "names": False}


def _most(typed: str) -> int:
    known = typed.isascii() and typed.isdigit() and len(typed) < 4
    return max(int(typed), A_COLUMN) if known else A_COLUMN


def _chain(services: Services, policy: str) -> Chain:
    return services.office.change_views.chain(policy)


def _propose(services: Services, claim: LinkClaim, form: FormData) -> None:
    words = "\n".join((*(plain(form.get(field)) for field in _TOLD), touches_in(form).words()))
    refuse_names_met(services, claim.rotation, words, form)
    now = services.office.now()
    proposal = _proposal(services.office.change_views.form(claim), form, now)
    services.office.changes.propose(claim.rotation, claim.step or "", claim.person, proposal, now)


def _proposal(offered: ProposalForm, form: FormData, now: datetime) -> Proposal:
    """The proposal as typed; raises Refused where something is missing, too long or no figure."""
    typed = str(form.get("decide_by", ""))
    if wrong := _wrong_day(typed, offered.zone, now):
        raise Beside("decide_by", wrong)
    decide_by = date.fromisoformat(typed)
    try:
        return Proposal(
            title=plain(form.get("title")),
            seen=plain(form.get("seen")),
            before=plain(form.get("before")),
            change=plain(form.get("change")),
            metric=plain(form.get("metric")),
            baseline=figure_of(plain(form.get("baseline"))),
            target=figure_of(plain(form.get("target"))),
            owner=_one_of(str(form.get("owner", "")), [o.ref for o in offered.owners]),
            co_authors=tuple(str(ref) for ref in form.getlist("co_author")),
            decide_by=whole_day(decide_by, offered.zone).ends - timedelta(minutes=1),
            insights=tuple(id_ for id_, _ in offered.insights if id_ in form.getlist("insight")),
            touches=touches_in(form),
            tests=tuple(id_ for id_, _ in offered.tests if id_ in form.getlist("test")),
        )
    except ValidationError:
        raise Refused(_INCOMPLETE) from None


def _measure(services: Services, claim: LinkClaim, typed: Mapping[str, str]) -> None:
    policy = _owned(services, claim)
    proposal = services.office.change_views.one(policy).proposal
    said, learnt = typed.get("verdict", ""), typed.get("learnt", "")
    verdict = Verdict(said) if said in set(Verdict) else Verdict.NOT_MEASURED
    with _beside("value"):
        measured = figure_of(typed.get("value", ""))
    with _beside("verdict"):
        refuse_verdict(proposal.baseline, proposal.target, measured, verdict)
    refuse_names_met(services, claim.rotation, learnt, typed)
    services.office.changes.measure(policy, measured, verdict, learnt, services.office.now())


def _decide(services: Services, claim: LinkClaim, typed: Mapping[str, str]) -> None:
    policy, now = _owned(services, claim), services.office.now()
    found = services.office.change_views.one(policy)
    if _missing(found, typed, now):
        raise Refused("Nothing is decided yet: something is missing below.")
    words = (said for key, said in typed.items() if key.startswith(_READ))
    refuse_names_met(services, claim.rotation, "\n".join(words), typed)
    whole = _ruling(typed, _WHOLE)
    starts = None
    if whole.disposition is not Disposition.DECLINED:
        starts = _starts(date.fromisoformat(typed[_IN_FORCE]), found.zone, now)
    concerns = {concern.id: _ruling(typed, f"-{concern.id}") for concern in found.concerns}
    services.office.changes.decide(policy, whole, starts, concerns, now, typed.get("wording", ""))


def _missing(found: ChangePage, typed: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Say what is missing, by the ending of the fields' names: none for the whole, else the concern."""
    endings = (_WHOLE, *(f"-{concern.id}" for concern in found.concerns))
    said = {ending: _what_is_missing(typed, ending) for ending in endings}
    if typed.get("disposition") != Disposition.DECLINED:
        said[_IN_FORCE] = _wrong_day(typed.get(_IN_FORCE, ""), found.zone, now)
    return {ending: sentence for ending, sentence in said.items() if sentence}


def _what_is_missing(typed: Mapping[str, str], ending: str) -> str:
    if f"reason{ending}" not in typed:
        return "This was raised while you were deciding. Decide it too."
    if typed.get(f"disposition{ending}") not in set(Disposition):
        return "Say whether it is adopted, adopted in part or declined."
    if not typed[f"reason{ending}"].strip():
        return "Write the reason in a line or two; it is told to who spoke."
    return ""


def _ruling(typed: Mapping[str, str], ending: str) -> Ruling:
    return Ruling(
        disposition=Disposition(typed[f"disposition{ending}"]), reason=typed[f"reason{ending}"]
    )


def _owned(services: Services, claim: LinkClaim) -> str:
    """A link of a former owner opens nothing any more."""
    found = services.office.change_views.one(claim.about)
    if found.proposal.owner != claim.person:
        raise Refused("Somebody else decides and measures this change now.")
    return found.policy


def _starts(day: date, zone: str, now: datetime) -> datetime:
    """When the day begins, or this moment when it has begun."""
    return max(whole_day(day, zone).starts, now)


def _wrong_day(typed: str, zone: str, now: datetime) -> str:
    """Say why this is no day from today on; empty where it is one."""
    today = _day_in(zone, now)
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return f"Choose a day, such as {today + DECIDE_WITHIN}."
    return "" if is_within_a_year(day, today) else "Choose a day from today on, within a year."


def _day_in(zone: str, now: datetime) -> date:
    return now.astimezone(zone_of(zone)).date()


@contextmanager
def _beside(field: str) -> Iterator[None]:
    """Say beside a field what is refused of it."""
    try:
        yield
    except Refused as refused:
        raise Beside(field, str(refused)) from None


def _said_where(refused: Refused) -> dict[str, object]:
    """A refusal as its form shows it: beside the field it is about, else above all of them."""
    if isinstance(refused, Beside):
        return {"wrong": {refused.field: str(refused)}}
    return {"sentence": str(refused), "names": isinstance(refused, Named)}


def _one_of(value: str, known: list[str]) -> str:
    if value not in known:
        raise Refused("Choose who decides.")
    return value
