"""How mails and pages say what was decided and measured, in the languages of mails."""

from domain.language import Language
from domain.policy import Disposition, Verdict

DECISIONS = {
    Language.ENGLISH: {
        Disposition.ADOPTED: "It is adopted.",
        Disposition.PARTLY: "It is adopted in part.",
        Disposition.DECLINED: "It is not adopted.",
    },
    Language.GERMAN: {
        Disposition.ADOPTED: "Angenommen.",
        Disposition.PARTLY: "In Teilen angenommen.",
        Disposition.DECLINED: "Nicht angenommen.",
    },
}
VERDICTS = {
    Language.ENGLISH: {
        Verdict.MET: "The target was met.",
        Verdict.NOT_MET: "The target was not met.",
        Verdict.NEW_QUESTION: "The measure raised a new question.",
        Verdict.NOT_MEASURED: "Nobody measured it within six weeks.",
    },
    Language.GERMAN: {
        Verdict.MET: "Das Ziel wurde erreicht.",
        Verdict.NOT_MET: "Das Ziel wurde nicht erreicht.",
        Verdict.NEW_QUESTION: "Die Messung hat eine neue Frage aufgeworfen.",
        Verdict.NOT_MEASURED: "Niemand hat innerhalb von sechs Wochen gemessen.",
    },
}
UNMEASURED = {Language.ENGLISH: "not measured", Language.GERMAN: "nicht gemessen"}
TEST_VERDICTS = {
    Language.ENGLISH: VERDICTS[Language.ENGLISH] | {Verdict.NOT_MEASURED: "Nobody measured it."},
    Language.GERMAN: VERDICTS[Language.GERMAN] | {Verdict.NOT_MEASURED: "Niemand hat gemessen."},
}
SAID = {
    Language.ENGLISH: "You said: {}\nDecided: {}\nBecause: {}",
    Language.GERMAN: "Sie sagten: {}\nEntschieden: {}\nWeil: {}",
}
"""What somebody said, what was decided about it, and why."""

ANSWERS = {
    Language.ENGLISH: {
        Disposition.ADOPTED: "It is taken up.",
        Disposition.PARTLY: "It is taken up in part.",
        Disposition.DECLINED: "It is declined.",
    },
    Language.GERMAN: {
        Disposition.ADOPTED: "Es wird aufgenommen.",
        Disposition.PARTLY: "Es wird in Teilen aufgenommen.",
        Disposition.DECLINED: "Es wird nicht aufgenommen.",
    },
}
"""What a visitor answers to a point; whether the change that takes it up is adopted is decided by others."""

ANSWERED = {
    Language.ENGLISH: "You said: {}\nAnswer: {}\nBecause: {}",
    Language.GERMAN: "Sie sagten: {}\nAntwort: {}\nWeil: {}",
}
TAKEN_UP = {
    Language.ENGLISH: "Taken up in: {}",
    Language.GERMAN: "Aufgenommen in: {}",
}
FROM = {
    Language.ENGLISH: ", in force from {}",
    Language.GERMAN: ", in Kraft ab {}",
}
IN_FORCE = {
    Language.ENGLISH: "You said: {}\nIn force since {}: {}",
    Language.GERMAN: "Sie sagten: {}\nIn Kraft seit {}: {}",
}
