"""What a person who starts the shop can put right."""


class Problem(Exception):  # noqa: N818  (a word of this package)
    """The shop cannot start or go on; the text is one line that says what to change."""


class Stopped(Exception):  # noqa: N818  (a word of this package)
    """Somebody asked the shop to stop while it was starting."""
