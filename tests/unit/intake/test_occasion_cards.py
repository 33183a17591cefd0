"""Cards of occasions: what a file leaves out stays as it is, and every mistake is named with its place."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.language import Language
from domain.people import Seat
from domain.program import OCCASIONS, PEER_DEBRIEF, Occasion, StepKind
from intake.practices import check_occasion, read_occasion, read_occasions, read_practices
from intake.rejections import Rejections
from tests.planning_problems import a_program

PRACTICES = Path(__file__).parents[3] / "examples" / "practices"
FILES = sorted(path for path in PRACTICES.glob("*.toml") if path.stem in OCCASIONS)
GOOD = (PRACTICES / "peer-debrief.toml").read_text()


def read(tmp_path: Path, text: str) -> tuple[tuple[Occasion, ...], list[str]]:
    (tmp_path / "practices").mkdir()
    (tmp_path / "practices" / "peer-debrief.toml").write_text(text)
    rejections = Rejections()
    program = a_program().model_copy(update={"cards": (PEER_DEBRIEF,)})
    found = read_occasions(tmp_path, program, {"mara"}, rejections)
    assert read_practices(tmp_path, program, rejections) == ()
    said = [f"{r.file} {r.field}: {r.problem}. {r.remedy}" for r in rejections.in_order()]
    return found, said


def test_the_examples_are_what_programs_have_without_their_words_changed() -> None:
    assert {file.stem for file in FILES} == {"peer-debrief", "results-review", "template-review"}
    for file in FILES:
        assert read_occasion(file) == OCCASIONS[file.stem]


def test_a_card_changes_what_it_says_and_leaves_the_rest(tmp_path: Path) -> None:
    (found,), said = read(tmp_path, 'key = "peer-debrief"\ntitle = "Zu zweit"\nduration = "45m"\n')

    assert said == []
    assert (found.title, found.duration) == ("Zu zweit", timedelta(minutes=45))
    assert found.within == OCCASIONS[PEER_DEBRIEF].within
    program = a_program().model_copy(update={"occasions": (found,)})
    assert program.step(PEER_DEBRIEF).title == "Zu zweit"
    assert program.step("template-review").title == "Review of the program"
    with pytest.raises(KeyError):
        program.step("no-such-step")


def test_what_no_card_says_is_said_in_the_language_of_the_program(tmp_path: Path) -> None:
    german = a_program().model_copy(update={"language": Language.GERMAN})
    for key, english in OCCASIONS.items():
        said = german.occasion(key)
        changed = {name for name, value in said if value != getattr(english, name)}
        assert changed == {name for name in ("title", "where", "prompts") if getattr(english, name)}
        assert len(said.prompts) == len(english.prompts)
    assert german.step("after-decision").title == "Reflexion nach einer Entscheidung"

    (tmp_path / "practices").mkdir()
    (tmp_path / "practices" / "peer-debrief.toml").write_text('key = "peer-debrief"\n')
    cards = german.model_copy(update={"cards": (PEER_DEBRIEF,)})
    (found,) = read_occasions(tmp_path, cards, set(), Rejections())
    assert found == german.occasion(PEER_DEBRIEF)


def test_others_may_be_asked_to_a_review_alone() -> None:
    for key, (said, allowed) in {
        "template-review": ("zoe", "nobody has the id 'zoe'"),
        "after-crisis": ("mara", "only those come whom it is opened for"),
    }.items():
        rejections = Rejections()
        card = OCCASIONS[key].model_copy(update={"people": (said,)})
        check_occasion(card, key, {"mara"}, rejections)
        assert [allowed in one.problem for one in rejections.in_order()] == [True]


def test_no_exercise_of_a_visit_is_asked_after_an_event() -> None:
    program = a_program()
    reflection = program.occasion("after-decision").template

    assert reflection.kind is StepKind.REFLECTION
    assert program.exercises_of(reflection, (Seat.PARTICIPANT,), (Seat.PARTICIPANT,)) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "peer-debrief"', 'key = "results-review"', "name it 'peer-debrief'"),
        ('key = "peer-debrief"', 'key = "x"', "name it 'peer-debrief'"),
        ("version = 1", "version = 0", "version: it should be greater"),
        ('title = "Peer debrief"', 'title = ""', "title:"),
        ('duration = "30m"', 'duration = "13h"', "duration: an occasion lasts"),
        ('duration = "30m"', "duration = 30", "duration:"),
        ('within = "14d"', 'within = "1d"', "within: it has to fit"),
        ('within = "14d"', 'within = "92d"', "within: it has to fit"),
        ('within = "14d"', 'within = "14d"\nkind = "reflection"', "kind: it is no reflection"),
        ('within = "14d"', 'within = "14d"\npeople = ["mara"]', "people: only those come whom"),
        ('within = "14d"', 'withn = "14d"', "withn: Extra inputs"),
        ("prompts = [", "prompts = [\n[", "it is not TOML"),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    _, found = read(tmp_path, GOOD.replace(old, new))

    assert any(said in sentence for sentence in found), found
    assert all(sentence.startswith("practices/peer-debrief.toml ") for sentence in found)
