"""The year of a program: one page that can be printed, and the same as files."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.figures import figure, mean_figure
from domain.indicators import Indicator, IndicatorKind
from domain.outcomes import Better, Course, Figure, Outcome
from domain.policy import Disposition, Verdict
from domain.pulse import SMALLEST_CELL
from domain.quarters import INSIGHTS
from store.exercises import Pulse
from store.quarters import LedgerRow
from store.years import PulsePair, Receipts, Year, YearChange, YearReport
from web.documents import MOST_ROWS, Bar, BarRow, Chart, Document, Section, Table, bars
from web.overview import With
from web.rendering import page
from web.reporting import KINDS, MEDIA, written

router = APIRouter(prefix="/year")

NO_DATA = "no data"
FEW = f"fewer than {SMALLEST_CELL}"

VERDICTS = {
    Verdict.MET: "target met",
    Verdict.NOT_MET: "target not met",
    Verdict.NEW_QUESTION: "a new question",
    Verdict.NOT_MEASURED: "not measured in time",
}
DECISIONS = {
    Disposition.ADOPTED: "adopted",
    Disposition.PARTLY: "adopted in part",
    Disposition.DECLINED: "declined",
}
_COURSES = {
    Course.BETTER: "better",
    Course.WORSE: "worse",
    Course.UNCHANGED: "unchanged",
    Course.NO_DATA: NO_DATA,
}
_INDICATORS = {
    IndicatorKind.VIEWPOINTS: (
        "Diverse viewpoints used",
        "decided changes that used views of two seats or two teams: of co-authors and adopted concerns",
    ),
    IndicatorKind.NEWLY_HEARD: (
        "New voices sought",
        "listening sessions held with a frontline colleague who had not been heard before",
    ),
    IndicatorKind.CUSTOMER_VALUE: (
        "Decisions match customer value",
        "adopted changes that stand on what a customer-facing team taught, or met their target",
    ),
}
_HIGHEST_PULSE = 5.0


@router.get("")
def first_year(services: With) -> RedirectResponse:
    """Go to the newest cohort's year; without one, to the page that says what to do."""
    cohorts = services.office.views.cohorts()
    return RedirectResponse(f"/year/{cohorts[-1].cohort}" if cohorts else "/", 303)


@router.get("/{cohort}")
def year(request: Request, services: With, cohort: str) -> HTMLResponse:
    """Show the year of a cohort."""
    office = services.office
    facts: dict[str, object] = {
        "document": year_document(office.years.year(cohort, office.now())),
        "cohort": office.views.cohort(cohort),
        "cohorts": office.views.cohorts(),
        "kinds": KINDS,
    }
    return page(request, "year.html", facts)


@router.get("/{cohort}/report.{kind}")
def report(
    services: With, cohort: str, kind: Annotated[str, Path(pattern=f"^({'|'.join(KINDS)})$")]
) -> Response:
    """Download the same with the list of policy changes."""
    found = services.office.years.report(cohort, services.office.now())
    return Response(
        written(report_document(found), found, kind),
        media_type=MEDIA[kind],
        headers={"Content-Disposition": f'attachment; filename="{cohort}-report.{kind}"'},
    )


def year_document(year: Year) -> Document:
    """Return the page of a year, which fits on one sheet."""
    return Document(
        title=f"{year.program_name}: the year",
        lead=f"Cohort {year.cohort}, from {year.starts_on:%-d %b %Y} to {year.made_on:%-d %b %Y}. "
        "It is about changes and what came of them; nobody is counted here.",
        sections=(
            _promise(year),
            _verdicts(year),
            _receipts(year),
            _pulse(year),
            _indicators(year),
            _outcomes(year),
        ),
    )


def report_document(year: YearReport) -> Document:
    """Return the year with the list of its policy changes."""
    short = year_document(year)
    return short._replace(sections=(*short.sections, _changes(year)))


def _promise(year: Year) -> Section:
    most = max([INSIGHTS, *(max(row.insights, row.changes) for row in year.quarters)])
    shown = year.quarters[-MOST_ROWS:]
    rows = tuple(
        BarRow(
            row.quarter,
            bars(((row.insights, str(row.insights)), (row.changes, str(row.changes))), most),
        )
        for row in shown
    )
    chart = Chart(
        title="Insights and changes by quarter",
        desc="; ".join(
            f"{row.quarter}: {row.insights} insights, {row.changes} changes, {_kept(row)}"
            for row in shown
        ),
        series=("insights", "changes"),
        rows=rows,
    )
    table = Table(
        columns=("Quarter", "Insights", "Changes", "Promise"),
        rows=tuple(
            (row.quarter, str(row.insights), str(row.changes), _kept(row)) for row in year.quarters
        ),
    )
    return Section(
        key="promise",
        heading="The promise, quarter by quarter",
        sentences=(f"{INSIGHTS} insights and one or two changes a quarter.", *_loop(year)),
        table=table if rows else None,
        chart=chart if rows else None,
        empty=f"The first quarter begins with the program, on {year.starts_on:%-d %b %Y}.",
    )


def _kept(row: LedgerRow) -> str:
    if row.kept:
        return "kept"
    if not row.promised:
        return "after the program"
    return "not kept" if row.over else "goes on"


def _loop(year: Year) -> Iterator[str]:
    if year.loop.days is not None:
        yield (
            f"From an insight to a decision: {figure(year.loop.days)} days, the median of "
            f"{_some(year.loop.changes, 'change')}."
        )


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _verdicts(year: Year) -> Section:
    counted = [(VERDICTS[one.verdict], one.changes) for one in year.verdicts]
    counted.append(("six weeks not over", year.unmeasured))
    most = max(number for _, number in counted)
    chart = Chart(
        title="Changes by what came of them",
        desc="; ".join(f"{said}: {number}" for said, number in counted),
        series=("changes",),
        rows=tuple(BarRow(said, bars(((number, str(number)),), most)) for said, number in counted),
    )
    table = Table(
        columns=("What came of it", "Changes"),
        rows=tuple((said, str(number)) for said, number in counted),
    )
    return Section(
        key="verdicts",
        heading="What came of the changes",
        sentences=("Each is measured by the 42nd day after it is in force.",) if most else (),
        table=table if most else None,
        chart=chart if most else None,
        empty="No change is in force yet.",
    )


def _receipts(year: Year) -> Section:
    told = (("what was decided", year.decisions), ("what came of it", year.effects))
    owed = any(one.owed for _, one in told)
    return Section(
        key="receipts",
        heading="Receipts to those who spoke",
        table=Table(
            columns=("They hear", "Owed", "Given by mail", "Told in person"),
            rows=tuple(_receipt_row(said, one) for said, one in told),
        )
        if owed
        else None,
        empty="Nothing was decided yet, so nobody is owed an answer.",
    )


def _receipt_row(said: str, receipts: Receipts) -> tuple[str, ...]:
    return said, str(receipts.owed), str(receipts.given), str(receipts.by_word)


def _pulse(year: Year) -> Section:
    shown = [one for one in year.pulse if _has_mean(one)][:MOST_ROWS]
    chart = Chart(
        title="What host teams answer, before and after",
        desc="; ".join(
            f"{one.label}: {_mean(one.before)} before, {_mean(one.after)} after" for one in shown
        ),
        series=("before", "after"),
        rows=tuple(BarRow(one.label, bars(_pulse_bars(one), _HIGHEST_PULSE)) for one in shown),
    )
    table = Table(
        columns=("Question", "Before", "After"),
        rows=tuple((one.label, _mean(one.before), _mean(one.after)) for one in year.pulse),
    )
    return Section(
        key="pulse",
        heading="Trust, before and after",
        sentences=(f"Means of at least {SMALLEST_CELL} answers, in whole fives.",)
        if year.pulse
        else (),
        table=table if year.pulse else None,
        chart=chart if shown else None,
        empty="No card asks host teams before and after; pulse-before and pulse-after would.",
    )


def _has_mean(pair: PulsePair) -> bool:
    return any(one and one.mean is not None for one in (pair.before, pair.after))


def _pulse_bars(pair: PulsePair) -> tuple[tuple[float | None, str], ...]:
    return tuple((one.mean if one else None, _mean(one)) for one in (pair.before, pair.after))


def _mean(pulse: Pulse | None) -> str:
    if pulse is None:
        return "not asked"
    return FEW if pulse.mean is None else f"{pulse.mean:.1f} ({pulse.answers})"


def _indicators(year: Year) -> Section:
    chart = Chart(
        title="Three indicators",
        desc="; ".join(f"{_INDICATORS[one.kind][0]}: {_share(one)}" for one in year.indicators),
        series=("share",),
        rows=tuple(
            BarRow(_INDICATORS[one.kind][0], bars(((one.share, _share(one)),), 1.0))
            for one in year.indicators
        ),
    )
    return Section(
        key="indicators",
        heading="How the program listens",
        table=Table(
            columns=("Indicator", "Share", "Of"),
            rows=tuple(
                (_INDICATORS[one.kind][0], _share(one), _of(one)) for one in year.indicators
            ),
        ),
        chart=chart if any(one.share is not None for one in year.indicators) else None,
    )


def _share(indicator: Indicator) -> str:
    return FEW if indicator.share is None else f"{indicator.share:.0%}"


def _of(indicator: Indicator) -> str:
    definition = _INDICATORS[indicator.kind][1]
    return f"the first {indicator.of}: {definition}" if indicator.of else definition


def _outcomes(year: Year) -> Section:
    shown = [one for one in year.outcomes if one.course is not Course.NO_DATA][:MOST_ROWS]
    chart = Chart(
        title="Outcome metrics, before and now",
        desc="; ".join(
            f"{_named(one)}: {_figure(one.baseline, one)} before, {_figure(one.current, one)} now"
            for one in shown
        ),
        series=("before", "now"),
        rows=tuple(BarRow(_named(one), _outcome_bars(one)) for one in shown),
    )
    table = Table(
        columns=("Metric", "Before", "Now", "Went"),
        rows=tuple(
            (
                f"{_named(one)}, {'more' if one.better is Better.HIGHER else 'less'} is better",
                _figure(one.baseline, one),
                _figure(one.current, one),
                _COURSES[one.course],
            )
            for one in year.outcomes
        ),
    )
    return Section(
        key="outcomes",
        heading="What the company measures",
        sentences=("Means of the days before the program and of the last ones, with their number.",)
        if year.outcomes
        else (),
        table=table if year.outcomes else None,
        chart=chart if shown else None,
        empty="Nothing is imported; 'sojourn metrics import' takes figures from a CSV file.",
    )


def _outcome_bars(outcome: Outcome) -> tuple[Bar, ...]:
    """Bars of one metric are as long as its own larger figure says: units differ."""
    figures = tuple(
        (one.mean, _figure(one, outcome)) for one in (outcome.baseline, outcome.current)
    )
    return bars(figures, max(abs(mean or 0) for mean, _ in figures))


def _named(outcome: Outcome) -> str:
    return f"{outcome.metric} ({outcome.team_name})" if outcome.team_name else outcome.metric


def _figure(of: Figure, outcome: Outcome) -> str:
    if of.mean is None:
        return NO_DATA
    unit = f" {outcome.unit}" if outcome.unit else ""
    return f"{mean_figure(of.mean)}{unit} ({of.values})"


def _changes(year: YearReport) -> Section:
    further = f"{year.further_changes} older ones are not listed."
    return Section(
        key="changes",
        heading="Policy changes",
        sentences=(further,) if year.further_changes else (),
        table=Table(
            columns=("Change", "Team", "Decided", "In force", "Measure", "Effect"),
            rows=tuple(_change(one) for one in year.changes),
        )
        if year.changes
        else None,
        empty="None was proposed yet.",
    )


def _change(one: YearChange) -> tuple[str, ...]:
    decided = f"{DECISIONS[one.decision]}, {one.decided_on}" if one.decision else "not yet"
    measured = "" if one.measured is None else f", measured {figure(one.measured)}"
    return (
        one.title,
        one.team_name,
        decided,
        str(one.in_force_on or ""),
        f"{one.metric}: {figure(one.baseline)} to {figure(one.target)}{measured}",
        VERDICTS[one.verdict] if one.verdict else "",
    )
