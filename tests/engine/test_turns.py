"""A job goes forward, back, or waits: one rule of the engine each."""

import threading
import time
from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import OperationalError, connection
from pytest_django import Settings

from shop.catalog.models import Author
from shop.core.errors import Refused, Unavailable
from tasks.engine import turn as engine
from tasks.engine import turns, vault
from tasks.engine.models import Job, State
from tests.engine.conftest import WORKFLOW, begin, deliver, finish, script, states

pytestmark = pytest.mark.django_db(transaction=True)


def traces() -> list[str]:
    return list(Author.objects.order_by("pk").values_list("author_name", flat=True))


def test_a_job_runs_its_steps_in_order_and_ends_with_its_result() -> None:
    job = finish(begin())
    assert script.ran == ["first", "ask", "record", "last"]
    assert job.state == State.SUCCEEDED
    assert job.result == {"first_id": 1, "second_id": 2}
    assert states(job) == {"first": "done", "extra": "skipped", "ask": "done", "last": "done"}
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.created_at <= job.started_at <= job.finished_at
    first = datetime.fromisoformat(job.steps[0]["started_at"])
    assert abs((job.started_at - first).total_seconds()) < 0.002


def test_a_conditional_step_runs_where_its_input_is_there() -> None:
    job = finish(begin(optional="salt"))
    assert "extra salt" in script.ran
    assert states(job)["extra"] == "done"


def test_a_link_is_one_commit_that_raises_seq_by_one() -> None:
    job = begin()
    assert [deliver(job).seq for _ in range(3)] == [1, 2, 3]


def test_a_second_copy_of_a_message_does_nothing() -> None:
    job = begin()
    deliver(job, seq=0)
    deliver(job, seq=0)
    assert script.ran == ["first"]
    assert traces() == ["first"]


def test_copies_that_arrive_at_the_same_moment_run_a_step_once() -> None:
    job = begin()
    gate = threading.Barrier(4)

    def worker() -> None:
        gate.wait()
        deliver(Job(pk=job.pk, kind="example", version=1), seq=0)
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert traces() == ["first"]
    job.refresh_from_db()
    assert job.seq == 1


def test_a_late_copy_of_an_ended_job_does_nothing() -> None:
    job = finish(begin())
    before = list(script.ran)
    for seq in range(job.seq + 1):
        for link in WORKFLOW.links:
            assert not turns.forward(WORKFLOW, link, job_id=job.pk, seq=seq)
        turns.backward(WORKFLOW, job_id=job.pk, seq=seq)
    assert script.ran == before


def test_what_a_step_did_and_that_it_did_it_are_one_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = begin()
    with monkeypatch.context() as patch:
        patch.setattr(engine.Turn, "save", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver(job)
    assert traces() == []
    assert finish(job).state == State.SUCCEEDED
    assert traces() == ["first", "ask", "record", "last"]


def test_a_call_runs_outside_any_transaction_with_its_own_key() -> None:
    job = finish(begin())
    assert script.outside == [True]
    assert script.keys == [f"{job.pk}:ask"]


def test_a_refusal_undoes_what_was_done_backwards() -> None:
    script.errors["ask"] = [Refused("no")]
    job = finish(begin(optional="salt"))
    assert script.ran == [
        *("first", "extra salt", "ask"),
        *("undo ask", "record undo", "undo first failed", "take back"),
    ]
    assert job.state == State.FAILED
    assert job.error == {"code": "refused", "detail": "no"}
    assert job.result is None
    assert states(job) == {"first": "undone", "extra": "undone", "ask": "failed", "last": "skipped"}


def test_a_refused_step_leaves_nothing_of_its_own_behind() -> None:
    script.errors["first"] = [Refused("no")]
    job = finish(begin())
    assert traces() == ["take back"]
    assert states(job)["first"] == "failed"


def test_a_call_that_was_refused_is_taken_back_under_the_same_key() -> None:
    script.errors["ask"] = [Refused("no")]
    job = finish(begin())
    assert script.keys == [f"{job.pk}:ask"] * 2
    assert script.outside == [True, True]


def test_a_passing_fault_is_tried_again_later_and_counts() -> None:
    script.errors["ask"] = [Unavailable(), Unavailable()]
    job = begin()
    deliver(job)
    deliver(job)
    assert job.attempt == 1
    assert job.publications == 0
    assert states(job)["ask"] == "running"
    job = finish(job)
    assert job.state == State.SUCCEEDED
    assert next(step for step in job.steps if step["name"] == "ask")["attempts"] == 3
    assert script.keys == [f"{job.pk}:ask"] * 3


def test_a_fault_that_does_not_pass_is_given_up_and_the_call_in_doubt_undone() -> None:
    script.errors["ask"] = [Unavailable("away")] * engine.TRIES
    job = finish(begin())
    assert job.state == State.FAILED
    assert job.error == {"code": "unavailable", "detail": "away"}
    assert script.ran.count("ask") == engine.TRIES
    assert script.ran[-4:] == ["undo ask", "record undo", "undo first failed", "take back"]


def test_a_bug_is_tried_a_few_times_then_undone_and_its_text_is_not_shown() -> None:
    script.errors["first"] = [ValueError("s3cret")] * engine.BUG_TRIES
    job = finish(begin())
    assert script.ran.count("first") == engine.BUG_TRIES
    assert job.state == State.FAILED
    assert job.error is not None
    assert job.error["code"] == "internal_error"
    assert "s3cret" not in str([job.error, job.steps])


def test_the_pauses_between_attempts_grow_and_stay_below_their_limit() -> None:
    seconds = [engine.pause(attempts).total_seconds() for attempts in range(1, 12)]
    assert 0.75 <= seconds[0] <= 1.25
    assert 3 <= seconds[2] <= 5
    assert all(pause <= engine.LONGEST_PAUSE * 1.25 for pause in seconds)


def test_after_the_pivot_a_fault_is_tried_until_it_passes() -> None:
    script.errors["last"] = [Unavailable()] * (engine.FORWARD_TRIES - 1)
    assert finish(begin()).state == State.SUCCEEDED


def test_after_the_pivot_a_job_that_cannot_go_on_is_stuck_and_never_undone() -> None:
    script.errors["last"] = [Refused("never")]
    job = finish(begin())
    assert job.state == State.STUCK
    assert job.due_at is None
    assert job.finished_at is None
    assert states(job) == {"first": "done", "extra": "skipped", "ask": "done", "last": "failed"}
    assert not any(name.startswith("undo") for name in script.ran)


def test_an_undo_is_tried_again_and_then_stuck() -> None:
    script.errors["ask"] = [Refused("no")]
    script.errors["undo ask"] = [Unavailable()] * engine.FORWARD_TRIES
    job = finish(begin())
    assert job.state == State.STUCK
    assert script.ran.count("undo ask") == engine.FORWARD_TRIES
    ask = next(step for step in job.steps if step["name"] == "ask")
    assert ask["error"]["code"] == "unavailable", "the step tells why it cannot be undone"
    assert "undo first failed" not in script.ran


def test_an_undo_that_passes_in_the_end_is_done_once() -> None:
    script.errors["ask"] = [Refused("no")]
    script.errors["undo first failed"] = [Unavailable(), ValueError()]
    job = finish(begin())
    assert job.state == State.FAILED
    assert traces().count("undo first failed") == 1
    assert traces().count("take back") == 1


def test_a_database_that_fails_counts_as_nothing_and_the_job_comes_back_at_once() -> None:
    script.errors["first"] = [OperationalError("gone")]
    job = deliver(begin())
    assert (job.seq, job.attempt, job.publications) == (0, 0, 0)
    assert traces() == []
    assert finish(job).state == State.SUCCEEDED


@pytest.mark.parametrize("sqlstate", ["40P01", "55P03", "57014"])
def test_a_statement_that_the_database_gives_up_counts_as_a_passing_fault(sqlstate: str) -> None:
    def give_up() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$")

    script.within["first"] = give_up
    job = deliver(begin())
    assert (job.attempt, states(job)["first"]) == (1, "running")
    assert job.steps[0]["error"]["code"] == "database_busy"
    script.within.clear()
    assert finish(job).state == State.SUCCEEDED
    assert traces().count("first") == 1


def test_a_session_that_the_database_ends_in_a_step_counts_as_nothing() -> None:
    def end_my_session() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 50")
            time.sleep(0.3)
            cursor.execute("SELECT 1")

    script.within["first"] = end_my_session
    job = deliver(begin())
    assert (job.seq, job.attempt) == (0, 0)
    script.within.clear()
    assert finish(job).state == State.SUCCEEDED
    assert traces().count("first") == 1


def test_a_final_job_keeps_nothing_that_it_needed_on_its_way() -> None:
    script.errors["ask"] = [Refused("no")]
    for job in (finish(begin()), finish(begin())):
        assert (job.input, job.data, job.secrets) == ({}, {}, None)


def test_a_secret_is_encrypted_and_goes_with_the_commit_that_last_needs_it() -> None:
    job = deliver(begin())
    assert job.secrets is not None
    assert b"t0p" not in bytes(job.secrets)
    assert deliver(job).secrets is None
    assert script.tokens == ["t0p"]


def test_a_job_whose_secrets_cannot_be_read_any_more_still_ends(
    settings: Settings,
) -> None:
    job = deliver(begin())
    settings.SHOP_JOBS_KEY = Fernet.generate_key().decode()
    vault._cipher.cache_clear()
    try:
        job = finish(job)
    finally:
        vault._cipher.cache_clear()
    assert job.state == State.FAILED
    assert script.tokens == []
    assert "undo first failed" in script.ran


def test_a_secret_goes_when_a_job_turns_back() -> None:
    script.errors["ask"] = [Refused("no")]
    job = deliver(deliver(begin()))
    assert job.state == State.COMPENSATING
    assert job.secrets is None


@pytest.mark.parametrize(
    "change",
    [
        {"state": "lost"},
        {"state": State.SUCCEEDED},
        {"due_at": None},
        {"state": State.SUCCEEDED, "due_at": None},
        {"finished_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_the_database_refuses_rows_that_cannot_be(change: dict[str, Any]) -> None:
    job = begin()
    with pytest.raises(Exception, match="job_"):
        Job.objects.filter(pk=job.pk).update(**change)
