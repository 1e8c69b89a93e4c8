"""The description in the repository is the one that the code makes."""

from tests.openapi import pinned


def test_the_pinned_copy_is_what_the_code_makes() -> None:
    made = pinned.made()
    assert pinned.broken(made) == [], "a client of docs/openapi.json would break; see `make schema`"
    if made != (kept := pinned.kept()):
        paths = {path for path in {**made["paths"], **kept["paths"]} if differs(path, made, kept)}
        raise AssertionError(
            f"docs/openapi.json is old (see {sorted(paths) or 'its components'}):"
            " run `make schema`, look at the difference, and commit it"
        )
    assert pinned.PATH.read_text() == pinned.written(made), "run `make schema`"


def differs(path: str, *descriptions: dict[str, dict[str, object]]) -> bool:
    one, other = (description["paths"].get(path) for description in descriptions)
    return one != other
