"""A chain of evidence: whatever is altered, added or taken out is noticed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from domain.chain import Chain, ChainLink, LinkKind, differences, digest_of, faults, linked

AT = datetime(2026, 12, 3, 8, 30, tzinfo=UTC)
POLICY = "abcdefgh"


def a_link(kind: LinkKind, about: str, *before: ChainLink, **says: JsonValue) -> ChainLink:
    return linked(kind, about, AT, [one.digest for one in before], says)


def a_chain() -> Chain:
    seen = [a_link(LinkKind.OBSERVATION, f"{n}" * 32, seal="s", tag="delight") for n in "12"]
    summary = a_link(LinkKind.SUMMARY, "aaaaaaaa:summary", *seen, words="w")
    hypothesis = a_link(LinkKind.HYPOTHESIS, "tttttttt", summary, seen[0], seal="h", baseline=9.0)
    result = a_link(LinkKind.RESULT, "tttttttt", hypothesis, verdict="met", measured=3.0)
    proposal = a_link(LinkKind.PROPOSAL, POLICY, summary, result, title="Label the sacks")
    concern = a_link(LinkKind.CONCERN, "cccccccc", proposal, seal="x")
    decision = a_link(LinkKind.DECISION, POLICY, proposal, concern, reason="It costs little.")
    effect = a_link(LinkKind.EFFECT, f"{POLICY}:0", decision, verdict="met", measured=2.5)
    tested = (summary, hypothesis, result)
    return Chain(policy=POLICY, links=(*seen, *tested, proposal, concern, decision, effect))


WHOLE = a_chain()


def test_first_f8_a_whole_chain_has_no_faults_and_survives_a_file() -> None:
    assert faults(WHOLE) == ()
    assert faults(Chain.model_validate_json(WHOLE.model_dump_json())) == ()


@given(st.integers(0, len(WHOLE.links) - 1))
def test_first_f8_a_chain_that_lacks_a_link_is_noticed(number: int) -> None:
    rest = WHOLE.links[:number] + WHOLE.links[number + 1 :]
    cut = WHOLE.model_copy(update={"links": rest})
    recorded = [link.digest for link in WHOLE.links]

    assert faults(cut) or number == len(rest)
    assert len(differences(cut, recorded, "The store")) == 1


def altered_values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value | {name: one} for name in value for one in altered_values(value[name])]
    if isinstance(value, list):
        return [
            [*value[:n], x, *value[n + 1 :]] for n, v in enumerate(value) for x in altered_values(v)
        ]
    return [f"{value}x"] if isinstance(value, str) else [value + 1]


@given(st.data())
def test_first_f8_any_altered_fact_is_noticed(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(WHOLE.links) - 1))
    link = WHOLE.links[number]
    changes = [
        {"says": data.draw(st.sampled_from(altered_values(link.says)))},
        {"about": f"{link.about}x"},
        {"at": AT.replace(minute=31)},
        {"before": link.before[1:] if link.before else ("a" * 26,)},
        {"digest": "b" * 26},
    ]
    forged = link.model_copy(update=data.draw(st.sampled_from(changes)))
    links = (*WHOLE.links[:number], forged, *WHOLE.links[number + 1 :])

    assert faults(WHOLE.model_copy(update={"links": links}))


def test_first_f8_a_chain_that_was_forged_with_new_digests_is_unlike_what_was_recorded() -> None:
    *rest, effect = WHOLE.links
    says = effect.says | {"measured": 1.0}
    forged = linked(effect.kind, effect.about, effect.at, effect.before, says)
    chain = WHOLE.model_copy(update={"links": (*rest, forged)})

    assert faults(chain) == ()
    (sentence,) = differences(chain, [link.digest for link in WHOLE.links], "The store")
    assert effect.digest in sentence


def test_links_stand_only_on_what_they_can() -> None:
    *_, decision, _ = WHOLE.links
    loose = a_link(LinkKind.EFFECT, "loose")
    untested = a_link(LinkKind.RESULT, "untested", WHOLE.links[2])
    unseen = a_link(LinkKind.HYPOTHESIS, "unseen")
    crooked = a_link(LinkKind.CONCERN, "crooked", decision)
    more = (loose, crooked, untested, unseen, loose)
    chain = WHOLE.model_copy(update={"links": (*WHOLE.links, *more)})

    assert [sentence.removeprefix("The ") for sentence in faults(chain)] == [
        "effect loose stands on nothing.",
        "concern crooked stands on something that it can't stand on.",
        "result untested stands on something that it can't stand on.",
        "hypothesis unseen stands on nothing.",
        "effect loose stands on nothing.",
        "effect loose is in the chain twice.",
    ]


def test_a_chain_belongs_to_its_change() -> None:
    assert (
        "not that of the policy change bbbbbbbb"
        in faults(WHOLE.model_copy(update={"policy": "bbbbbbbb"}))[0]
    )


@pytest.mark.parametrize("zone", ["+01:00", "Z"])
def test_the_same_moment_in_another_zone_has_the_same_digest(zone: str) -> None:
    link = WHOLE.links[0]
    hour = 9 if zone == "+01:00" else 8
    said = datetime.fromisoformat(f"2026-12-03T{hour:02}:30:00{zone}")
    assert digest_of(link.model_copy(update={"at": said})) == link.digest
