"""What a person who starts the shop can put right."""


class Problem(Exception):
    """The shop cannot start or go on; the text is one line that says what to change."""


class Stopped(Exception):
    """Somebody asked the shop to stop while it was starting."""
