"""Bodies as a bookshop sees them; a test compares each with its schema and its form."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.serializers.jobs import render_job
from shop.core.errors import ShopError
from shop.core.times import rfc3339
from tasks.engine import registry
from tasks.engine.models import Job, State, StepState

AT = datetime(2026, 3, 2, 8, 15, 30, tzinfo=UTC)
NOW = rfc3339(AT)
JOB_ID = "0195553a-4c10-7d6e-9a4b-2f1e8c7d6b5a"
USER_ID, ACCOUNT_ID, ORDER_ID, PAYMENT_ID = 7, 9, 17, 21
BOOK_ID = 42

PERSON = {"first_name": "Lan", "last_name": "Trần"}
PLACE = {"address": "12 Hàng Bông", "city": "Hà Nội", "country": "Việt Nam"}
CARD = {"method": "card", "token": "tok_ok"}
ITEM = {"product_id": BOOK_ID, "quantity": 2}
AUTHOR = {"id": 3, "author_name": "Paulo Coelho"}
CATEGORY = {"id": 5, "category_name": "Tiểu thuyết"}
PRICED = {"price": "79000", "currency": "VND"}
ABOUT = "Chàng chăn cừu Santiago đi tìm kho báu."
LINE = {
    **ITEM,
    "title": "Nhà giả kim",
    "unit_price": "79000",
    "line_total": "158000",
}
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzaWQiOjF9.c2lnbmF0dXJl"  # noqa: S105  (of nobody)
MAILED = "q3Xb0v7mFh2Jc9RzKpLwTn5sYd8UeGi1oA4BxVMlQfE"
PAYMENT = {
    "id": PAYMENT_ID,
    "order_id": ORDER_ID,
    "provider": "sandbox",
    "method": "card",
    "status": "captured",
    "amount": "158000",
    "refunded": "0",
    "currency": "VND",
    "created_at": NOW,
}
WAREHOUSE = {
    "address": "Kho Gia Lâm",
    "status": "active",
    "capacity": {"book": 10000, "clothes": 2000, "electronic": 500},
    "on_hand": {"book": 3590, "clothes": 0, "electronic": 0},
    "remaining": {"book": 6410, "clothes": 2000, "electronic": 500},
}
STOCK = {
    "product_id": BOOK_ID,
    "title": "Nhà giả kim",
    "on_hand": 12,
    "reserved": 2,
    "available": 10,
}
ORDER = {
    "id": ORDER_ID,
    "user_id": USER_ID,
    "status": "paid",
    "lines": [LINE],
    "total": "158000",
    "currency": "VND",
    "ship_to": {**PERSON, **PLACE},
    "payment": PAYMENT,
    "job_id": JOB_ID,
    "history": [
        {"status": "pending", "at": NOW, "by": ACCOUNT_ID},
        {"status": "paid", "at": NOW, "by": ACCOUNT_ID},
    ],
}

# What a request may hold, by the name of its form.
REQUESTS: dict[str, dict[str, Any]] = {
    "RegistrationForm": {
        "Lan": {
            "username": "lan",
            "password": "bread-and-roses-7",
            "email": "lan@example.com",
            **PERSON,
            **PLACE,
        }
    },
    "LoginForm": {"Lan": {"username": "lan", "password": "bread-and-roses-7"}},
    "PasswordForm": {
        "Lan": {"current_password": "bread-and-roses-7", "new_password": "roses-and-bread-8"}
    },
    "PasswordResetForm": {"Lan": {"email": "lan@example.com"}},
    "PasswordResetConfirmationForm": {
        "Lan": {"token": MAILED, "new_password": "roses-and-bread-8"}
    },
    "EmailVerificationConfirmationForm": {"Lan": {"token": MAILED}},
    "RefreshForm": {"a refresh token": {"refresh": TOKEN}},
    "AuthorForm": {
        "an author": {
            "author_name": "Nguyễn Nhật Ánh",
            "email": "anh@example.com",
            "address": "Thành phố Hồ Chí Minh",
        }
    },
    "CategoryForm": {"a category": {"category_name": "Thiếu nhi"}},
    "BookForm": {
        "a book": {
            "title": "Kính vạn hoa",
            "author_id": 3,
            "category_id": 5,
            "published_date": "1995-12-05",
            "price": "95000",
            "description": "Quý ròm, Tiểu Long và Hạnh.",
        }
    },
    "ElectronicsForm": {
        "a reader": {
            "name": "Máy đọc sách Paperwhite",
            "brand": "Kindle",
            "model": "PW6",
            "price": "4290000",
            "description": "7 inch, 16 GB.",
        }
    },
    "ClothesForm": {
        "a shirt": {
            "name": "Áo thun Nhà giả kim",
            "brand": "Bookshop",
            "size": "M",
            "color": "xanh",
            "price": 180000,
            "description": "Cotton.",
        }
    },
    "CartItemForm": {"two copies": ITEM},
    "CartQuantityForm": {"three copies": {"quantity": 3}, "none: the line goes": {"quantity": 0}},
    "CheckoutForm": {
        "pay by card": {"user_id": USER_ID, "payment": CARD},
        "pay this and no more": {"user_id": USER_ID, "payment": CARD, "expected_total": "158000"},
        "pay on the provider's page": {
            "user_id": USER_ID,
            "payment": {"method": "card", "token": "tok_redirect"},
        },
        "pay later": {"user_id": USER_ID},
    },
    "PaymentForm": {"a card": CARD, "one that is declined": {**CARD, "token": "tok_declined"}},
    "OrderUpdateForm": {"cancel": {"status": "cancelled"}, "ship": {"status": "shipped"}},
    "RefundForm": {"some of it": {"amount": "50000"}, "all that is left": {}},
    "CustomerForm": {"moved": {"address": "5 Tràng Tiền"}},
    "WarehouseForm": {
        "set up": {
            "address": "Kho Gia Lâm",
            "book_quantity": 10000,
            "clothes_quantity": 2000,
            "electronic_quantity": 500,
            "status": "active",
        },
        "close": {"status": "inactive"},
    },
    "GoodsForm": {"ten copies": {"product_id": BOOK_ID, "quantity": 10}},
    "NotificationForm": {
        "news": {
            "user_id": USER_ID,
            "subject": "Sách đã về",
            "body": "Quyển sách bạn hỏi đã có ở cửa hàng.",
        }
    },
    "Webhook": {
        "paid": {
            "type": "payment.paid",
            "timestamp": NOW,
            "data": {"key": f"{JOB_ID}:take_payment", "status": "captured"},
        }
    },
}

CUSTOMER = {
    "user_id": USER_ID,
    "account_id": ACCOUNT_ID,
    "username": "lan",
    "email": "lan@example.com",
    "email_verified": True,
    **PERSON,
    **PLACE,
}
CART = {
    "user_id": USER_ID,
    "items": [{**LINE, "available": 10}],
    "total": "158000",
    "currency": "VND",
}
NOTIFICATION = {
    "id": 88,
    "user_id": USER_ID,
    "order_id": ORDER_ID,
    "subject": f"Your order {ORDER_ID} is paid",
    "body": "Thank you, Lan. We pack it now.",
    "read": False,
    "created_at": NOW,
}
SESSION = {
    "id": 31,
    "created_at": NOW,
    "last_used_at": NOW,
    "expires_at": rfc3339(AT + timedelta(days=14)),
    "address": "192.0.2.17",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "current": True,
}

# What an answer may hold, by the name of its shape; a page of them follows from it.
ANSWERS: dict[str, dict[str, Any]] = {
    "Tokens": {"access": TOKEN, "refresh": TOKEN},
    "Author": AUTHOR,
    "AuthorContact": {**AUTHOR, "email": "paulo@example.com", "address": "Genève"},
    "Category": CATEGORY,
    "Book": {
        "id": BOOK_ID,
        "kind": "book",
        "title": "Nhà giả kim",
        "author": AUTHOR,
        "category": CATEGORY,
        "author_id": AUTHOR["id"],
        "category_id": CATEGORY["id"],
        "published_date": "1988-01-01",
        **PRICED,
        "description": ABOUT,
        "available": 10,
    },
    "Electronics": {
        "id": 401,
        "kind": "electronics",
        **REQUESTS["ElectronicsForm"]["a reader"],
        "currency": "VND",
        "available": 4,
    },
    "Clothes": {
        "id": 402,
        "kind": "clothes",
        **REQUESTS["ClothesForm"]["a shirt"],
        "price": "180000",
        "currency": "VND",
        "available": 25,
    },
    "Customer": CUSTOMER,
    "Cart": CART,
    "Session": SESSION,
    "Export": {
        "account": CUSTOMER,
        "cart": CART,
        "orders": [ORDER],
        "payments": [PAYMENT],
        "notifications": [NOTIFICATION],
        "jobs": [],
        "sessions": [SESSION],
    },
    "Order": ORDER,
    "Payment": PAYMENT,
    "Warehouse": WAREHOUSE,
    "Item": STOCK,
    "Movement": {
        "id": 1001,
        "product_id": BOOK_ID,
        "why": "reservation",
        "on_hand_change": 0,
        "reserved_change": 2,
        "order_id": ORDER_ID,
        "account_id": ACCOUNT_ID,
        "job_id": JOB_ID,
        "created_at": NOW,
    },
    "Notification": NOTIFICATION,
    "Received": {"received": True},
}

# What came of a job that succeeded, by its kind.
RESULTS: dict[str, dict[str, Any]] = {
    "registration": {
        "user_id": USER_ID,
        "account_id": ACCOUNT_ID,
        "fullname_id": 8,
        "address_id": 8,
        "cart_id": 7,
    },
    "password_reset": {},
    "email_verification": {"mail": "sent"},
    "account_deletion": {"account_id": ACCOUNT_ID, "user_id": USER_ID},
    "checkout": {"order_id": ORDER_ID, "payment_id": PAYMENT_ID},
    "payment": {"order_id": ORDER_ID, "payment_id": PAYMENT_ID},
    "order_update": {**ORDER, "status": "shipped"},
    "refund": {"payment_id": PAYMENT_ID, "amount": "50000", "currency": "VND"},
    "inventory_setup": WAREHOUSE,
    "goods_receipt": STOCK,
    "goods_withdrawal": STOCK,
    "capacity_check": {"fits": True, "remaining": 6410},
    "notification": {"notification_id": 88, "mail": "sent"},
}


def queued(kind: str) -> dict[str, Any]:
    """Return a job of this kind that was just accepted."""
    return _job(kind, State.QUEUED, dict.fromkeys(_steps(kind), StepState.PENDING))


def succeeded(kind: str) -> dict[str, Any]:
    """Return a job of this kind that has done all."""
    return _job(kind, State.SUCCEEDED, dict.fromkeys(_steps(kind), StepState.DONE))


def failed(kind: str, *, step: str, error: type[ShopError]) -> dict[str, Any]:
    """Return a job of this kind that was refused in this step, and is undone."""
    names = _steps(kind)
    at = names.index(step)
    states = {
        **dict.fromkeys(names[:at], StepState.UNDONE),
        step: StepState.FAILED,
        **dict.fromkeys(names[at + 1 :], StepState.SKIPPED),
    }
    return _job(kind, State.FAILED, states, error=error)


def _steps(kind: str) -> list[str]:
    return [step.name for step in registry.newest(kind).steps]


def _job(
    kind: str,
    state: State,
    steps: Mapping[str, StepState],
    *,
    error: type[ShopError] | None = None,
) -> dict[str, Any]:
    told = {"code": error.code, "detail": error.detail} if error else None
    begun_at = None if state == State.QUEUED else AT
    return render_job(
        Job(
            id=UUID(JOB_ID),
            kind=kind,
            state=state,
            steps=[_step(name, one, told) for name, one in steps.items()],
            result=RESULTS[kind] if state == State.SUCCEEDED else None,
            error=told,
            created_at=AT,
            started_at=begun_at,
            finished_at=begun_at and begun_at + timedelta(milliseconds=210),
        )
    )


def _step(name: str, state: StepState, error: dict[str, str] | None) -> dict[str, Any]:
    at = None if state in {StepState.PENDING, StepState.SKIPPED} else NOW
    return {
        "name": name,
        "state": str(state),
        "attempts": int(at is not None),
        "started_at": at,
        "finished_at": at,
        "error": error if state == StepState.FAILED else None,
    }
