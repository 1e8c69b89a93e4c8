"""How Python looks for garbage in processes that live long."""

import gc

# How many more objects are made than freed until it looks through the youngest, and how many such
# looks until it looks through older ones. A request or a job makes some thousands and frees all.
THRESHOLDS = (20_000, 20, 50)


def leave_code_alone() -> None:
    """Have garbage be looked for among what is made from now on, and less often.

    All that is loaded stays: to look through it again and again took 0.1 s each time, of whoever
    was being answered. May be repeated, before processes are forked from this one.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
