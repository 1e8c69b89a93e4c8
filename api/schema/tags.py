"""Operations by the functions of the specification, in its order."""

# A tag, what it is about, and with which words the paths of its operations begin.
TAGS = (
    ("1.1 Registration", "Become a customer.", ("registrations",)),
    (
        "1.2 Login",
        "Log in, go on, log out; passwords, and the email by which they are set anew.",
        ("auth",),
    ),
    ("1.3 Warehouse", "What there is, comes, goes and fits in (8).", ("inventory",)),
    ("1.4 Cart", "Choose, and buy (5, 3.1).", ("carts", "checkouts")),
    ("1.5 Orders", "Track orders, and move them on (3).", ("orders",)),
    (
        "2.1 Books",
        "Books, their authors and categories. Anyone may read.",
        ("authors", "categories", "books"),
    ),
    ("2.2 Electronics", "Products of another kind.", ("electronics",)),
    ("2.3 Clothes", "And of a third.", ("clothes",)),
    ("4 Customers", "Customers, and their accounts.", ("me", "customers", "accounts")),
    ("6 Payments", "What was paid, and what providers tell.", ("payments", "webhooks")),
    ("7 Notifications", "What customers are told.", ("notifications",)),
    ("Jobs", "What every accepted request can be followed by.", ("jobs",)),
)
_OF = {word: tag for tag, _, words in TAGS for word in words}


def of(path: str) -> str:
    """Return the tag of an operation's path. Raises KeyError for one that has no row yet."""
    return _OF[path.removeprefix("/api/v1/").partition("/")[0]]


def described() -> list[dict[str, str]]:
    """Return all of them with their descriptions."""
    return [{"name": tag, "description": about} for tag, about, _ in TAGS]
