"""The shop broken on purpose: every break that tests, or faults in a running shop, must notice."""

from tests.chaos.mutations import delivery, outside, turns
from tests.chaos.mutations.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (*delivery.MUTANTS, *turns.MUTANTS, *outside.MUTANTS)
