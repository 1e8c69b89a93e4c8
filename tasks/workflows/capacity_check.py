"""Check how much room is left (8.6)."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import inventory


class CapacityCheckInput(TypedDict):
    """Which goods."""

    product_id: int
    quantity: int


CAPACITY_CHECK = register(
    Workflow(
        kind="capacity_check",
        input=CapacityCheckInput,
        links=(Link("inventory", Step(name="check_capacity", do=inventory.check_capacity)),),
        result=("fits", "remaining"),
    )
)
