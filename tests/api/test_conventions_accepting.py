"""Starting jobs: once per key, and waiting for them."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from api import accepting, admission, waiting
from api.accepting import accept
from api.admission import Admission, TooMuchToDo
from api.serializers.base import Form
from api.serializers.fields import IntegerField
from api.views.base import OpenView
from shop.core.errors import Refused
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job
from tasks.workflows.capacity_check import CAPACITY_CHECK
from tests.api.callers import new_account

pytestmark = pytest.mark.django_db(transaction=True)


class CheckForm(Form):
    product_id = IntegerField()
    quantity = IntegerField()


class Checks(OpenView):
    authentication_classes = ()

    def post(self, request: Request) -> Response:
        form = CheckForm.parse(request)

        def begin(key: Idempotency | None) -> Job:
            if form["quantity"] == 0:
                raise Refused
            return jobs.start(CAPACITY_CHECK, input=form, owner_id=None, idempotency=key)

        return accept(request, begin)

    put = post


BODY = {"product_id": 1, "quantity": 2}
TURNS = ("BEGIN", "COMMIT")


def send(
    body: Any = None,
    *,
    user: Any = None,
    path: str = "/checks",
    method: str = "post",
    **headers: str,
) -> Any:
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    request = getattr(APIRequestFactory(), method)(path, body or BODY, format="json", **named)
    force_authenticate(request, user or AnonymousUser())
    return Checks.as_view()(request).render()


def finish(job_id: str) -> None:
    Job.objects.filter(pk=job_id).update(
        state="succeeded", due_at=None, finished_at=Now(), secrets=None, result={"fits": True}
    )


def test_a_job_is_accepted() -> None:
    response = send()
    job_id = response.data["id"]
    assert response.status_code == 202
    assert response["Location"] == f"/api/v1/jobs/{job_id}"
    assert response["Retry-After"] == "1"
    assert response.data["state"] == "queued"
    assert response.data["created_at"].endswith("Z")
    assert Job.objects.get().pk == UUID(job_id)
    assert "Idempotent-Replayed" not in response


def test_accepting_without_a_key_asks_for_none() -> None:
    with CaptureQueriesContext(connection) as queries:
        send()
    assert [query["sql"].split()[0] for query in queries if query["sql"] not in TURNS] == ["INSERT"]


def test_a_key_costs_a_lock_and_a_look() -> None:
    with CaptureQueriesContext(connection) as queries:
        send(idempotency_key="a")
    words = [query["sql"].split()[0] for query in queries if query["sql"] not in TURNS]
    assert words == ["SELECT", "SELECT", "INSERT"]


def test_while_too_many_jobs_wait_no_more_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Admission()
    monkeypatch.setattr(accepting, "admission", found)
    monkeypatch.setattr(admission, "MOST", 1)
    for _ in range(2):
        found.look()
        assert send().status_code == 202
    found.look()
    refused = send(idempotency_key='"later"')
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert refused.data["code"] == "unavailable"
    assert Job.objects.count() == 2
    last = Job.objects.filter(pk=Job.objects.latest("pk").pk)
    # Begun, and its next message waits for a worker.
    last.update(state="running")
    found.look()
    assert send(idempotency_key='"later"').status_code == 503
    # It waits for somebody else.
    last.update(state="waiting", publications=0)
    found.look()
    assert send(idempotency_key='"later"').status_code == 202


def test_a_look_at_the_queue_that_fails_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*, more_than: int) -> bool:
        raise RuntimeError(f"more than {more_than}?")

    found = Admission()
    monkeypatch.setattr(admission, "MOST", -1)
    found.look()
    with pytest.raises(TooMuchToDo):
        found.check()
    monkeypatch.setattr(jobs, "are_to_do", fail)
    found.switch_on()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return found.check()
        except TooMuchToDo:
            time.sleep(0.01)
    pytest.fail("nobody gets in any more")


def test_the_same_request_again_is_the_same_job() -> None:
    first, again = send(idempotency_key="a"), send(idempotency_key='"a"')
    assert again.status_code == 202
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert again.data["id"] == first.data["id"]
    finish(first.data["id"])
    assert send(idempotency_key="a").data["state"] == "succeeded"
    assert Job.objects.count() == 1


def test_the_order_and_spaces_of_the_body_do_not_matter() -> None:
    first = send({"product_id": 1, "quantity": 2}, idempotency_key="a")
    again = send({"quantity": 2, "product_id": 1}, idempotency_key="a")
    assert again.data["id"] == first.data["id"]


@pytest.mark.parametrize(
    "other",
    [{"body": {"product_id": 1, "quantity": 3}}, {"path": "/other"}, {"method": "put"}],
)
def test_the_same_key_for_another_request_is_422(other: dict[str, Any]) -> None:
    send(idempotency_key="a")
    response = send(idempotency_key="a", **other)
    assert (response.status_code, response.data["code"]) == (422, "idempotency_key_reused")
    assert Job.objects.count() == 1


def test_keys_belong_to_their_caller() -> None:
    one, other = new_account(), new_account()
    found = {send(user=user, idempotency_key="a").data["id"] for user in (one, other, None, one)}
    assert len(found) == 3


def test_a_refusal_leaves_the_key_free() -> None:
    refused = send({"product_id": 1, "quantity": 0}, idempotency_key="a")
    assert refused.status_code == 409
    assert send({"product_id": 1, "quantity": 1}, idempotency_key="a").status_code == 202


def test_invalid_input_comes_before_the_key() -> None:
    send(idempotency_key="a")
    response = send({"product_id": "1"}, idempotency_key="a")
    assert (response.status_code, response.data["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    "key", ["", " ", '""', '"', '"a', 'a"', "é", "a\x7f", "a" * 256, '"' + "a" * 256 + '"']
)
def test_a_key_that_is_none_is_422(key: str) -> None:
    response = send(idempotency_key=key)
    assert response.status_code == 422
    assert response.data["errors"][0]["field"] == "Idempotency-Key"
    assert Job.objects.count() == 0


def test_a_key_has_up_to_255_characters() -> None:
    assert send(idempotency_key="a" * 255).status_code == 202
    again = send(idempotency_key='"' + "a" * 255 + '"')
    assert again["Idempotent-Replayed"] == "true"


def at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def run() -> Any:
        try:
            barrier.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return [future.result() for future in [threads.submit(run) for _ in range(count)]]


def test_many_requests_at_one_moment_make_one_job() -> None:
    responses = at_once(12, lambda: send(idempotency_key="a"))
    assert {response.status_code for response in responses} == {202}
    assert len({response.data["id"] for response in responses}) == 1
    assert sum("Idempotent-Replayed" not in response for response in responses) == 1
    assert Job.objects.count() == 1


@pytest.fixture
def finishing() -> Iterator[None]:
    """Finish every job within a moment, as a worker would."""
    over = threading.Event()

    def work() -> None:
        try:
            while not over.wait(0.05):
                for job_id in Job.objects.filter(state="queued").values_list("pk", flat=True):
                    finish(str(job_id))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("finishing")
def test_who_prefers_to_wait_gets_the_final_job() -> None:
    started = time.monotonic()
    response = send(prefer="wait=10")
    assert time.monotonic() - started < 2
    assert response.status_code == 200
    assert response["Preference-Applied"] == "wait=10"
    assert "Retry-After" not in response
    assert response.data["state"] == "succeeded"


@pytest.mark.usefixtures("finishing")
def test_many_may_wait_for_one_job() -> None:
    responses = at_once(8, lambda: send(idempotency_key="a", prefer="wait=10"))
    assert {response.status_code for response in responses} == {200}


def test_waiting_ends_when_the_time_is_over() -> None:
    started = time.monotonic()
    response = send(prefer="respond-async, wait=1")
    assert 1 <= time.monotonic() - started < 2
    assert response.status_code == 202
    assert response["Preference-Applied"] == "wait=1"


def test_a_repeat_waits_too_and_is_200_when_the_job_is_final() -> None:
    job_id = send(idempotency_key="a").data["id"]
    finish(job_id)
    response = send(idempotency_key="a", prefer="wait=5")
    assert response.status_code == 200
    assert response["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("wait=7", 7),
        ("WAIT = 7", 7),
        ('wait="7"', 7),
        ("wait=007", 7),
        ("wait=7; x=y", 7),
        ("respond-async, wait=7", 7),
        ("wait=7, wait=9", 7),
        ("return=minimal;a, , wait=7", 7),
        ("wait=31", 30),
        ("wait=" + "9" * 5000, 30),
        ("wait=0", 0),
        ("", None),
        ("wait", None),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=x", None),
        ("wait=٣", None),
        ("waiting=7", None),
        ("wait 7", None),
        ("respond-async", None),
    ],
)
def test_the_preference_is_read_as_the_standard_has_it(header: str, expected: int | None) -> None:
    request = Request(APIRequestFactory().get("/", HTTP_PREFER=header))
    assert waiting.seconds(request) == expected


@pytest.mark.parametrize("header", ["wait=x", "respond-async"])
def test_a_preference_that_is_none_is_ignored(header: str) -> None:
    response = send(prefer=header)
    assert response.status_code == 202
    assert "Preference-Applied" not in response


def test_when_too_many_wait_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "watcher", waiting.Watcher(limit=0))
    response = send(prefer="wait=10")
    assert response.status_code == 202
    assert "Preference-Applied" not in response


def test_who_waits_holds_no_connection() -> None:
    held: list[Any] = []

    class Looking(waiting.Watcher):
        def _wait(self, job_id: UUID, seconds: float) -> None:
            held.append(connection.connection)

    job = jobs.get(job_id=UUID(send().data["id"]))
    Looking().wait(job.pk, seconds=1)
    assert held == [None]


def test_the_watcher_survives_the_databases_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, real = [], jobs.final

    def final(**kwargs: Any) -> set[UUID]:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("gone")
        return real(**kwargs)

    monkeypatch.setattr(jobs, "final", final)
    job_id = UUID(send().data["id"])
    finish(str(job_id))
    started = time.monotonic()
    waiting.Watcher().wait(job_id, seconds=10)
    assert time.monotonic() - started < 5
    assert len(calls) == 2


def test_a_job_that_cannot_be_read_again_is_still_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(**_: Any) -> Job:
        raise OperationalError("gone")

    monkeypatch.setattr(jobs, "get", gone)
    response = send(prefer="wait=1")
    assert response.status_code == 202
    assert "Preference-Applied" not in response
