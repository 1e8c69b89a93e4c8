"""What can go wrong, in one table: each row is a kind of fault, what it may hit, and for how long.

How a fault begins and ends is one function for each, in `holds`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.chaos import holds
from tests.chaos.stack import LINKS, QUEUES, Stack

WORKERS = tuple(f"worker-{queue}" for queue in QUEUES)
RECOVERIES, BEATS = ("recovery-1", "recovery-2"), ("beat-1", "beat-2")
PROGRAMS = (*WORKERS, *RECOVERIES, *BEATS, "gateway")
GATEWAY, FLOWER, REDIS, POSTGRES = ("gateway",), ("flower",), ("redis",), ("postgres",)
PROVIDER, MESSAGES = ("provider",), ("messages",)
# Until a supervisor has started again what died; also for what is over at once.
SOON = (0.0, 3.0)
# Longer than the lease of 10 s, and so short that hardly anybody notices.
LONG, SHORT = (11.0, 14.0), (2.0, 2.0)
# As long as some hundred messages pass.
WHILE = (10.0, 15.0)


@dataclass(frozen=True)
class Fault:
    """A kind of fault; it holds for some seconds between the two."""

    kind: str
    targets: tuple[str, ...]
    seconds: tuple[float, float]
    hold: Callable[[Stack, str], AbstractContextManager[Any]]
    # What no other fault may hit meanwhile, beside the target.
    beside: tuple[str, ...] = ()


_TABLE = [
    # Processes that are killed without warning.
    Fault("kill_gateway", GATEWAY, SOON, holds.killed),
    Fault("kill_gateway_child", GATEWAY, SOON, holds.killed_child),
    Fault("kill_worker", WORKERS, SOON, holds.killed),
    Fault("kill_worker_child", WORKERS, SOON, holds.killed_child),
    Fault("kill_recovery", RECOVERIES, SOON, holds.killed),
    Fault("kill_beat", BEATS, SOON, holds.killed),
    Fault("kill_flower", FLOWER, SOON, holds.killed),
    Fault("kill_postgres", POSTGRES, SOON, holds.killed),
    Fault("kill_backend", POSTGRES, SOON, holds.killed_backend),
    Fault("end_backends", POSTGRES, SOON, holds.ended_backends),
    Fault("lose_redis", REDIS, SOON, holds.lost),
    # Processes that stand still, for longer than a lease and for less.
    Fault("freeze_worker", WORKERS, LONG, holds.frozen),
    Fault("freeze_worker_child", WORKERS, LONG, holds.frozen_child),
    Fault("freeze_recovery", RECOVERIES, LONG, holds.frozen),
    Fault("freeze_redis", REDIS, LONG, holds.frozen),
    Fault("freeze_postgres", POSTGRES, LONG, holds.frozen),
    Fault("pause_worker", WORKERS, SHORT, holds.frozen),
    Fault("pause_worker_child", WORKERS, SHORT, holds.frozen_child),
    Fault("pause_redis", REDIS, SHORT, holds.frozen),
    Fault("pause_postgres", POSTGRES, SHORT, holds.frozen),
    # Messages.
    Fault("messages_thrice", MESSAGES, WHILE, partial(holds.garbled, mode="thrice"), LINKS),
    Fault("messages_shuffled", MESSAGES, WHILE, partial(holds.garbled, mode="shuffled"), LINKS),
    Fault("messages_late", MESSAGES, WHILE, partial(holds.garbled, mode="late"), LINKS),
    # The network, and a server without room.
    Fault("black_hole", LINKS, LONG, partial(holds.switched, way="hole")),
    Fault("connections_refused", LINKS, WHILE, partial(holds.switched, way="refused")),
    Fault("redis_full", REDIS, WHILE, holds.full),
    # The payment provider.
    Fault("provider_refuses", PROVIDER, WHILE, partial(holds.troubled, trouble="refuses")),
    Fault("provider_lost_before", PROVIDER, WHILE, partial(holds.troubled, trouble="lost_before")),
    Fault("provider_lost_after", PROVIDER, WHILE, partial(holds.troubled, trouble="lost_after")),
    Fault("provider_slow", PROVIDER, WHILE, partial(holds.troubled, trouble="slow")),
    # The machine of one process.
    Fault("clock_ahead", PROGRAMS, WHILE, holds.ahead),
    Fault("disk_full", (*PROGRAMS, "flower"), WHILE, holds.without_log),
]
FAULTS = {fault.kind: fault for fault in _TABLE}
