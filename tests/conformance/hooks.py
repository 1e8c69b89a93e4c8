"""What schemathesis loads: who calls, what counts as a good refusal, how many requests there were.

Runs in schemathesis' process, without Django. Its settings come in the environment: `ASK_TOKENS`,
a file with the role's tokens, `ASK_COUNTS`, the file that is to hold what was counted, and
`ASK_REFUSALS`, the codes for which the schema says that fields may be refused.
"""

import atexit
import json
import os
import re
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import AuthContext, Case, CheckContext, HookContext, Response

TOKENS = json.loads(Path(os.environ["ASK_TOKENS"]).read_text())
COUNTS = Path(os.environ["ASK_COUNTS"])
# Why input that fits the schema may be refused all the same: what the operations declare of fields,
# which only the database knows, and what a cursor, a key, a tag or a signature is refused for.
KNOWN_ONLY_TO_THE_SHOP = {
    *os.environ["ASK_REFUSALS"].split(","),
    *("invalid_cursor", "idempotency_key_reused", "precondition_failed", "invalid_signature"),
}
# schemathesis sends `0` as a tag, whatever the schema says of tags.
IF_MATCH = re.compile(r'\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*')


class Counts:
    """Requests by operation and status, kept in a file that others may read meanwhile."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._lock = threading.Lock()
        self._written_at = 0.0
        atexit.register(self.write)

    def add(self, operation: str, status: int) -> None:
        with self._lock:
            self._seen[operation][status] += 1
        if time.monotonic() - self._written_at > 1:
            self.write()

    def write(self) -> None:
        with self._lock:
            self._written_at = time.monotonic()
            beside = COUNTS.with_suffix(".new")
            beside.write_text(json.dumps(self._seen))
            beside.rename(COUNTS)


counts = Counts()


if TOKENS:

    @schemathesis.auth(refresh_interval=None)
    class Somebody:
        """The first account that can still log in: any of them may be deleted on the way."""

        def get(self, case: Case[Any], context: AuthContext) -> str:
            return str(TOKENS[0])

        def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Count the request; go on as somebody else when this account is gone."""
    counts.add(case.operation.label, response.status_code)
    sent = str(response.request.headers.get("Authorization", ""))
    is_refused = response.status_code == 401 and _codes(response) == {"invalid_token"}
    if is_refused and len(TOKENS) > 1 and sent == f"Bearer {TOKENS[0]}":
        del TOKENS[0]


@schemathesis.check
def refused_only_for_what_the_shop_knows(
    ctx: CheckContext, response: Response, case: Case[Any]
) -> None:
    """Input that the schema allows is refused for nothing that the schema could have said."""
    if case.meta is None or not case.meta.generation.mode.is_positive or _has_float(case.body):
        return
    if not IF_MATCH.fullmatch(str(response.request.headers.get("If-Match", "*"))):
        return
    if response.status_code in {400, 412, 422}:
        unknown = _codes(response) - KNOWN_ONLY_TO_THE_SHOP
        assert not unknown, f"valid by the schema, and refused: {response.text}"


def _has_float(value: Any) -> bool:
    """Return whether there is a `3.0` in it: an integer to JSON Schema, and none to the shop."""
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)


def _codes(response: Response) -> set[str]:
    """Return why a request was refused: the codes of its fields, or else its own."""
    problem: dict[str, Any] = response.json()
    return {one["code"] for one in problem.get("errors", [])} or {problem["code"]}
