"""Reading ``program.toml``: the template, with each mistake's line."""

import difflib
import re
import tomllib
from collections.abc import Callable
from datetime import date, time, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from domain.errors import NonexistentTime
from domain.language import Language
from domain.moments import Days, at_wall_time
from domain.outcomes import Windows
from domain.people import Fact, Lens, Seat
from domain.program import (
    APART,
    AT_HOST,
    MOST_STOPS,
    MOST_WEEKS,
    OCCASIONS,
    UNMET,
    VISITING,
    Attendance,
    Cadence,
    Card,
    Gate,
    Patience,
    Practice,
    Program,
    Ritual,
    StepKind,
    StepTemplate,
    Visit,
    VoiceMode,
    Weekday,
    Weights,
    Window,
)
from domain.value import Key
from intake.hours import DURATION_REMEDY, duration
from intake.rejections import YEARS, Rejections, zone_problem

FILE = "program.toml"

DAYS_REMEDY = "write it as '2026-12-24..2027-01-06' or '2027-02-01'"

_LINE_IN_ERROR = re.compile(r"line (\d+)")


def _kebab(name: str) -> str:
    return name.replace("_", "-")


def _length(value: object) -> timedelta:
    if isinstance(value, str):
        return duration(value)
    if isinstance(value, timedelta):
        return value
    raise ValueError(DURATION_REMEDY)


def _zone(value: object) -> str:
    problem = zone_problem(str(value))
    if problem:
        raise ValueError(problem)
    return str(value)


Length = Annotated[timedelta, BeforeValidator(_length)]
Zone = Annotated[str, BeforeValidator(_zone)]
WallTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds control characters; keep it on one line")
    return text


def _days(value: object) -> Days:
    first, _, last = str(value).partition("..")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError:
        raise ValueError(f"'{value}' is not a stretch of days") from None
    if days[1] < days[0]:
        raise ValueError(f"'{value}' ends before it starts")
    if any(day.year not in YEARS for day in days):
        raise ValueError(f"'{value}' is too far away")
    return days


DaysText = Annotated[Days, BeforeValidator(_days)]

Line = Annotated[str, AfterValidator(_one_line)]
Prompt = Annotated[Line, Field(min_length=1, max_length=200)]


_GOING_BACK = frozenset({StepKind.FOLLOW_UP, StepKind.RETURN_VISIT})


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=_kebab, populate_by_name=True)


class _WindowTable(_Table):
    after: Key | None = None
    opens: Length = timedelta()
    closes: Length


class _StepTable(_Table):
    key: Key
    kind: StepKind
    title: Line = Field(min_length=1, max_length=120)
    stop: int | None = Field(default=None, ge=1, le=MOST_STOPS)
    duration: Length
    window: _WindowTable
    required: tuple[Seat, ...] = Field(min_length=1)
    frontline_quorum: int = Field(default=0, ge=0, le=20)
    over_meetings: bool = False
    names_shown: bool = False
    where: Line = Field(default="", max_length=300)
    starts_at: WallTime | None = None
    prompts: tuple[Prompt, ...] = Field(default=(), max_length=12)
    visit: Key | None = None


class _RitualTable(_Table):
    key: Key
    title: Line = Field(min_length=1, max_length=120)
    duration: Length
    weekday: Weekday
    week: int | None = Field(default=None, ge=1, le=4)
    starts_at: WallTime
    lenses: tuple[Line, ...] = Field(default=tuple(Lens), min_length=1)
    observer: bool = False
    where: Line = Field(default="", max_length=300)
    prompts: tuple[Prompt, ...] = Field(default=(), max_length=12)


class _PatienceTable(_Table):
    invite_lead: Length = Patience().invite_lead
    remind_after: Length = Patience().remind_after
    escalate_after: Length = Patience().escalate_after
    reflection_within: Length = Patience().reflection_within
    held_within: Length = Patience().held_within


class _WeightsTable(_Table):
    goal_lens: int = Field(default=Weights().goal_lens, ge=0, le=1000)
    wished_team: int = Field(default=Weights().wished_team, ge=0, le=1000)
    customer_facing: int = Field(default=Weights().customer_facing, ge=0, le=1000)
    fair_load: int = Field(default=Weights().fair_load, ge=0, le=1000)
    early: int = Field(default=Weights().early, ge=0, le=1000)
    exposure: int = Field(default=Weights().exposure, ge=0, le=1000)


class _CadenceTable(_Table):
    perspective_taking: Length = Cadence().perspective_taking
    customer_immersion: Length = Cadence().customer_immersion
    reflection: Length = Cadence().reflection


class _OutcomesTable(_Table):
    baseline: Length = Field(default=Windows().baseline, ge=timedelta(days=1))
    current: Length = Field(default=Windows().current, ge=timedelta(days=1))


class _ProgramTable(_Table):
    key: Key
    version: int = Field(ge=1)
    name: Line = Field(min_length=1, max_length=80)
    cohort: Key
    zone: Zone
    anchor: date | None = None
    starts_on: date | None = None
    weeks: int = Field(ge=1, le=MOST_WEEKS)
    continuous: bool = False
    grace: Length = Field(default=Program.model_fields["grace"].default, le=timedelta(weeks=52))
    coordinator: Key
    mail_domain: str = Field(default="sojourn.example", pattern=r"^[a-z0-9.-]+$")
    language: Language = Language.ENGLISH
    holidays: bool = True
    take_proposals: bool = False
    gates: tuple[Gate, ...] = tuple(Gate)
    cards: tuple[Key, ...] = ()
    tension_register: bool = False
    voice_mode: VoiceMode | None = None
    blackouts: tuple[DaysText, ...] = ()
    required_lenses: tuple[Line, ...] = ()
    meets_customers: bool = False
    voice_fact: Fact | None = None
    exposure_limit: Length = timedelta(weeks=13)


class _ProgramFile(_Table):
    program: _ProgramTable
    steps: tuple[_StepTable, ...] = Field(min_length=1)
    rituals: tuple[_RitualTable, ...] = ()
    patience: _PatienceTable = _PatienceTable()
    weights: _WeightsTable = _WeightsTable()
    cadence: _CadenceTable | None = None
    outcomes: _OutcomesTable = _OutcomesTable()


_NAMES = sorted(
    {
        _kebab(name)
        for table in (
            _ProgramTable,
            _StepTable,
            _RitualTable,
            _WindowTable,
            _PatienceTable,
            _WeightsTable,
            _CadenceTable,
            _OutcomesTable,
        )
        for name in table.model_fields
    }
)


def read_program(
    folder: Path, rejections: Rejections, today: date, visits: tuple[Visit, ...] = ()
) -> tuple[Program, timedelta] | None:
    """Return the program and by how much its dates are shifted, or None with every mistake noted.

    ``visits`` are the types that its steps can be.

    A program with an ``anchor`` is shifted by whole weeks so that it starts on the next Monday.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as unreadable:
        remedy = "every program folder has a program.toml, as text in UTF-8"
        rejections.add(FILE, None, None, _why(unreadable), remedy)
        return None
    parsed = _parsed(text, visits, rejections)
    if parsed is None:
        return None
    place = _Places(text)
    before = len(rejections.in_order())
    _check_dates(parsed, place, rejections)
    _check_cadence(parsed, place, rejections)
    _check_steps(parsed, place, rejections)
    if len(rejections.in_order()) > before:
        return None
    program, shift = _program(parsed, today, visits)
    _check_wall_times(program, place, rejections)
    return program, shift


def _why(unreadable: OSError | UnicodeDecodeError) -> str:
    return "it can't be read" if isinstance(unreadable, OSError) else "it is not text in UTF-8"


def _parsed(text: str, visits: tuple[Visit, ...], rejections: Rejections) -> _ProgramFile | None:
    try:
        told = tomllib.loads(text)
        if _has_unknown_visits(told, visits, text, rejections):
            return None
        return _with_stops(_ProgramFile.model_validate(_with_visits(told, visits)))
    except tomllib.TOMLDecodeError as broken:
        found = _LINE_IN_ERROR.search(str(broken))
        line = int(found.group(1)) if found else None
        rejections.add(FILE, line, None, f"it is not TOML: {broken}", "mend that line")
    except ValidationError as wrong:
        place = _Places(text)
        for error in wrong.errors():
            _reject(rejections, place, error["loc"], error["msg"])
    except RecursionError:
        rejections.add(FILE, None, None, "it is nested too deeply", "keep tables flat")
    return None


def _with_visits(told: dict[str, Any], visits: tuple[Visit, ...]) -> dict[str, Any]:
    """What a step leaves out is as its type of visit has it."""
    usual = {
        visit.key: {
            "title": visit.title,
            "duration": visit.duration,
            **({"starts-at": visit.starts_at} if visit.starts_at else {}),
        }
        for visit in visits
    }
    steps = _steps_told(told)
    if not steps:
        return told
    return told | {"steps": [usual.get(step.get("visit", ""), {}) | step for step in steps]}


def _steps_told(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps as they stand in the file, before anything about them is known to be right."""
    steps = told.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return []
    return steps


def _has_unknown_visits(
    told: dict[str, Any], visits: tuple[Visit, ...], text: str, rejections: Rejections
) -> bool:
    """Note each step of a type of visit that the folder has no file for, or that is no visit."""
    place, known = _Places(text), [visit.key for visit in visits]
    before = len(rejections.in_order())
    for number, step in enumerate(_steps_told(told)):
        wished, line = step.get("visit"), place.line(["steps", "visit"], number)
        field = f"steps.{number + 1}.visit"
        if wished is not None and wished not in known:
            problem = f"there is no file visits/{str(wished)[:24]}.toml that can be used"
            near = difflib.get_close_matches(str(wished), known, n=1)
            copy = "copy one from Sojourn's examples, or write it (docs/practices.md)"
            remedy = f"did you mean '{near[0]}'?" if near else copy
            rejections.add(FILE, line, field, problem, remedy)
        if wished is not None and str(step.get("kind")) not in VISITING:
            remedy = "leave visit out, or make it a shadowing-day or a return-visit"
            rejections.add(FILE, line, field, "this step is no visit", remedy)
    return len(rejections.in_order()) > before


def _with_stops(parsed: _ProgramFile) -> _ProgramFile:
    """A step that names no stop belongs to the last one that has begun."""
    steps: list[_StepTable] = []
    reached = 1
    for step in parsed.steps:
        stop = step.stop or reached
        reached = max(reached, stop)
        steps.append(step.model_copy(update={"stop": stop}))
    return parsed.model_copy(update={"steps": tuple(steps)})


def _reject(
    rejections: Rejections, place: "_Places", loc: tuple[int | str, ...], message: str
) -> None:
    named = [part for part in loc if isinstance(part, str)]
    field = ".".join(str(part + 1 if isinstance(part, int) else part) for part in loc)
    problem, remedy = _plainly(message.removeprefix("Value error, "), named[-1] if named else "")
    step = next((part for part in loc if isinstance(part, int)), None)
    rejections.add(FILE, place.line(named, step), field, problem, remedy)


def _plainly(message: str, name: str) -> tuple[str, str]:
    """Return what is wrong and what would be right, in words instead of the library's."""
    remedy = "docs/folder-format.md says what belongs here"
    if "length of time" in message:
        return message, DURATION_REMEDY
    if "stretch of days" in message or name == "blackouts":
        return message, DAYS_REMEDY
    if "^[a-z0-9-]{1,24}$" in message:
        return "it can't be an id", "use 1 to 24 lower-case letters, digits and hyphens"
    if message == "Extra inputs are not permitted":
        near = difflib.get_close_matches(name, _NAMES, n=1)
        return "there is no such key", f"did you mean '{near[0]}'?" if near else remedy
    if message == "Field required":
        return "it is missing", remedy
    return message.replace("Input should be", "it should be"), remedy


class _Places:
    """Finds the line of a key in the file, near enough to go to it."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def line(self, names: list[str], step: int | None = None) -> int | None:
        start, end = self._section(names[0] if names else "", step)
        for name in reversed(names[1:] or names):
            for number in range(start, end):
                if re.match(rf"\s*{re.escape(name)}\s*=", self._lines[number]):
                    return number + 1
                if re.search(rf"[{{,]\s*{re.escape(name)}\s*=", self._lines[number]):
                    return number + 1
        return start + 1 if self._lines else None

    def _section(self, name: str, step: int | None) -> tuple[int, int]:
        heads = [n for n, line in enumerate(self._lines) if line.lstrip().startswith("[")]
        mine = [n for n in heads if self._lines[n].strip().strip("[]").strip() == name]
        if not mine:
            return 0, len(self._lines)
        start = mine[min(step or 0, len(mine) - 1)]
        end = next((n for n in heads if n > start), len(self._lines))
        return start, end


def _check_dates(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    program = parsed.program
    if (program.anchor is None) == (program.starts_on is None):
        line = place.line(["program", "anchor"])
        remedy = "give starts-on for a fixed first day, or anchor for an example that moves"
        rejections.add(FILE, line, "program.starts-on", "exactly one of the two is needed", remedy)
    for field, day in (("anchor", program.anchor), ("starts-on", program.starts_on)):
        if day and day.year not in YEARS:
            line = place.line(["program", field])
            remedy = f"name a year from {YEARS[0]} to {YEARS[-1]}"
            rejections.add(FILE, line, f"program.{field}", f"{day} is too far away", remedy)
    if program.anchor and program.anchor.weekday() != 0:
        line = place.line(["program", "anchor"])
        problem = f"{program.anchor} is not a Monday"
        rejections.add(FILE, line, "program.anchor", problem, "name the Monday of that week")
    if set(program.gates) != set(Gate):
        line = place.line(["program", "gates"])
        problem = "consents are missing"
        remedy = "all four are needed: " + ", ".join(Gate)
        rejections.add(FILE, line, "program.gates", problem, remedy)


def _check_cadence(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    if parsed.cadence is None:
        return
    if Card.PORTFOLIO not in parsed.program.cards:
        problem = (
            f"the card '{Card.PORTFOLIO}' is not switched on, so nothing follows from a cadence"
        )
        remedy = f"add '{Card.PORTFOLIO}' to cards, or leave the table out"
        rejections.add(FILE, place.line(["cadence"]), "cadence", problem, remedy)
    for practice in Practice:
        if Cadence(**parsed.cadence.model_dump()).of(practice) < timedelta(days=1):
            line = place.line(["cadence", practice])
            problem = "nothing is practised that often"
            rejections.add(FILE, line, f"cadence.{practice}", problem, "write a day or more")


def _check_steps(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    seen: list[_StepTable] = []
    for number, step in enumerate(parsed.steps):

        def reject(field: str, problem: str, remedy: str, number: int = number) -> None:
            line = place.line(["steps", *field.split(".")], number)
            rejections.add(FILE, line, f"steps.{number + 1}.{field}", problem, remedy)

        if step.key in OCCASIONS:
            reject("key", f"'{step.key}' is an occasion's", "give the step another key")
        if step.kind in APART:
            remedy = "write a ritual under [[rituals]], switch the others on by their card"
            reject("kind", f"a {step.kind} is no step of a rotation", remedy)
        _check_step(step, seen, reject)
        seen.append(step)
    _check_stops(parsed, place, rejections)
    _check_pairing(parsed, place, rejections)
    _check_voices(parsed, place, rejections)
    for number, ritual in enumerate(parsed.rituals):
        _check_ritual(ritual, number, {s.key for s in seen}, place, rejections)


def _check_ritual(
    ritual: _RitualTable, number: int, taken: set[str], place: _Places, rejections: Rejections
) -> None:
    def reject(field: str, problem: str, remedy: str) -> None:
        line = place.line(["rituals", field], number)
        rejections.add(FILE, line, f"rituals.{number + 1}.{field}", problem, remedy)

    if ritual.key in OCCASIONS:
        reject("key", f"'{ritual.key}' is an occasion's", "give the ritual another key")
    if ritual.key in taken:
        reject("key", f"'{ritual.key}' is taken already", "give each step and ritual its own key")
    if not timedelta(minutes=5) <= ritual.duration <= timedelta(hours=12):
        reject("duration", "a session lasts 5 minutes to 12 hours", DURATION_REMEDY)
    taken.add(ritual.key)


def _check_step(
    step: _StepTable, earlier: list[_StepTable], reject: Callable[[str, str, str], None]
) -> None:
    keys = [other.key for other in earlier]
    if step.key in keys:
        reject("key", f"there are two steps '{step.key}'", "give each step its own key")
    if step.window.after is not None and step.window.after not in keys:
        problem = f"no earlier step is called '{step.window.after}'"
        reject("window.after", problem, "name a step that comes before this one")
    if step.window.closes < step.window.opens + step.duration:
        problem = "the window closes before the step could end"
        reject("window.closes", problem, "make it at least opens plus duration")
    if step.kind not in UNMET and step.duration <= timedelta():
        reject("duration", "a meeting needs a length", DURATION_REMEDY)
    if step.kind is StepKind.CO_CREATION and step.frontline_quorum < 2:
        problem = "a co-creation workshop needs at least two frontline people"
        reject("frontline-quorum", problem, "write frontline-quorum = 2")
    if step.kind is StepKind.PROPOSAL and not _has_workshop(step, earlier):
        problem = "no co-creation workshop comes before this proposal"
        reject("kind", problem, "add a step of kind co-creation before it")
    if step.duration > timedelta(hours=12):
        reject("duration", "no step is longer than 12 hours", "make several steps of it")


def _check_pairing(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    """A listening session belongs to each shadowing stop: one of the five gates."""
    for number, step in enumerate(parsed.steps):
        later = [s.kind for s in parsed.steps[number + 1 :] if s.stop == step.stop]
        if step.kind is StepKind.SHADOWING_DAY and StepKind.LISTENING_SESSION not in later:
            line = place.line(["steps", "kind"], number)
            problem = "no listening session follows this shadowing day"
            remedy = "add a step of kind listening-session after it"
            if _has_stops(parsed):
                problem += f" at stop {step.stop}"
                remedy += ", at the same stop"
            rejections.add(FILE, line, f"steps.{number + 1}.kind", problem, remedy)


def _check_voices(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    """What should be heard is answered before the thanks, which close the visit."""
    kinds = [step.kind for step in reversed(parsed.steps)]
    answered = takewhile(lambda kind: kind is not StepKind.LISTENING_SESSION, kinds)
    if parsed.program.voice_mode and StepKind.THANKS not in answered:
        line = place.line(["program", "voice-mode"])
        problem = "no thanks follow the last listening session, so nobody would have to answer"
        remedy = "add a step of kind thanks after it, or leave voice-mode out"
        rejections.add(FILE, line, "program.voice-mode", problem, remedy)


def _has_workshop(proposal: _StepTable, earlier: list[_StepTable]) -> bool:
    """Whether a workshop was held at a stop that no earlier proposal is about, or at the same stop."""
    stop = proposal.stop or 1
    told = max((s.stop or 1 for s in earlier if s.kind is StepKind.PROPOSAL), default=0)
    workshops = [s.stop or 1 for s in earlier if s.kind is StepKind.CO_CREATION]
    return any(held > told or held == stop for held in workshops)


def _check_stops(parsed: _ProgramFile, place: _Places, rejections: Rejections) -> None:
    """Stops follow one another, each with somebody to meet; words about one are asked for at it."""
    reached = 1
    for number, step in enumerate(parsed.steps):
        stop = step.stop or 1

        def reject(field: str, problem: str, remedy: str, number: int = number) -> None:
            line = place.line(["steps", field], number)
            rejections.add(FILE, line, f"steps.{number + 1}.{field}", problem, remedy)

        if stop > reached + 1:
            reject("stop", f"there is no stop {reached + 1} before it", "number stops without gaps")
        if stop < reached and step.kind not in _GOING_BACK:
            problem = f"stop {reached} has begun already"
            remedy = "only a follow-up or a return visit goes back to an earlier stop"
            reject("stop", problem, remedy)
        reached = max(reached, stop)
        earlier = [s for s in parsed.steps[:number] if s.stop == stop]
        if step.kind is StepKind.SUMMARY and not any(s.kind in AT_HOST for s in earlier):
            problem = "it sums up a stop, and nothing took place at this one yet"
            reject("kind", problem, "put a summary after the meetings of its stop")
    for stop in sorted({step.stop or 1 for step in parsed.steps}) if reached > 1 else ():
        _check_meetings(parsed, stop, place, rejections)


def _check_meetings(
    parsed: _ProgramFile, stop: int, place: _Places, rejections: Rejections
) -> None:
    mine = [n for n, step in enumerate(parsed.steps) if step.stop == stop]
    if any(parsed.steps[n].kind in AT_HOST for n in mine):
        return
    line = place.line(["steps", "stop"], mine[0])
    problem = f"nobody of a host team is met at stop {stop}"
    remedy = "add a shadowing day and a listening session, or leave the stop out"
    rejections.add(FILE, line, f"steps.{mine[0] + 1}.stop", problem, remedy)


def days_moved(folder: Path, today: date) -> timedelta:
    """Return by how much the dates of a folder without mistakes are shifted."""
    told = tomllib.loads((folder / FILE).read_text("utf-8-sig"))
    return _first_day(_ProgramTable.model_validate(told["program"]), today)[1]


def _has_stops(parsed: _ProgramFile) -> bool:
    return any(step.stop != 1 for step in parsed.steps)


def _program(
    parsed: _ProgramFile, today: date, visits: tuple[Visit, ...]
) -> tuple[Program, timedelta]:
    table = parsed.program
    starts_on, shift = _first_day(table, today)
    program = Program(
        starts_on=starts_on,
        steps=tuple(_step(step) for step in parsed.steps),
        visits=tuple(v for v in visits if v.key in {step.visit for step in parsed.steps}),
        patience=Patience(weekdays_only=True, **parsed.patience.model_dump()),
        weights=Weights(**parsed.weights.model_dump()),
        cadence=Cadence(**parsed.cadence.model_dump()) if parsed.cadence else Cadence(),
        outcomes=Windows(**parsed.outcomes.model_dump()),
        rituals=tuple(Ritual(**ritual.model_dump()) for ritual in parsed.rituals),
        blackouts=tuple((first + shift, last + shift) for first, last in table.blackouts),
        **table.model_dump(exclude={"anchor", "starts_on", "blackouts"}),
    )
    return program, shift


def _first_day(table: _ProgramTable, today: date) -> tuple[date, timedelta]:
    """When a program starts, and by how much its dates are shifted for that."""
    if table.anchor:
        next_monday = today + timedelta(days=7 - today.weekday())
        return next_monday, next_monday - table.anchor
    return table.starts_on or today, timedelta()


def _step(step: _StepTable) -> StepTemplate:
    facts: dict[str, Any] = step.model_dump(exclude={"required", "frontline_quorum", "window"})
    return StepTemplate(
        window=Window(**step.window.model_dump()),
        attendance=Attendance(required=step.required, frontline_quorum=step.frontline_quorum),
        **facts,
    )


def _check_wall_times(program: Program, place: _Places, rejections: Rejections) -> None:
    """A fixed start that clocks skip on some day of the program is named, so that nobody wonders."""
    dated = [("steps", n, step.starts_at) for n, step in enumerate(program.steps)]
    dated += [("rituals", n, ritual.starts_at) for n, ritual in enumerate(program.rituals)]
    for table, number, starts_at in dated:
        if starts_at is None:
            continue
        wall = time.fromisoformat(starts_at)
        skipped = [day for day in _days_of(program) if _skipped(day, wall, program.zone)]
        if skipped:
            line = place.line([table, "starts-at"], number)
            problem = f"{skipped[0]} {starts_at} does not exist in {program.zone}"
            remedy = "choose a start that clocks do not skip"
            rejections.add(FILE, line, f"{table}.{number + 1}.starts-at", problem, remedy)


def _days_of(program: Program) -> list[date]:
    weeks = MOST_WEEKS if program.continuous else program.weeks
    return [program.starts_on + timedelta(days=n) for n in range(weeks * 7)]


def _skipped(day: date, wall: time, zone: str) -> bool:
    try:
        at_wall_time(day, wall, zone)
    except NonexistentTime:
        return True
    return False
