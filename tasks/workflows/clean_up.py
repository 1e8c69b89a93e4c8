"""Delete what is old: finished jobs with their keys, ended logins, messages of providers."""

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import upkeep
from tasks.workflows.scheduled import Scheduled

CLEAN_UP = register(
    Workflow(
        kind="clean_up",
        input=Scheduled,
        links=(
            # What is deleted is gone, and each step deletes what it would another time.
            Link(
                "customers",
                Step(name="delete_jobs", do=upkeep.delete_jobs, pivot=True),
                Step(name="delete_logins", do=upkeep.delete_logins),
                Step(name="delete_events", do=upkeep.delete_events),
            ),
        ),
        result=("jobs", "logins", "events"),
    )
)
