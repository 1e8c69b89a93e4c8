"""The two kinds of failure that anything in the shop may raise.

    ShopError
    ├── Refused                  a business no: it is final, and what was done is undone
    │   ├── NotFound             there is no such thing, or not for this caller
    │   ├── PreconditionFailed   the thing is no longer as the caller saw it
    │   └── …                    each service's own, beside what raises it
    └── Unavailable              a passing fault: the same again may work

Everything else that is raised is a bug.
"""


class ShopError(Exception):
    """Anything that the shop knows to fail.

    `code` is stable and meant for programs, `detail` is one sentence for people, without secrets.
    """

    code = "error"
    detail = "Something went wrong."

    def __init__(self, detail: str | None = None) -> None:
        """Fail with this sentence, or with the class's own."""
        self.detail = detail or type(self).detail
        super().__init__(self.detail)


class Refused(ShopError):
    """A rule of the shop says no. Trying again changes nothing.

    `field` names the input that is to blame, where there is one.
    """

    code = "refused"
    field: str | None = None


class NotFound(Refused):
    """There is no such thing."""

    code = "not_found"
    detail = "There is no such thing."


class PreconditionFailed(Refused):
    """The thing is no longer as whoever asks wants it to be."""

    code = "precondition_failed"
    detail = "It has changed since it was read; look at it again."


class Unavailable(ShopError):
    """Something outside does not answer, or not now. The same again may work."""

    code = "unavailable"
    detail = "Something that is needed does not answer; try again later."
