"""Decision maps: what they have to hold, and files of them that other programs can read."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    what_the_map_lacks,
)
from domain.exercises import what_is_missing, who_is_named
from domain.program import FieldKind, FormField
from intake.practices import read_practice

PRACTICES = Path(__file__).parents[3] / "examples" / "practices"

WHOLE = DecisionMap(
    steps=("A return comes in", "Somebody decides"),
    stakeholders=("customer", "desk"),
    spots=(
        (Spot(values="a quick answer", mark=Mark.CLASH), Spot()),
        (Spot(), Spot(values="a rule that fits", mark=Mark.ALIGN)),
    ),
)

_NODE = re.compile(r'  (?P<id>s\d+(?:v\d+)?)\["(?P<label>(?:[\w ,?!()]|#\d+;)+)"\]')
_EDGE = re.compile(r"  (s\d+) (-->|---|-- aligns ---|-\. clashes \.-) (s\d+(?:v\d+)?)")


def parsed(chart: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """A chart by a small grammar of our own: nodes with their labels as written, and edges between known nodes."""
    first, *lines = chart.splitlines()
    assert first == "flowchart LR"
    nodes: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for line in lines:
        node, edge = _NODE.fullmatch(line), _EDGE.fullmatch(line)
        assert node or edge, line
        if node:
            assert node["id"] not in nodes
            nodes[node["id"]] = re.sub(r"#(\d+);", lambda n: chr(int(n[1])), node["label"])
        if edge:
            edges.append((edge[1], edge[2], edge[3]))
    for start, _, end in edges:
        assert start in nodes, start
        assert end in nodes, end
    return nodes, edges


names = st.text(min_size=1, max_size=20).filter(lambda name: bool(" ".join(name.split())))
worth = st.text(max_size=30)


@st.composite
def maps(draw: st.DrawFn) -> DecisionMap:
    steps = draw(st.lists(names, min_size=1, max_size=4))
    who = draw(st.lists(names, min_size=2, max_size=3))
    spot = st.builds(Spot, values=worth, mark=st.sampled_from([None, *Mark]))
    row = st.tuples(*[spot] * len(who))
    return DecisionMap(
        steps=tuple(steps), stakeholders=tuple(who), spots=draw(st.tuples(*[row] * len(steps)))
    )


@settings(max_examples=150, deadline=None)
@given(drawn=maps())
def test_practice_s10_whatever_is_written_in_it_its_chart_parses(drawn: DecisionMap) -> None:
    nodes, edges = parsed(mermaid(drawn))

    told = {f"s{row}v{column}" for row, column, _ in drawn.filled}
    steps = {f"s{row}" for row in range(len(drawn.steps))}
    assert set(nodes) == steps | told
    assert [nodes[f"s{n}"] for n in range(len(drawn.steps))] == [
        " ".join(step.split()) for step in drawn.steps
    ]
    assert len(edges) == len(drawn.steps) - 1 + len(told)


def test_practice_s10_the_chart_shows_where_values_align_and_where_they_clash() -> None:
    nodes, edges = parsed(mermaid(WHOLE))

    assert nodes["s0v0"] == "customer: a quick answer"
    assert edges == [
        ("s0", "-->", "s1"),
        ("s0", "-. clashes .-", "s0v0"),
        ("s1", "-- aligns ---", "s1v1"),
    ]


@pytest.mark.parametrize(
    "said",
    ['end"]; click s0 href "x"', "<b>bold</b>", "a --> b", "1. list", "%% no", "`x`", "#59;"],
)
def test_practice_s10_what_mermaid_would_read_as_its_own_is_a_label(said: str) -> None:
    drawn = WHOLE.model_copy(update={"steps": (said, "b")})
    assert parsed(mermaid(drawn))[0]["s0"] == said


def test_practice_s10_the_export_names_every_mark() -> None:
    assert exported(WHOLE) == {
        "steps": ["A return comes in", "Somebody decides"],
        "stakeholders": ["customer", "desk"],
        "spots": [
            {
                "step": "A return comes in",
                "stakeholder": "customer",
                "values": "a quick answer",
                "mark": "clash",
            },
            {
                "step": "Somebody decides",
                "stakeholder": "desk",
                "values": "a rule that fits",
                "mark": "align",
            },
        ],
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"stakeholders": ("customer",)}, "at least 2 stakeholders"),
        ({"steps": (), "spots": ()}, "at least one step"),
        ({"steps": ("", "b")}, "Give step 1 a name"),
        ({"stakeholders": ("a", "")}, "Give stakeholder 2 a name"),
        ({"stakeholders": ("a", "a")}, "two are the same"),
        ({"steps": ("x" * 81, "b")}, "80 characters; one has 81"),
        ({"spots": ((Spot(values="x" * 201), Spot()), (Spot(), Spot()))}, "one has 201"),
        ({"spots": ((Spot(values="a"), Spot()), (Spot(), Spot()))}, "aligns or clashes"),
    ],
)
def test_practice_s10_a_map_needs_two_stakeholders_and_one_mark(
    changes: dict[str, object], said: str
) -> None:
    lacks = what_the_map_lacks(WHOLE.model_copy(update=changes))
    assert said in lacks
    assert bool(said) == bool(lacks)


def test_practice_s10_rows_and_columns_in_which_nothing_stands_are_left_out() -> None:
    roomy = DecisionMap(
        steps=("", *WHOLE.steps),
        stakeholders=("customer", "", "desk"),
        spots=(
            (Spot(), Spot(), Spot()),
            *((left, Spot(), right) for left, right in WHOLE.spots),
        ),
    )
    assert map_of(answer_of(roomy)) == WHOLE
    assert answer_of(DecisionMap(steps=("",), stakeholders=("",), spots=((Spot(),),))) == ""
    assert map_of("") == DecisionMap()
    assert (MOST_STEPS, MOST_STAKEHOLDERS) == (8, 6)


@pytest.mark.parametrize(
    "words",
    [
        "We ask the night shift first",
        "null",
        "[1]",
        '{"steps": ["a"], "stakeholders": ["b"]}',
        '{"steps": ["a"], "stakeholders": ["b"], "spots": [[]]}',
    ],
)
def test_practice_s10_words_that_are_no_map_are_none_and_asked_for_again(words: str) -> None:
    field = FormField(key="map", label="Map", kind=FieldKind.MAP)
    card = read_practice(PRACTICES / "decision-map.toml").model_copy(update={"fields": (field,)})

    assert map_of(words) is None
    assert "Name at least 2 stakeholders" in what_is_missing(card, {"map": words})["map"]
    assert set(who_is_named(card, {"map": f"{words} Vera"}, ["Vera Lang"])) == {"map"}
