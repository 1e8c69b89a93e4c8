"""All that is measured, one after the other, on one shop."""

from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any

from tests.bench import machine
from tests.bench.checkouts import Checkouts
from tests.bench.contention import Contention
from tests.bench.gauges import Gauges, memory_bytes
from tests.bench.growth import Growth
from tests.bench.market import Market
from tests.bench.operations import Operations
from tests.bench.parts import GROWTH, OPERATIONS, PRESSURES
from tests.bench.pressure import Pressure
from tests.bench.rounds import Rounds
from tests.bench.scale import Scale
from tests.bench.stack import Stack
from tests.bench.yardsticks.beside import Yardsticks

FEW, MANY = 1_000, 10_000


class Measuring:
    """Fills `found` as it goes: what is there when it is interrupted was measured."""

    def __init__(
        self,
        stack: Stack,
        *,
        parts: Collection[str],
        modes: Collection[str],
        scale: Scale,
        say: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._parts = parts
        self._modes = modes
        self._scale = scale
        self._say = say
        self.found: dict[str, Any] = {
            "machine": machine.described(stack.home),
            "scale": vars(scale),
        }

    def run(self) -> None:
        """Measure it all. Raises Spoiled when something fails that was only to be measured."""
        stack, scale = self._stack, self._scale
        self._say("filling the shop")
        # Where load lasts, so many that each has a full cart again when it is their turn again.
        buyers = max(2 * scale.jobs, MANY if self._wants(*PRESSURES) else FEW)
        with (
            closing(Market(stack.database_url, buyers=buyers, chance=1)) as market,
            closing(Gauges(stack)) as readings,
        ):
            self._say("measuring")
            self._run(Rounds(stack, readings, rows=market.rows), market)

    def _run(self, rounds: Rounds, market: Market) -> None:
        stack, scale, say = self._stack, self._scale, self._say
        self.found["memory_at_start"] = memory_bytes(stack.pids())
        if self._wants("checkouts", "yardsticks", *PRESSURES):
            self._checkouts(rounds, market)
        operations = Operations(stack, rounds, market, scale=scale, say=say)
        for name in filter(self._wants, OPERATIONS):
            self.found.setdefault("operations", {})[name] = operations.measure(name)
        if self._wants("contention"):
            contention = Contention(stack, rounds, market, say=say)
            self.found["contention"] = contention.measure()
        for name, times in PRESSURES.items():
            if self._wants(name):
                rate = self.found["checkouts"]["saturated"]["median"]["finished_per_second"]
                pressure = Pressure(stack, rounds, market, say=say)
                self.found[name] = pressure.measure(rate=times * rate, minutes=scale.minutes)
        if self._wants(GROWTH):
            for stage in Growth(rounds, market, say=say).stages(scale.books):
                self.found.setdefault(GROWTH, []).append(stage)
        self.found["memory_at_end"] = memory_bytes(stack.pids())

    def _wants(self, *names: str) -> bool:
        return any(name in self._parts for name in names)

    def _checkouts(self, rounds: Rounds, market: Market) -> None:
        yardsticks = Yardsticks(self._stack, number=max(100, self._scale.jobs // 2), say=self._say)
        checkouts = Checkouts(self._stack, rounds, market, scale=self._scale, say=self._say)
        beside = yardsticks.round if self._wants("yardsticks") else lambda: None
        self.found["checkouts"] = checkouts.measure(self._modes, beside=beside)
        self.found["yardsticks"] = yardsticks.figures()
