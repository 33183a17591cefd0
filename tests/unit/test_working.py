"""Answers that take longer than a page waits."""

from collections.abc import Callable
from threading import Event

import pytest

from domain.errors import Refused
from tests.waiting import until
from web.working import KEPT, Workbench


class Work:
    """Work that goes on until it is let finish, and counts how often it was begun."""

    def __init__(self) -> None:
        self.finish = Event()
        self.begun = 0

    def __call__(self) -> int:
        self.begun += 1
        self.finish.wait()
        return self.begun


def at_once(answer: object) -> Callable[[], object]:
    return lambda: answer


def test_an_answer_holds_while_what_it_came_from_is_the_same() -> None:
    bench, work = Workbench(patience=60), Work()
    work.finish.set()

    answers = [bench.answer("q", stamp, work) for stamp in (1, 1, 2, 2)]

    assert answers == [1, 1, 2, 2]


async def test_who_asks_too_early_is_told_nothing_and_gets_that_answer_later() -> None:
    bench, work = Workbench(patience=0.01), Work()

    assert bench.answer("q", 1, work) is None
    assert bench.answer("q", 2, work) is None
    work.finish.set()
    await until(lambda: bench.answer("q", 3, work) == 1)

    assert work.begun == 1
    await until(lambda: bench.answer("q", 3, work) == 2)


def test_a_closed_bench_begins_nothing_more() -> None:
    bench, work = Workbench(patience=0.01), Work()
    for question in ("a", "b", "c"):
        assert bench.answer(question, 1, work) is None

    bench.close()
    work.finish.set()

    with pytest.raises(RuntimeError):
        bench.answer("d", 1, work)
    assert work.begun == 2


def test_what_the_work_raises_is_raised_once_and_then_tried_again() -> None:
    bench = Workbench(patience=60)

    def refuse() -> int:
        raise Refused("It can't be.")

    with pytest.raises(Refused, match="It can't be"):
        bench.answer("q", 1, refuse)
    assert bench.answer("q", 1, at_once("now")) == "now"


async def test_other_questions_are_not_held_up_and_old_answers_are_let_go() -> None:
    bench, slow = Workbench(patience=60), Work()
    impatient = Workbench(patience=0.01)
    assert impatient.answer("slow", 1, slow) is None
    await until(lambda: impatient.answer("quick", 1, at_once("quick")) == "quick")
    slow.finish.set()

    for number in range(KEPT + 1):
        bench.answer(number, 1, at_once("first"))
    again = [bench.answer(number, 1, at_once("second")) for number in (KEPT, 0)]

    assert again == ["first", "second"]
