"""All workflows that were imported, by kind and version."""

from tasks.engine.models import Job
from tasks.engine.workflow import MiswiredError, Workflow

_workflows: dict[tuple[str, int], Workflow] = {}


def add(workflow: Workflow) -> None:
    """Make the workflow known. Raises MiswiredError when another has its kind and version."""
    if _workflows.setdefault((workflow.kind, workflow.version), workflow) is not workflow:
        raise MiswiredError(f"{workflow.kind}: version {workflow.version} is registered already.")


def workflow_of(job: Job) -> Workflow:
    """Return the workflow that the job runs. Raises KeyError when this code no longer has it."""
    return _workflows[job.kind, job.version]


def knows(job: Job) -> bool:
    """Return whether this code still has the job's workflow, with the step that is next."""
    workflow = _workflows.get((job.kind, job.version))
    return workflow is not None and job.cursor < len(workflow.steps)


def workflows() -> list[Workflow]:
    """Return every workflow, by kind and version."""
    return [_workflows[name] for name in sorted(_workflows)]


def newest(kind: str) -> Workflow:
    """Return the latest version of a kind of workflow, for new jobs. Raises KeyError."""
    return _workflows[max(name for name in _workflows if name[0] == kind)]
