"""Each mail is in its reader's language, in their zone, in the program's own words where it has some."""

from sqlalchemy import Engine

from domain.errands import Errand, ErrandKind
from domain.language import Language
from domain.program import Gate, ProgramText
from store.importing import load_folder
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    a_folder,
    a_person,
    carry_out,
    invited,
    loaded_again,
    mails,
)

OWN = "Deine Ziele?\n{{ goals }}\n"


def test_each_reads_their_own_language_and_everybody_else_the_programs(engine: Engine) -> None:
    people = [
        a_person("ana", language="en", zone="America/New_York") if key == "ana" else a_person(key)
        for key in PEOPLE
    ]
    folder = a_folder(*people)
    texts = (ProgramText(language=Language.GERMAN, name="ask-goals", body=OWN),)
    program = folder.program.model_copy(update={"language": Language.GERMAN, "texts": texts})
    load_folder(engine, folder.model_copy(update={"program": program}), dry_run=False, now=NOW)
    state = invited(loaded_again(engine), "listening-session")
    errands = (
        Errand(kind=ErrandKind.INVITE, step="listening-session"),
        Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.GOALS, people=("P-0001",)),
        Errand(kind=ErrandKind.REMIND, step="listening-session"),
    )

    carry_out(engine, state, *errands)

    written = mails(engine)
    titles = {m["reader_name"]: (m["language"], m["title"]) for m in written if "method" in m}
    assert titles == {
        "Mara": ("de", "Rotation: Gespräch"),
        "Ana": ("en", "Rotation: conversation"),
        "Ben": ("de", "Rotation: Gespräch"),
    }
    (goals,) = (m for m in written if m.get("kind") == "ask-goals")
    assert goals["texts"] == [["ask-goals", OWN]]
    when = {
        m["reader_name"]: dict(m["facts"])["when"] for m in written if m.get("kind") == "reminder"
    }
    assert when == {
        "Mara": "Mo 7. Dez. 2026, 09:00 (Europe/Berlin)",
        "Ana": "Mon 7 Dec 2026, 03:00 (America/New_York)",
        "Ben": "Mo 7. Dez. 2026, 09:00 (Europe/Berlin)",
    }
