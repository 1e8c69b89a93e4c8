"""What the injector will do: all kinds, by the seed. What each fault does is seen in a trial."""

import pytest

from tests.chaos.faults import FAULTS, PROGRAMS
from tests.chaos.injector import Injector
from tests.chaos.stack import LINKS, Stack
from tests.journeys.mail import Mailbox

OTHERS = {"postgres", "redis", "flower", "messages", "provider"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack that is never started: it knows what would be."""
    return Stack(tmp_path_factory.mktemp("chaos") / "shop", mailbox=Mailbox())


def test_each_kind_comes_at_least_once_in_good_time(stack: Stack) -> None:
    plan = Injector(stack, seed=1, number=100).plan()
    assert {planned.fault.kind for planned in plan} == FAULTS.keys()
    assert [planned.at for planned in plan] == [n / 100 for n in range(100)]
    for planned in plan:
        least, most = planned.fault.seconds
        assert least <= planned.seconds <= most
        assert planned.target in planned.fault.targets


def test_there_are_as_many_faults_as_kinds_where_fewer_are_asked_for(stack: Stack) -> None:
    assert len(Injector(stack, seed=1, number=3).plan()) == len(FAULTS)


def test_the_same_seed_gives_the_same_faults(stack: Stack) -> None:
    plans = [Injector(stack, seed=s, number=60).plan() for s in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


def test_only_the_kinds_that_are_asked_for_come(stack: Stack) -> None:
    kinds = ["kill_worker", "freeze_redis"]
    plan = Injector(stack, seed=1, number=20, kinds=kinds).plan()
    assert {planned.fault.kind for planned in plan} == set(kinds)


def test_an_unknown_kind_is_refused_by_name(stack: Stack) -> None:
    with pytest.raises(ValueError, match="no such faults: earthquake"):
        Injector(stack, seed=1, number=1, kinds=["earthquake", "kill_beat"])


def test_every_fault_has_something_to_hit(stack: Stack) -> None:
    there = stack.processes.keys() | set(LINKS) | OTHERS
    assert {target for fault in FAULTS.values() for target in fault.targets} <= there
    assert set(PROGRAMS) == stack.processes.keys() - OTHERS
