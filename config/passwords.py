"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB and two passes: a login costs milliseconds, a guess as much.

    Source: OWASP's Password Storage Cheat Sheet, the least that it recommends.
    """

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
