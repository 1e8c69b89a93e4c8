"""What the clock starts, as Celery tasks of the same names.

So the back office offers these names for a row of the timetable, and can run a row at once.
"""

from celery import shared_task

from tasks.schedule import timetable


def register() -> None:
    """Make a task of each kind that the clock can start. May be repeated."""
    for kind in timetable.kinds():
        _task(kind)


def _task(kind: str) -> None:
    @shared_task(name=kind)
    def run() -> None:
        timetable.start_now(kind=kind)
