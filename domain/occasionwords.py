"""What the usual occasions say in other languages than English, which ``domain.program.OCCASIONS`` has."""

from domain.language import Language

WORDS: dict[Language, dict[str, dict[str, object]]] = {
    Language.GERMAN: {
        "peer-debrief": {
            "title": "Kollegialer Austausch",
            "where": "Ein Anruf oder ein Spaziergang",
            "prompts": (
                "Was haben Sie gesehen, das Sie nicht erwartet haben?",
                "Was machen Sie von nun an anders, und was hält Sie davon ab?",
            ),
        },
        "after-decision": {
            "title": "Reflexion nach einer Entscheidung",
            "prompts": (
                "Ihre Entscheidung: Was wussten Sie, was nahmen Sie an, wen haben Sie nicht gefragt?",
            ),
        },
        "after-crisis": {
            "title": "Reflexion nach einer Krise",
            "prompts": ("Was geschehen ist: Was hielt, was brach, und was brauchen Sie jetzt?",),
        },
        "after-conversation": {
            "title": "Reflexion nach einem Gespräch",
            "prompts": (
                "Das Gespräch, das Sie hatten: Was wurde gesagt, das Sie nicht hören wollten?",
            ),
        },
        "results-review": {
            "title": "Blick auf ein Ergebnis",
            "prompts": ("Was haben wir erwartet, was kam heraus, und was wissen wir jetzt?",),
        },
        "template-review": {
            "title": "Blick auf das Programm",
            "prompts": (
                "Welcher Schritt hat in diesem Quartal am meisten gelehrt, und welcher könnte wegfallen?",
                "Was hat sich um uns herum verändert, von dem das Programm noch nichts weiß?",
            ),
        },
    },
}
"""By key of the occasion; lengths are the same in all languages."""
