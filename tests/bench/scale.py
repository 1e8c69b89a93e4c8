"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Rounds of each measurement; jobs in one at saturation, over so many connections; seconds of
    one in which requests come at a given rate; minutes of a load that lasts; books of a shop
    that grows."""

    rounds: int
    jobs: int
    seconds: float
    connections: int
    minutes: float
    books: tuple[int, ...] = ()
