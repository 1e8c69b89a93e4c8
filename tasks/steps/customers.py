"""Steps that call the customers service (specification 4), each with its undo."""

from typing import TypedDict
from uuid import UUID

from shop.customers import services as customers


class AccountCreated(TypedDict):
    """What `create_account` adds to the job."""

    account_id: int


class FullNameCreated(TypedDict):
    """What `create_full_name` adds to the job."""

    fullname_id: int


class AddressCreated(TypedDict):
    """What `create_address` adds to the job."""

    address_id: int


class CustomerCreated(TypedDict):
    """What `create_customer` adds to the job."""

    user_id: int


def create_account(
    *, job_id: UUID, username: str, email: str, password_hash: str
) -> AccountCreated:
    """Create the account (4.1). Raises UsernameTaken or EmailTaken when the race is lost."""
    return {
        "account_id": customers.create_account(
            username=username, email=email, password_hash=password_hash, job_id=job_id
        )
    }


def delete_account(*, account_id: int) -> None:
    """Undo `create_account` (4.2)."""
    customers.delete_account(account_id=account_id)


def create_full_name(*, job_id: UUID, first_name: str, last_name: str) -> FullNameCreated:
    """Create the name (4.3)."""
    return {
        "fullname_id": customers.create_full_name(
            first_name=first_name, last_name=last_name, job_id=job_id
        )
    }


def delete_full_name(*, fullname_id: int) -> None:
    """Undo `create_full_name`."""
    customers.delete_full_name(fullname_id=fullname_id)


def create_address(*, job_id: UUID, address: str, city: str, country: str) -> AddressCreated:
    """Create the address (4.4)."""
    return {
        "address_id": customers.create_address(
            address=address, city=city, country=country, job_id=job_id
        )
    }


def delete_address(*, address_id: int) -> None:
    """Undo `create_address`."""
    customers.delete_address(address_id=address_id)


def create_customer(
    *, job_id: UUID, account_id: int, fullname_id: int, address_id: int
) -> CustomerCreated:
    """Create the customer (4.5): from now on the account can log in."""
    return {
        "user_id": customers.create_customer(
            account_id=account_id, fullname_id=fullname_id, address_id=address_id, job_id=job_id
        )
    }


def delete_customer(*, user_id: int) -> None:
    """Undo `create_customer`."""
    customers.delete_customer(user_id=user_id)
