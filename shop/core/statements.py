"""Statements that are written out."""


class Prepared(str):
    """A statement that PostgreSQL may plan once for all values, as one that looks for ids.

    The gateway's sessions keep its plan (`config/database/`); workers' keep those of all.
    """

    __slots__ = ()
