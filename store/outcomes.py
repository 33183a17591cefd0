"""What decisions and verdicts are called, in mails and on pages."""

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
