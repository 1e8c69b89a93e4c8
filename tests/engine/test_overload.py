"""Three times as many jobs as workers can carry out: all wait, and all are done, in their turn.

Time is played with real rows: no clock is read but PostgreSQL's, and a second is one second less
until everything that is due.
"""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from django.db.models import F

from tasks.engine import publish as publishing
from tasks.engine import recovery, turns
from tasks.engine.models import FINAL, Job
from tasks.engine.publish import Head
from tests.engine.conftest import WORKFLOW, begin, script

pytestmark = pytest.mark.django_db(transaction=True)
# Messages that all workers together carry out in a second; a job takes one for each link.
A_SECOND = 3
# How long three times as many arrive. The last of them wait for longer than a lease.
SECONDS = 16
JOBS = A_SECOND * SECONDS
LINKS = {WORKFLOW.task_name(link): link for link in WORKFLOW.links}
NEEDED = JOBS * len(LINKS) // A_SECOND
A_SECOND_PASSES = timedelta(seconds=1)


class Queue:
    """One queue for all links, in place of the broker, and workers who take what waits longest."""

    def __init__(self) -> None:
        self.second = 0
        # When each was sent, and what is left of its chain: tasks, and the ids in their messages.
        self.waiting: deque[tuple[int, list[tuple[str, str, int]]]] = deque()
        self.came: set[tuple[str, str]] = set()
        # Jobs whose first message for a link did nothing.
        self.passed_over: list[str] = []

    def send(self, jobs: Sequence[Job]) -> bool:
        chain = [(x.task, *x.args) for x in publishing._signatures(jobs)]
        self.waiting.append((self.second, chain))
        return True

    def work(self) -> None:
        """Carry out one message, and send what is left of its chain."""
        _, [(task, job_id, seq), *later] = self.waiting.popleft()
        before = len(script.ran)
        goes_on = turns.forward(WORKFLOW, LINKS[task], job_id=job_id, seq=seq)
        if (task, job_id) not in self.came and len(script.ran) == before:
            self.passed_over.append(job_id)
        self.came.add((task, job_id))
        if goes_on and later:
            self.waiting.append((self.second, later))

    def heads(self) -> dict[str, Head]:
        """Return what is next."""
        if not self.waiting:
            return {}
        sent_at, [(_, job_id, _), *_] = self.waiting[0]
        head = Head(UUID(job_id), age=self.second - sent_at)
        return {link.queue: head for link in WORKFLOW.links}

    def play(self, *, told: bool) -> int:
        """Have the jobs arrive and be worked on to the end; return the seconds that it took.

        Recovery is told whose message is next, or knows nothing of the queue.
        """
        while self.second < SECONDS or Job.objects.exclude(state__in=FINAL).exists():
            for _ in range(A_SECOND if self.second < SECONDS else 0):
                begin()
            for _ in range(min(A_SECOND, len(self.waiting))):
                self.work()
            Job.objects.update(
                due_at=F("due_at") - A_SECOND_PASSES,
                claimed_until=F("claimed_until") - A_SECOND_PASSES,
            )
            self.second += 1
            recovery.recover(self.heads() if told else {})
            assert self.second <= 3 * NEEDED, f"{len(self.waiting)} messages wait still"
        return self.second


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(publishing, "_send", made.send)
    return made


def test_the_first_message_carries_a_job_on_however_long_it_has_waited(
    queue: Queue,
) -> None:
    seconds = queue.play(told=False)
    assert queue.passed_over == []
    assert seconds > NEEDED, "there were no copies: this was no overload"
    assert script.ran.count("first") == script.ran.count("last") == JOBS


def test_while_those_before_it_wait_still_a_job_gets_no_copies(queue: Queue) -> None:
    seconds = queue.play(told=True)
    assert seconds <= NEEDED + 3
    assert queue.passed_over == []
    assert script.ran.count("first") == script.ran.count("last") == JOBS
