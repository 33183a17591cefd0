"""Outcome metrics: every mistake of a file at once, taken once, compared before a program and now."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from domain.errors import NotFound
from domain.outcomes import Course, Outcome
from intake.metrics import MOST_METRICS, read_metrics
from store.database import reading
from store.metrics import MetricReport, Metrics
from store.tables.changes import MetricValueTable
from tests.integration.store.world import loaded

NOW = datetime(2026, 12, 20, 12, tzinfo=UTC)
"""Three weeks after the program's first day, 30 November."""
HEADER = "metric,unit,date,value,better,team\n"
GOOD = (
    "resolution time,h,2026-11-02,9.5,lower,\n"
    "resolution time,h,2026-11-09,8.5,lower,\n"
    "resolution time,h,2026-12-07,6,lower,\n"
    "resolution time,h,2026-11-02,4,lower,desk\n"
    "satisfaction,,2026-12-07,-0.5,HIGHER,\n"
    "long ago,,2026-01-02,3,higher,\n"
)
TEAMS = {"desk": "H-01", "shop": "H-02"}


def written(folder: Path, text: str, header: str = HEADER) -> Path:
    file = folder / "desk.csv"
    file.write_text(header + text)
    return file


def take(engine: Engine, file: Path, *, dry_run: bool = False) -> MetricReport:
    values, rejected = read_metrics(file, Metrics(engine).teams(), NOW.date())
    assert not rejected
    return Metrics(engine).take("winter", values, dry_run=dry_run, now=NOW)


def by_name(engine: Engine, now: datetime = NOW) -> dict[tuple[str, str], Outcome]:
    found = Metrics(engine).outcomes("winter", now)
    return {(one.metric, one.team_name): one for one in found}


def kept(engine: Engine) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(MetricValueTable)) or 0


def test_practice_s52_figures_are_means_with_their_number_and_missing_ones_are_no_data(
    engine: Engine, tmp_path: Path
) -> None:
    loaded(engine)
    take(engine, written(tmp_path, GOOD))

    found = by_name(engine)

    whole = found["resolution time", ""]
    assert (whole.baseline.values, whole.baseline.mean) == (2, 9.0)
    assert (whole.current.values, whole.current.mean) == (1, 6.0)
    assert (whole.unit, whole.course) == ("h", Course.BETTER)
    assert found["resolution time", "The desk"].current.mean is None
    assert found["resolution time", "The desk"].course is Course.NO_DATA
    assert found["satisfaction", ""].baseline.mean is None
    assert found["satisfaction", ""].current.mean == -0.5
    assert found["long ago", ""].baseline.values == found["long ago", ""].current.values == 0
    later = by_name(engine, NOW + timedelta(weeks=30))
    assert later["resolution time", ""].current.mean is None


def test_practice_s52_the_same_file_twice_changes_nothing_and_a_dry_run_takes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    loaded(engine)
    file = written(tmp_path, GOOD)

    assert take(engine, file, dry_run=True).added == 6
    assert kept(engine) == 0
    assert take(engine, file) == MetricReport(added=6)
    assert take(engine, file) == MetricReport(unchanged=6)
    file = written(tmp_path, "resolution time,h,2026-11-02,9,lower,\n")
    assert take(engine, file) == MetricReport(changed=1)
    assert by_name(engine)["resolution time", ""].baseline.mean == 8.75
    assert kept(engine) == 6


def test_practice_s52_every_mistake_of_a_file_is_named_with_line_and_column(
    tmp_path: Path,
) -> None:
    bad = (
        '"resolution time",h,2026-11-02,"4,5",lower,\n'
        "resolution time,min,2026-11-03,4,lower,\n"
        "resolution time,h,3.11.2026,,sideways,dsek\n"
        ",h,2026-12-21,nan,lower,\n"
        f"{'x' * 61},h,2026-11-02,1e9,lower,\n"
        "resolution time,h,2026-11-02,5,lower,\n"
        "short,h,2026-11-02,5,lower\n"
    )

    values, rejected = read_metrics(written(tmp_path, bad), TEAMS, NOW.date())

    assert values == ()
    found = [(r.line, r.field) for r in rejected]
    assert found == [
        (2, "value"), (3, "unit"), (4, "better"), (4, "date"), (4, "team"), (4, "value"),
        (5, "date"), (5, "metric"), (5, "value"), (6, "metric"), (6, "value"), (7, "date"), (8, None),
    ]  # fmt: skip
    said = {(r.line, r.field): (r.problem, r.remedy) for r in rejected}
    assert said[2, "value"][1].startswith("write it in digits with a point, such as 4.5")
    assert said[4, "team"][1] == "did you mean 'desk'?"
    assert said[3, "unit"][0] == "'min' here and 'h' in line 2"


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("metric,unit,date,value\n", "this column is missing"),
        (HEADER.strip() + ",person\n", "this column is unknown"),
    ],
)
def test_practice_s52_a_column_too_few_or_too_many_is_named(
    tmp_path: Path, header: str, problem: str
) -> None:
    _, rejected = read_metrics(written(tmp_path, "", header), TEAMS, NOW.date())
    assert [r.problem for r in rejected] == [problem]


def test_practice_s52_more_metrics_than_anybody_looks_at_are_refused(tmp_path: Path) -> None:
    many = "".join(f"m{n},h,2026-11-02,1,lower,\n" for n in range(MOST_METRICS + 1))
    _, rejected = read_metrics(written(tmp_path, many), TEAMS, NOW.date())
    assert [(r.line, r.field) for r in rejected] == [(None, "metric")]


def test_practice_s52_a_metric_keeps_its_unit_until_all_its_days_are_imported_again(
    engine: Engine, tmp_path: Path
) -> None:
    loaded(engine)
    take(engine, written(tmp_path, GOOD))
    other = "long ago,,2026-01-03,3,higher,\nlong ago,,2026-01-02,3,higher,\n"

    refused = take(engine, written(tmp_path, other.replace(",,", ",days,", 1).splitlines()[0]))
    mended = take(engine, written(tmp_path, other.replace("ago,,", "ago,days,")))

    assert refused.added == 0
    assert [(r.field, r.problem) for r in refused.rejected] == [
        ("unit", "figures of 'long ago' on other days say ''")
    ]
    assert mended == MetricReport(added=1, changed=1)


def test_practice_s52_an_unknown_cohort_has_no_metrics(engine: Engine) -> None:
    loaded(engine)
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        Metrics(engine).take("summer", (), dry_run=False, now=NOW)
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        Metrics(engine).outcomes("summer", NOW)
    assert Metrics(engine).outcomes("winter", NOW) == ()
    assert NOW.date() > date(2026, 11, 30)
