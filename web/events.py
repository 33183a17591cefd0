"""Where programs tell of decisions, crises and conversations: CloudEvents 1.0 over HTTP, answered in plain JSON."""

import hmac
import json
from collections.abc import Mapping
from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.status import HTTP_401_UNAUTHORIZED

from domain.errors import DomainError
from domain.happenings import BadEvent, happening
from store.happenings import Taken
from web.overview import With
from web.services import Services

router = APIRouter()

EVENTS = "/api/events"

LARGEST = 64 * 1024
"""Bytes of one event."""

_STRUCTURED = "application/cloudevents+json"
_HEADERS = ("specversion", "id", "source", "type", "time")


class _NotTaken(Exception):
    def __init__(self, status: int, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        headers = {"WWW-Authenticate": "Bearer"} if status == HTTP_401_UNAUTHORIZED else None
        self.answer = JSONResponse({"field": field, "sentence": sentence}, status, headers)


@router.post(EVENTS)
async def tell(request: Request, services: With) -> JSONResponse:
    """Take one event, in structured or binary mode; told twice it has the effect of once.

    202 for an event that was new, 200 for one that was known, else a sentence and the field it is about.
    """
    try:
        _check_token(request, services)
        attributes, data = _parts(request, await _body(request))
        return _said(await run_in_threadpool(_take, services, attributes, data))
    except _NotTaken as refused:
        return refused.answer
    except BadEvent as wrong:
        return JSONResponse({"field": wrong.field, "sentence": str(wrong)}, 400)
    except DomainError as refused:
        return JSONResponse({"field": "", "sentence": str(refused)}, 409)


def _take(services: Services, attributes: Mapping[str, object], data: object) -> Taken:
    now = services.office.now()
    return services.office.happenings.take(happening(attributes, data, now), now)


def _said(taken: Taken) -> JSONResponse:
    what = "The coordinator is asked first." if taken.asking else "The invite is on its way."
    said = what if taken.first else "This event was told before; nothing happens twice."
    answer = {"occasion": taken.occasion, "asking": taken.asking, "sentence": said}
    return JSONResponse(answer, 202 if taken.first else 200)


def _check_token(request: Request, services: Services) -> None:
    token = services.office.settings.events_token.get_secret_value()
    if not token:
        raise _NotTaken(404, "Events are not taken here until SOJOURN_EVENTS_TOKEN is set.")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise _NotTaken(
            HTTP_401_UNAUTHORIZED, "Send the header 'Authorization: Bearer' with the right token."
        )


async def _body(request: Request) -> bytes:
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LARGEST:
            raise _NotTaken(413, f"An event has at most {LARGEST // 1024} KiB.")
    return found


def _parts(request: Request, body: bytes) -> tuple[Mapping[str, object], object]:
    """Attributes and data of either mode (HTTP protocol binding of CloudEvents 1.0, section 3)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _STRUCTURED:
        event = _json(body)
        if not isinstance(event, dict):
            raise _NotTaken(400, "The body is no JSON object.")
        return event, event.get("data")
    if kind != "application/json":
        problem = f"Send {_STRUCTURED}, or application/json with the attributes in ce- headers."
        raise _NotTaken(415, problem, "content-type")
    given = {name: request.headers.get(f"ce-{name}") for name in _HEADERS}
    return {name: unquote(value) for name, value in given.items() if value is not None}, _json(body)


def _json(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise _NotTaken(400, "The body is not JSON in UTF-8.") from None
    return found
