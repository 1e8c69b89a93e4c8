"""The documents say what the code does."""

import re
from pathlib import Path

import pytest

from api.roles import Role
from tasks.engine import registry

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
CODE = "\n".join(
    path.read_text()
    for folder in ("config", "api", "tasks", "shop")
    for path in (ROOT / folder).rglob("*.py")
)
NAMES = r"(?:SHOP|GATEWAY|FLOWER)_[A-Z_]+|DATABASE_URL|REDIS_URL|EMAIL_URL"
# What the shop's own processes tell each other, and Django's names for what stands above.
INTERNAL = {"SHOP_ROLE", "SHOP_STARTED_BY", "FLOWER_BASIC_AUTH", "FLOWER_UNAUTHENTICATED_API"}


def documented() -> set[str]:
    return set(re.findall(rf"^\| `({NAMES})` \|", README, re.MULTILINE))


def test_every_setting_that_the_code_reads_is_in_the_readme() -> None:
    read = set(re.findall(rf'"({NAMES})"', CODE)) - INTERNAL
    assert read == documented()


def test_every_role_of_the_staff_has_a_row() -> None:
    rows = README.partition("## Who may do what")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE) == list(Role)


def test_every_file_of_the_engine_is_on_the_map() -> None:
    files = {path.name for path in (ROOT / "tasks" / "engine").glob("*.py")}
    on_the_map = set(re.findall(r"^\| `(\w+\.py)` \|", ARCHITECTURE, re.MULTILINE))
    assert files - on_the_map == {"__init__.py", "apps.py", "registry.py"}


def test_every_command_of_the_readme_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in set(re.findall(r"^make ([\w-]+)", README, re.MULTILINE)):
        assert re.search(rf"^{command}:", makefile, re.MULTILINE), command


def test_the_walk_leaves_the_password_with_which_it_begins() -> None:
    walk = README.partition("## The first ten minutes")[2].partition("\n## ")[0]
    found = re.findall(r'password\\?": \\?"([\w-]+)', walk)
    assert len(found) > 2
    assert len(set(found)) == 1


@pytest.mark.parametrize("workflow", registry.workflows(), ids=lambda workflow: workflow.kind)
def test_every_workflow_has_a_file_of_its_name(workflow: object) -> None:
    kind = getattr(workflow, "kind", "")
    assert kind == "example" or (ROOT / "tasks" / "workflows" / f"{kind}.py").is_file()


@pytest.mark.parametrize("folder", ["config", "api", "tasks", "shop", "tests"])
def test_no_file_is_too_long_to_keep_in_mind(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
