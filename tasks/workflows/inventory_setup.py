"""Set up and update the warehouse (1.3.1): 8.1, 8.2."""

from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import inventory


class InventorySetupInput(TypedDict):
    """The settings to change; null leaves one as it is. Capacity is by kind of product.

    They are changed only in one of the versions `if_match`; null: in any.
    """

    address: str | None
    status: str | None
    capacity: dict[str, int]
    if_match: list[str] | None


INVENTORY_SETUP = register(
    Workflow(
        kind="inventory_setup",
        input=InventorySetupInput,
        links=(Link("inventory", Step(name="set_up_warehouse", do=inventory.set_up)),),
        result="warehouse",
    )
)
