"""What the clock starts, with two beats that are killed in turn."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from config.local.programs import Command
from tests.journeys.books import Books
from tests.journeys.client import poll
from tests.journeys.processes import Process, Shop

ROW = "Every second"


@pytest.fixture
def beats(shop: Shop, books: Books) -> Iterator[list[Process]]:
    """Two beats, and a row that is due each second instead of those of every day."""
    books.write("UPDATE django_celery_beat_periodictask SET enabled = false")
    books.write(
        "WITH second AS (INSERT INTO django_celery_beat_intervalschedule (every, period)"
        " VALUES (1, 'seconds') RETURNING id)"
        " INSERT INTO django_celery_beat_periodictask (name, task, interval_id, args, kwargs,"
        " headers, one_off, enabled, total_run_count, date_changed, description)"
        " SELECT %s, 'clean_up', id, '[]', '{}', '{}', false, true, 0, now(), '' FROM second",
        ROW,
    )
    program = shop.beat
    assert isinstance(program, Command)
    found = [
        Process(replace(program, name=name, log=program.log.with_name(f"{name}.log")))
        for name in ("beat-1", "beat-2")
    ]
    for beat in found:
        beat.start()
    try:
        yield found
    finally:
        for beat in found:
            beat.kill()
        books.write("DELETE FROM django_celery_beat_periodictask WHERE name = %s", ROW)


def slots(books: Books) -> list[datetime]:
    """Return the slots of the row that became jobs, in the order of the jobs."""
    query = (
        "SELECT idempotency_key AS key FROM jobs_job WHERE scope = 'schedule'"
        " AND idempotency_key LIKE %s ORDER BY created_at"
    )
    return [
        datetime.fromisoformat(row["key"].removeprefix(f"schedule:{ROW}:"))
        for row in books.rows(query, f"schedule:{ROW}:%")
    ]


def gaps(found: list[datetime]) -> list[float]:
    """Return the seconds between each slot and the next."""
    return [(b - a).total_seconds() for a, b in pairwise(found)]


def test_two_beats_start_each_slot_once_and_one_alone_goes_on(
    shop: Shop, books: Books, beats: list[Process]
) -> None:
    poll(lambda: len(slots(books)) >= 6, seconds=40, what="six slots of two beats")
    for beat in beats:
        beat.kill()
        number = len(slots(books))
        poll(lambda n=number: len(slots(books)) >= n + 4, seconds=20, what="one beat goes on")  # type: ignore[misc]
        beat.start()
    found = slots(books)
    assert len(set(found)) == len(found)
    assert found == sorted(found)
    # Looking once a second it may now and then be late for one, but never stands still.
    assert max(gaps(found)) <= 10
    for beat in beats:
        beat.kill()
    books.await_all_final(seconds=20)
    assert books.rows("SELECT DISTINCT state FROM jobs_job WHERE kind = 'clean_up'") == [
        {"state": "succeeded"}
    ]
    assert books.differences() == []
    shown = shop.staff.get("jobs?kind=clean_up").expect(200)["results"]
    assert {step["name"] for step in shown[0]["steps"]} == {
        "delete_jobs",
        "delete_logins",
        "delete_events",
        "delete_guesses",
        "delete_tokens",
    }


def test_beats_survive_the_database_and_the_broker(
    shop: Shop, books: Books, beats: list[Process]
) -> None:
    poll(lambda: len(slots(books)) >= 2, seconds=40, what="two slots")
    with shop.without("redis"):
        number = len(slots(books))
        poll(lambda: len(slots(books)) >= number + 3, seconds=20, what="slots without a broker")
    with shop.without("postgres"):
        time.sleep(3)
    number = len(slots(books))
    poll(lambda: len(slots(books)) >= number + 3, seconds=20, what="slots after the database")
    assert all(beat.is_running for beat in beats)
    assert len(set(slots(books))) == len(slots(books))
    assert any(re.search("database_failed", beat.logs()) for beat in beats)
    for beat in beats:
        beat.kill()
    books.await_all_final(seconds=60)
    assert books.differences() == []
