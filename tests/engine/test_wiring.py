"""A workflow that cannot be carried out is refused when it is imported."""

from typing import Any, TypedDict

import pytest

from config import settings
from tasks.engine import registry
from tasks.engine.workflow import LEASE, Call, Link, MiswiredError, Step, Workflow


class Word(TypedDict):
    word: str
    optional: str | None


class Given(TypedDict):
    number: int


def give(*, word: str) -> Given:
    return Given(number=len(word))


def take(*, number: int) -> None:
    assert number


def use_key(*, key: str) -> None:
    assert key


def take_secret(*, token: str) -> None:
    assert token


def workflow(*links: Link, **more: Any) -> Workflow:
    return Workflow(**{"kind": "wired", "input": Word, "links": links, "result": (), **more})


def test_a_step_may_use_the_input_and_what_earlier_steps_gave() -> None:
    workflow(Link("q", Step(name="a", do=give), Step(name="b", do=take)), result=("number",))


def test_a_step_cannot_use_what_comes_later() -> None:
    with pytest.raises(MiswiredError, match=r"b \(take\) asks for number"):
        workflow(Link("q", Step(name="b", do=take), Step(name="a", do=give)))


def test_an_undo_of_a_step_may_use_the_steps_own_result() -> None:
    workflow(Link("q", Step(name="a", do=give, undo=take)))


def test_an_undo_of_a_call_cannot_use_the_calls_answer() -> None:
    with pytest.raises(MiswiredError, match="asks for number"):
        workflow(Link("q", Call(name="a", do=give, undo=take, timeout=1)))


def test_an_undo_of_a_call_knows_its_key() -> None:
    workflow(Link("q", Call(name="a", do=give, record=take, undo=use_key, timeout=1)))


def test_a_note_of_an_undo_cannot_use_the_calls_answer() -> None:
    with pytest.raises(MiswiredError, match="asks for number"):
        workflow(Link("q", Call(name="a", do=give, undo=use_key, record_undo=take, timeout=1)))


def test_what_a_skipped_step_would_give_is_not_there_for_others() -> None:
    with pytest.raises(MiswiredError, match="asks for number"):
        workflow(Link("q", Step(name="a", do=give, when="optional"), Step(name="b", do=take)))


def test_a_condition_is_an_input_or_an_earlier_result() -> None:
    with pytest.raises(MiswiredError, match="something unknown"):
        workflow(Link("q", Step(name="a", do=give, when="weather")))


def test_a_secret_is_for_steps_and_not_for_undos() -> None:
    workflow(Link("q", Step(name="a", do=take_secret)), secrets=("token",))
    with pytest.raises(MiswiredError, match="asks for token"):
        workflow(Link("q", Step(name="a", do=give, undo=take_secret)), secrets=("token",))


def test_the_workflows_own_undo_knows_the_input_only() -> None:
    with pytest.raises(MiswiredError, match="asks for number"):
        workflow(Link("q", Step(name="a", do=give)), undo=take)


def test_what_the_engine_gives_is_nobody_elses() -> None:
    class Key(TypedDict):
        key: str

    def answer() -> Key:
        return Key(key="")

    with pytest.raises(MiswiredError, match="the engine itself gives key"):
        workflow(Link("q", Step(name="a", do=use_key)), input=Key)
    with pytest.raises(MiswiredError, match="the engine itself gives key"):
        workflow(Link("q", Step(name="a", do=answer)))


def test_a_result_comes_from_somewhere() -> None:
    with pytest.raises(MiswiredError, match="no step gives the result shoe"):
        workflow(Link("q", Step(name="a", do=give)), result=("shoe",))


def test_a_call_begins_its_link() -> None:
    with pytest.raises(MiswiredError, match="must begin its link"):
        workflow(Link("q", Step(name="a", do=give), Call(name="b", do=use_key, timeout=1)))


def test_a_call_ends_before_its_lease() -> None:
    with pytest.raises(MiswiredError, match="outlast its lease"):
        workflow(Link("q", Call(name="a", do=use_key, timeout=10)))


def test_a_call_up_to_the_pivot_can_be_taken_back() -> None:
    call = Call(name="a", do=use_key, timeout=1)
    with pytest.raises(MiswiredError, match="cannot be taken back"):
        workflow(Link("q", call), Link("q", Step(name="b", do=give, pivot=True)))


def test_there_is_one_pivot() -> None:
    steps = [Step(name=name, do=give, pivot=True) for name in "ab"]
    with pytest.raises(MiswiredError, match="one pivot"):
        workflow(Link("q", *steps))


def test_steps_have_names_of_their_own() -> None:
    with pytest.raises(MiswiredError, match="same name"):
        workflow(Link("q", Step(name="a", do=give), Step(name="a", do=give)))


def test_a_kind_and_version_are_registered_once() -> None:
    registered = registry.workflows()[0]
    again = workflow(
        Link("q", Step(name="a", do=give)), kind=registered.kind, version=registered.version
    )
    with pytest.raises(MiswiredError, match="registered already"):
        registry.add(again)


def test_a_new_version_has_tasks_of_its_own() -> None:
    second = workflow(Link("q", Step(name="a", do=give)), version=2)
    assert second.task_name(second.links[0]) == "wired.v2.a"
    assert second.undo_task_name == "wired.v2.undo"


def test_the_sessions_of_workers_end_before_the_lease_of_a_job() -> None:
    assert all(limit < LEASE * 1000 for limit in settings.DATABASE_TIMEOUTS_MS.values())
