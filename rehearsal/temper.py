"""How simulated people behave, on the whole."""

from domain.value import Value


class Temper(Value):
    """How people behave, as shares of cases; all others answer as a program hopes."""

    declines: float = 0.08
    proposes: float = 0.04
    """Who wants another time says so with a COUNTER."""
    silent: float = 0.08
    """Who does not answer at first; most of them do when reminded."""
    answers_when_reminded: float = 0.7
    ill: float = 0.015
    """Who can't come on the day itself."""
    refuses_consent: float = 0.02
    """Also who keeps a summary between the two."""
    writes_unasked: float = 0.85
    """Who writes reflection, proposal and thanks without being asked again."""
    practises: float = 0.8
    """Who fills in an exercise that a card offers."""
    speaks: float = 0.5
    """Who of a host team says what should be heard, where the program asks."""
    shares_pack: float = 0.5
    """Who lets the program read a review pack, once their rotation is over."""
    tests: float = 0.5
    """Who finds out by a small test whether what they learnt holds, or names what pulls two ways."""
    lives_through: float = 0.01
    """Who, on a working day, has something happen that is worth half an hour of thought."""
    raises_concern: float = 0.2
    """Who, shown a proposal, says what speaks against it."""
    confirms: float = 0.9
    measures: float = 0.8
    """Who says what a change or a test came to."""
    decisions: tuple[tuple[str, float], ...] = (
        ("adopted", 0.45),
        ("partly", 0.3),
        ("declined", 0.25),
    )
    verdicts: tuple[tuple[str, float], ...] = (
        ("met", 0.5),
        ("not-met", 0.25),
        ("new-question", 0.25),
    )
