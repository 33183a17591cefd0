"""Decision maps in forms and files: rows and columns that a button adds to, a Mermaid chart, and JSON."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import FormData

from domain.decisionmap import (
    MOST_STAKEHOLDERS,
    MOST_STEPS,
    DecisionMap,
    Mark,
    Spot,
    answer_of,
    exported,
    map_of,
    mermaid,
)
from domain.errors import NotFound
from domain.program import Exercise, FieldKind, FormField
from store.exercises import SharedEntry
from web.overview import With
from web.rendering import may_act, plain
from web.services import Services

router = APIRouter(prefix="/r")

FIRST_STEPS = FIRST_STAKEHOLDERS = 3
"""Rows and columns of an empty form."""


@router.get("/{rotation}/maps/{step}/{exercise}/{person}.mmd")
def chart(
    request: Request, services: With, rotation: str, step: str, exercise: str, person: str
) -> PlainTextResponse:
    """Return the map of an exercise that its writer shares with the program, as a Mermaid flowchart."""
    _, drawn = _shared(request, services, rotation, (step, exercise, person))
    return PlainTextResponse(mermaid(drawn), headers=_as_file(exercise, "mmd"))


@router.get("/{rotation}/maps/{step}/{exercise}/{person}.json")
def data(
    request: Request, services: With, rotation: str, step: str, exercise: str, person: str
) -> JSONResponse:
    """Return the same map as JSON, with when it was written and what was said beside it."""
    entry, drawn = _shared(request, services, rotation, (step, exercise, person))
    others = {f.key: entry.answers.get(f.key, "") for f in entry.exercise.fields if not _is_map(f)}
    said = {
        "title": entry.exercise.title,
        "written_at": entry.at.isoformat(),
        "answers": others,
    }
    return JSONResponse(said | exported(drawn), headers=_as_file(exercise, "json"))


def typed_answer(form: FormData, field: FormField) -> str:
    """Return what a form holds for a field."""
    return answer_of(_drawn(form, field.key)) if _is_map(field) else plain(form.get(field.key))


def maps_of(exercise: Exercise, answers: Mapping[str, str]) -> dict[str, DecisionMap]:
    """Return what the form shows of each map, by field: what is there, and room for more."""
    return {
        field.key: _with_room(drawn, FIRST_STEPS, FIRST_STAKEHOLDERS)
        for field in exercise.fields
        if _is_map(field)
        for drawn in [map_of(answers.get(field.key, "")) or DecisionMap()]
    }


def one_more(form: FormData, exercise: Exercise, what: str) -> dict[str, DecisionMap]:
    """Return the maps as they were typed, the one of ``<field>-step`` or ``<field>-stakeholder`` with more room."""
    return {
        field.key: _with_room(
            drawn,
            len(drawn.steps) + (what == f"{field.key}-step"),
            len(drawn.stakeholders) + (what == f"{field.key}-stakeholder"),
        )
        for field in exercise.fields
        if _is_map(field)
        for drawn in [_drawn(form, field.key)]
    }


def _is_map(field: FormField) -> bool:
    return field.kind is FieldKind.MAP


def _drawn(form: FormData, key: str) -> DecisionMap:
    """The map as it was typed, with the rows and columns that the form had."""
    rows = [n for n in range(MOST_STEPS) if f"{key}-step-{n}" in form]
    columns = [n for n in range(MOST_STAKEHOLDERS) if f"{key}-who-{n}" in form]
    return DecisionMap(
        steps=tuple(plain(form.get(f"{key}-step-{row}")) for row in rows),
        stakeholders=tuple(plain(form.get(f"{key}-who-{column}")) for column in columns),
        spots=tuple(
            tuple(_spot(form, f"{key}-{{}}-{row}-{column}") for column in columns) for row in rows
        ),
    )


def _spot(form: FormData, name: str) -> Spot:
    mark = str(form.get(name.format("mark"), ""))
    return Spot(
        values=plain(form.get(name.format("values"))),
        mark=Mark(mark) if mark in set(Mark) else None,
    )


def _with_room(drawn: DecisionMap, steps: int, stakeholders: int) -> DecisionMap:
    """The same map with empty rows and columns up to these numbers, as far as there may be as many."""
    rows = max(len(drawn.steps), min(steps, MOST_STEPS))
    columns = max(len(drawn.stakeholders), min(stakeholders, MOST_STAKEHOLDERS))
    known = {(row, column): spot for row, column, spot in drawn.filled}
    return DecisionMap(
        steps=(*drawn.steps, *[""] * (rows - len(drawn.steps))),
        stakeholders=(*drawn.stakeholders, *[""] * (columns - len(drawn.stakeholders))),
        spots=tuple(
            tuple(known.get((row, column), Spot()) for column in range(columns))
            for row in range(rows)
        ),
    )


def _shared(
    request: Request, services: Services, rotation: str, which: tuple[str, str, str]
) -> tuple[SharedEntry, DecisionMap]:
    readable = services.office.exercises.shared(rotation) if may_act(request) else ()
    for one in readable:
        if (one.step, one.exercise.key, one.person) == which:
            for field in filter(_is_map, one.exercise.fields):
                if drawn := map_of(one.answers.get(field.key, "")):
                    return one, drawn
    raise NotFound("No such map is shared with the program.")


def _as_file(exercise: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{exercise}.{ending}"'}
