"""Accept a job: the answer `202`, once per idempotency key, and at once or when it is final."""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, transaction
from rest_framework.request import Request
from rest_framework.response import Response

from api import idempotency, waiting
from api.admission import admission
from api.serializers.jobs import render_job
from tasks.acceptance.asked import Asked
from tasks.engine import jobs
from tasks.engine.jobs import Idempotency
from tasks.engine.models import Job

Begin = Callable[[Idempotency | None], Job]


def accept(request: Request, begin: Begin) -> Response:
    """Answer with the job that `begin` starts, or with the one that the same request started.

    `begin` runs in a transaction and passes its argument on to `jobs.start`. Checks of the
    present state belong into it: it is not called for a repeat. What it raises, is answered and
    leaves the key free. May be repeated with the same key by any number of requests at once.
    Raises TooMuchToDo while too many jobs wait.
    """
    admission.check()
    key = idempotency.of(request)
    with transaction.atomic():
        known = _known(key)
        job = known or begin(key)
    response = answer(request, job)
    if known:
        response["Idempotent-Replayed"] = "true"
    return response


def answer(request: Request, job: Job) -> Response:
    """Answer `202` with an accepted job; with `Prefer: wait` later, and `200` when it is final.

    The job is durable by now: where it cannot be read again, the answer is what is known.
    """
    try:
        job, headers = waiting.until_final(request, job)
    except (DatabaseError, InterfaceError):
        headers = {}
    done = job.is_final and "Preference-Applied" in headers
    headers["Location"] = f"/api/v1/jobs/{job.id}"
    if not done:
        headers["Retry-After"] = "1"
    return Response(render_job(job), status=200 if done else 202, headers=headers)


def request_id(request: Request) -> str:
    """Return the id that stands in the log lines of the request and of the job it starts."""
    return str(getattr(request, "request_id", ""))


def asked(request: Request, key: Idempotency | None) -> Asked:
    """Return who asks, and how, for what `tasks.acceptance` starts."""
    return Asked(account_id=request.user.pk, request_id=request_id(request), idempotency=key)


def _known(key: Idempotency | None) -> Job | None:
    """Return the job that the key has started already; until the commit nobody else decides."""
    if key is None:
        return None
    jobs.lock_key(idempotency=key)
    return jobs.find(idempotency=key)
