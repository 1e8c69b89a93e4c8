"""Register a customer (1.1): account, name, address, customer, cart."""

from dataclasses import replace
from typing import TypedDict

from tasks.engine.links import register
from tasks.engine.workflow import Link, Step, Workflow
from tasks.steps import carts, customers, letters


class RegistrationInput(TypedDict):
    """Who wants to be a customer. The password arrives hashed, as a secret."""

    username: str
    email: str
    first_name: str
    last_name: str
    address: str
    city: str
    country: str


# Jobs that began before new customers were asked to verify their email go on without.
WITHOUT_VERIFICATION = register(
    Workflow(
        kind="registration",
        input=RegistrationInput,
        secrets=("password_hash",),
        links=(
            Link(
                "customers",
                Step(
                    name="create_account",
                    do=customers.create_account,
                    undo=customers.delete_account,
                ),
            ),
            Link(
                "customers",
                Step(
                    name="create_fullname",
                    do=customers.create_full_name,
                    undo=customers.delete_full_name,
                ),
                Step(
                    name="create_address",
                    do=customers.create_address,
                    undo=customers.delete_address,
                ),
            ),
            Link(
                "customers",
                Step(
                    name="create_customer",
                    do=customers.create_customer,
                    undo=customers.delete_customer,
                ),
                Step(name="create_cart", do=carts.create_cart, undo=carts.delete_cart),
            ),
        ),
        result=("user_id", "account_id", "fullname_id", "address_id", "cart_id"),
    )
)

*FIRST, LAST = WITHOUT_VERIFICATION.links

REGISTRATION = register(
    replace(
        WITHOUT_VERIFICATION,
        version=2,
        links=(
            *FIRST,
            # A job of its own, which nothing waits for.
            Link(
                LAST.queue,
                *LAST.steps,
                Step(name="begin_verification", do=letters.begin_verification),
            ),
        ),
    )
)
