"""Send many mutated requests, and judge what comes back."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from tests.fuzz.mutations import mutate
from tests.fuzz.wire import Exchange, exchange

THREADS = 6
# What an answer never holds: traces of our code, addresses of servers.
INNARDS = (b"Traceback", b"site-packages", b"postgresql://", b"redis://", b"DATABASE_URL")


@dataclass
class Verdict:
    """What was answered how often, and what must not have been."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def note(self, one: Exchange, *, secrets: Sequence[bytes]) -> None:
        """Judge an exchange."""
        self.statuses.update(map(str, one.statuses) if one.statuses else ["none"])
        self.slowest = max(self.slowest, one.seconds)
        for what, is_so in (
            ("a server error", any(status >= 500 and status != 503 for status in one.statuses)),
            ("no end", not one.ended),
            ("something from inside", any(text in one.received for text in INNARDS)),
            ("a secret", any(text in one.received for text in secrets)),
        ):
            if is_so:
                self.faults.append(f"{what}: {one.sent[:2000]!r} gave {one.received[:2000]!r}")


def run(
    address: str, samples: Sequence[bytes], *, seed: int, number: int, secrets: Sequence[bytes] = ()
) -> Verdict:
    """Send so many mutated requests, and return the verdict; the same seed sends the same."""
    verdict = Verdict()
    with ThreadPoolExecutor(THREADS) as pool:
        requests = islice(mutated(samples, seed=seed), number)
        for one in pool.map(lambda sent: exchange(address, sent), requests):
            verdict.note(one, secrets=secrets)
    return verdict


def mutated(samples: Sequence[bytes], *, seed: int) -> Iterator[bytes]:
    """Yield mutated requests without an end."""
    rng = random.Random(seed)
    while True:
        yield mutate(rng, rng.choice(samples))
