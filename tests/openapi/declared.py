"""Whether an answer is one of those that the pinned description declares for its operation."""

import re
from functools import cache
from typing import Any

from tests.openapi import pinned


def check(method: str, path: str, status: int, body: Any) -> None:
    """Assert that an operation may answer so; what is no operation may answer anything.

    For an error its `code` counts as well.
    """
    found = _operation(method.lower(), path.partition("?")[0])
    if found is None:
        return
    name, answers = found
    assert status in answers, f"{name} answered {status}, which its decorator does not declare"
    codes = answers[status]
    code = body.get("code") if codes and isinstance(body, dict) else None
    assert not codes or code in codes, (
        f"{name} answered {status} {code}: declare it in `refuses`, then run `make schema`"
    )


def of_fields() -> set[str]:
    """Return the codes for which operations declare that a field may be refused."""
    examples = [
        example["value"]
        for answer in pinned.kept()["components"]["responses"].values()
        for example in answer["content"]["application/problem+json"]["examples"].values()
    ]
    # Every operation may answer `unknown_field`, for what its schema does not allow.
    return {one["code"] for body in examples for one in body.get("errors", ())} - {"unknown_field"}


def _operation(method: str, path: str) -> tuple[str, dict[int, list[str]]] | None:
    return next(
        (
            (name, answers)
            for one, expression, name, answers in _table()
            if one == method and expression.fullmatch(path)
        ),
        None,
    )


@cache
def _table() -> list[tuple[str, re.Pattern[str], str, dict[int, list[str]]]]:
    """Return each operation's method, path, name, and statuses with the codes they may have."""
    kept = pinned.kept()
    shared = kept["components"]["responses"]
    found = []
    for path, operations in kept["paths"].items():
        expression = re.compile(re.sub(r"\\{(\w+)\\}", "[^/]+", re.escape(path)))
        for method, operation in operations.items():
            answers = {
                int(status): _codes(shared.get(answer.get("$ref", "").rpartition("/")[2], answer))
                for status, answer in operation["responses"].items()
            }
            found.append((method, expression, f"{method.upper()} {path}", answers))
    return found


def _codes(answer: Any) -> list[str]:
    content = answer.get("content", {}).get("application/problem+json")
    return list(content["schema"]["properties"]["code"]["enum"]) if content else []
