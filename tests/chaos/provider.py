"""A payment provider in trouble: what `celery worker -I tests.chaos.provider` makes the sandbox do.

Each call looks which trouble there is, so that it begins and ends while the worker runs.
"""

import functools
import random
import time
from collections.abc import Callable
from typing import Any

from shop.payments.providers import ProviderUnavailable
from shop.payments.sandbox.provider import SandboxProvider
from tests.chaos import trouble

# Below the 8 s that the shop gives a provider.
SILENT_SECONDS, SLOW_SECONDS = 3.0, (0.5, 6.0)


def _troubled(do: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(do)
    def call(self: SandboxProvider, **arguments: Any) -> Any:
        now = trouble.present()
        if now == "refuses":
            raise ProviderUnavailable
        if now == "lost_before":
            time.sleep(SILENT_SECONDS)
            raise ProviderUnavailable
        if now == "slow":
            time.sleep(random.uniform(*SLOW_SECONDS))
        answer = do(self, **arguments)
        if now == "lost_after":
            time.sleep(SILENT_SECONDS)
            raise ProviderUnavailable
        return answer

    return call


for _name in ("capture_all", "void", "refund"):
    setattr(SandboxProvider, _name, _troubled(getattr(SandboxProvider, _name)))
