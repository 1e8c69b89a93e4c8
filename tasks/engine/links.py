"""Workflows as Celery tasks: one for each link, and one that undoes."""

from uuid import UUID

from celery import Task, shared_task

from tasks.engine import batches, registry, turns
from tasks.engine.workflow import Link, Workflow


def register(workflow: Workflow) -> Workflow:
    """Make the workflow known to the engine and to Celery, and return it."""
    registry.add(workflow)
    for link in workflow.links:
        _link_task(workflow, link)
    _undo_task(workflow)
    return workflow


def _link_task(workflow: Workflow, link: Link) -> None:
    @shared_task(bind=True, name=workflow.task_name(link))
    def run(self: Task, job_id: str, seq: int, *more: str | int) -> None:
        if more:
            goes_on = batches.forward(workflow, link, messages=_paired(job_id, seq, *more))
        else:
            goes_on = turns.forward(workflow, link, job_id=job_id, seq=seq)
        if not goes_on:
            # Celery sends what is left of the chain unless it is told that nothing is.
            self.request.chain = None


def _undo_task(workflow: Workflow) -> None:
    @shared_task(name=workflow.undo_task_name)
    def undo(job_id: str, seq: int) -> None:
        turns.backward(workflow, job_id=job_id, seq=seq)


def _paired(*arguments: str | int) -> dict[UUID, int]:
    """Return the jobs of a message: an id and its `seq`, one after the other."""
    return {
        UUID(str(job_id)): int(seq)
        for job_id, seq in zip(arguments[::2], arguments[1::2], strict=True)
    }
