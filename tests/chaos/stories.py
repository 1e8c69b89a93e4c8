"""All stories, each with its weight among them."""

from collections.abc import Callable
from random import Random

from tests.chaos import buying, selling
from tests.chaos.life import Life

LIVES: dict[Callable[[Life], None], int] = {
    buying.registers: 3,
    buying.registers_twice_at_once: 2,
    buying.rivals: 2,
    buying.buys: 16,
    buying.buys_the_last_copies: 6,
    buying.presses_twice: 6,
    buying.buys_in_two_windows: 4,
    buying.changes_their_mind: 8,
    buying.pays_on_the_page: 6,
    buying.declines_on_the_page: 3,
    buying.leaves_the_page: 5,
    buying.pays_later: 6,
    buying.leaves: 3,
    buying.hears_from_strangers: 2,
    selling.receives: 5,
    selling.withdraws: 4,
    selling.measures: 3,
    selling.rebuilds: 3,
    selling.fills_the_room: 4,
    selling.writes: 3,
    selling.sends_and_takes_back: 7,
    selling.cancels_while_another_packs: 4,
    selling.gives_money_back: 6,
}


def pick(chance: Random) -> Callable[[Life], None]:
    """Return a story; which one, chance says."""
    return chance.choices(list(LIVES), list(LIVES.values()))[0]
