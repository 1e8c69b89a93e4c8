"""Jobs: what every accepted request can be followed by."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api import waiting
from api.accepting import answer
from api.pagination import page
from api.permissions import account_id, caller_id, is_staff, require, staff_who
from api.roles import Operation
from api.schema import PREFER, answers, page_of
from api.serializers.base import Nothing
from api.serializers.jobs import JobQuery, JobShape, render_job
from api.views.base import View
from shop.core.errors import NotFound
from tasks.engine import jobs
from tasks.engine.models import Job

# Kinds that anyone may start: without an owner, they are whoever's who holds the id.
OPEN_KINDS = {"registration", "password_reset"}


def owns(request: Request, job: Job) -> bool:
    """Return whether the job is the caller's."""
    if job.owner_id is None:
        return job.kind in OPEN_KINDS
    return job.owner_id == caller_id(request)


def visible(request: Request, job_id: UUID) -> Job:
    """Return the job, if the caller may read it: its owner, whom it is for, and staff.

    Raises NotFound, or NotAuthenticated without a token, whether or not there is such a job:
    another's is not even read.
    """
    if is_staff(request):
        return jobs.get(job_id=job_id)
    try:
        return jobs.get_for(job_id=job_id, account_id=caller_id(request), open_kinds=OPEN_KINDS)
    except NotFound:
        if not request.user.is_authenticated:
            raise NotAuthenticated from None
        raise


class JobView(View):
    """One job; with `Prefer: wait` when it is final, or the time is over."""

    permission_classes = (AllowAny,)

    @answers(JobShape, summary="Follow a job", headers=(PREFER,), refuses=("not_authenticated",))
    def get(self, request: Request, job_id: UUID) -> Response:
        """Read a job."""
        job = visible(request, job_id)
        job, headers = waiting.until_final(request, job)
        return Response(render_job(job), headers=headers)


class JobsView(View):
    """The caller's jobs, or all of them for staff."""

    query: ClassVar = JobQuery

    @answers(page_of(JobShape), summary="List jobs")
    def get(self, request: Request) -> Response:
        """List jobs, newest first."""
        rows = jobs.listed(
            account_id=None if is_staff(request) else account_id(request),
            kind=self.parameters.get("kind"),
            state=self.parameters.get("state"),
        )
        return page(request, rows, order=("-created_at", "-id"), render=_render)


class JobCancelView(View):
    """The request that what a job did be undone."""

    permission_classes = (AllowAny,)

    @answers(
        JobShape,
        status=202,
        summary="Cancel a job",
        headers=(PREFER,),
        refuses=("not_authenticated", "forbidden", jobs.JobFinal, jobs.JobPastCancel),
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Cancel a job. May be repeated until the job is final."""
        job = visible(request, job_id)
        if not owns(request, job):
            require(request, Operation.CANCEL_JOB)
        Nothing.parse(request)
        return answer(request, jobs.cancel(job_id=job.id, account_id=caller_id(request)))


class JobResumeView(View):
    """That a stuck job goes on."""

    permission_classes = (staff_who(Operation.RESUME_JOB),)

    @answers(
        JobShape,
        status=202,
        summary="Resume a stuck job",
        headers=(PREFER,),
        refuses=(jobs.JobNotStuck,),
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Have a stuck job try again from the step that is stuck."""
        Nothing.parse(request)
        return answer(request, jobs.resume(job_id=job_id, account_id=account_id(request)))


def _render(found: Sequence[Job]) -> list[dict[str, Any]]:
    """Return the jobs as JSON."""
    return [render_job(job) for job in found]
