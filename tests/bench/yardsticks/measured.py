"""What is told of a yardstick."""

from dataclasses import dataclass


class NotMeasured(Exception):
    """Why there is no figure."""


@dataclass(frozen=True)
class Measured:
    """How many a second, and the CPU time of each with its servers and whoever asks."""

    per_second: float
    cpu_ms: float
