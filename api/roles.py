"""Staff roles: whose each operation is.

Superusers do everything. All staff read everything; what else somebody does, a role says. A role is
Django's group of that name, which superusers give in the back office. What it may do stands here.
"""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import Any

from shop.core.errors import Refused


class Role(StrEnum):
    """What somebody of the staff is there for; one may have several."""

    CATALOG = auto()
    WAREHOUSE = auto()
    SUPPORT = auto()
    FINANCE = auto()


class Operation(StrEnum):
    """What not everybody of the staff does."""

    WRITE_CATALOG = auto()
    UPDATE_WAREHOUSE = auto()
    RECEIVE_GOODS = auto()
    WITHDRAW_GOODS = auto()
    CHECK_CAPACITY = auto()
    FULFILL_ORDER = auto()
    UPDATE_CUSTOMER = auto()
    DELETE_ACCOUNT = auto()
    CHANGE_CART = auto()
    CHECK_OUT = auto()
    PAY_ORDER = auto()
    CANCEL_ORDER = auto()
    NOTIFY_CUSTOMER = auto()
    CANCEL_JOB = auto()
    RESUME_JOB = auto()
    RECORD_PAYMENT = auto()
    REFUND_ORDER = auto()
    TAKE_BACK_ORDER = auto()
    ASSIGN_ROLES = auto()
    CHANGE_TIMETABLE = auto()


# fmt: off
ROLES: Mapping[Operation, tuple[Role, ...]] = {
    # Authors, categories and products of every kind: added and removed
    Operation.WRITE_CATALOG:    (Role.CATALOG,),

    # The warehouse, and what is packed there: an order that is processing, shipped, delivered
    Operation.UPDATE_WAREHOUSE: (Role.WAREHOUSE,),
    Operation.RECEIVE_GOODS:    (Role.WAREHOUSE,),
    Operation.WITHDRAW_GOODS:   (Role.WAREHOUSE,),
    Operation.CHECK_CAPACITY:   (Role.WAREHOUSE,),
    Operation.FULFILL_ORDER:    (Role.WAREHOUSE,),

    # What customers do themselves, done for them
    Operation.UPDATE_CUSTOMER:  (Role.SUPPORT,),
    Operation.DELETE_ACCOUNT:   (Role.SUPPORT,),
    Operation.CHANGE_CART:      (Role.SUPPORT,),
    Operation.CHECK_OUT:        (Role.SUPPORT,),
    Operation.PAY_ORDER:        (Role.SUPPORT, Role.FINANCE),
    Operation.CANCEL_ORDER:     (Role.SUPPORT,),

    # What customers are told, and what became of what they asked for
    Operation.NOTIFY_CUSTOMER:  (Role.SUPPORT,),
    Operation.CANCEL_JOB:       (Role.SUPPORT,),
    Operation.RESUME_JOB:       (Role.SUPPORT,),

    # Money that came past the provider, and money that goes back: also for what comes back
    Operation.RECORD_PAYMENT:   (Role.FINANCE,),
    Operation.REFUND_ORDER:     (Role.FINANCE,),
    Operation.TAKE_BACK_ORDER:  (Role.FINANCE,),

    # Superusers only
    Operation.ASSIGN_ROLES:     (),
    Operation.CHANGE_TIMETABLE: (),
}

# Whose it is to give an order a status.
MOVES: Mapping[str, Operation] = {
    "pending":    Operation.RECORD_PAYMENT,
    "paid":       Operation.RECORD_PAYMENT,
    "processing": Operation.FULFILL_ORDER,
    "shipped":    Operation.FULFILL_ORDER,
    "delivered":  Operation.FULFILL_ORDER,
    "returned":   Operation.TAKE_BACK_ORDER,
    "cancelled":  Operation.CANCEL_ORDER,
    "failed":     Operation.CANCEL_ORDER,
}
# fmt: on


class RoleNeeded(Refused):
    """Somebody of the staff asks for what is another's work."""

    code = "forbidden"
    detail = "This takes a role that the caller does not have."


def is_staff(account: Any) -> bool:
    """Return whether the account, or nobody's, is of the staff."""
    return bool(account.is_authenticated and account.is_staff)


def may(account: Any, operation: Operation) -> bool:
    """Return whether the account, or nobody's, may do this by a role, or as a superuser."""
    if not is_staff(account):
        return False
    return bool(account.is_superuser or not account.roles.isdisjoint(ROLES[operation]))


def needed(operation: Operation) -> RoleNeeded:
    """Return the error, to be raised, of staff who may not do this."""
    roles = " or ".join(ROLES[operation])
    if not roles:
        return RoleNeeded("Only superusers do this.")
    return RoleNeeded(f"This takes the role {roles}; superusers give it in the back office.")
