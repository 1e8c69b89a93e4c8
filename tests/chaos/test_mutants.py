"""The table of breaks fits the code as it is."""

import ast

import pytest

from tests.chaos.mutants import ROOT
from tests.chaos.mutations import MUTANTS
from tests.chaos.mutations.mutant import Mutant

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
each_mutant = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)


@each_mutant
def test_what_it_breaks_is_there_once_and_can_be_run_when_broken(mutant: Mutant) -> None:
    texts = {file: (ROOT / file).read_text() for file, _, _ in mutant.edits}
    for file, old, new in mutant.edits:
        assert texts[file].count(old) == 1, f"{file}: {old!r}"
        texts[file] = texts[file].replace(old, new)
    for file, text in texts.items():
        compile(text, file, "exec")


@each_mutant
def test_whoever_must_notice_it_exists(mutant: Mutant) -> None:
    assert mutant.tests, "a break that no test notices is found late"
    for test in mutant.tests:
        file, _, name = test.partition("::")
        tree = ast.parse((ROOT / file).read_text())
        functions = {node.name for node in tree.body if isinstance(node, FUNCTIONS)}
        assert name.partition("[")[0] in functions, test


def test_names_are_names_of_one() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
