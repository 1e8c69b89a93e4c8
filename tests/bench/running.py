"""What a shop that is measured has to tell of itself."""

from pathlib import Path
from typing import Protocol


class RunningShop(Protocol):
    """A shop with all its processes, whoever started it."""

    @property
    def gateway_port(self) -> int: ...

    @property
    def database_url(self) -> str: ...

    @property
    def redis_url(self) -> str: ...

    @property
    def postgres_log(self) -> Path: ...

    def pids(self) -> dict[str, int]:
        """Return the process ids of what runs, by name."""
