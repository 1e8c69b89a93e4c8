"""The pinned copy of the API's description, and the one that the code makes."""

import json
from typing import Any, cast

from drf_spectacular.generators import SchemaGenerator

from config.local.options import ROOT
from tests.openapi import breaking

PATH = ROOT / "docs" / "openapi.json"


def made() -> dict[str, Any]:
    """Return the description that the code makes."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    description = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    # As it is written, so that both compare by what JSON has.
    return cast(dict[str, Any], json.loads(written(description)))


def kept() -> dict[str, Any]:
    """Return the description that is promised."""
    return cast(dict[str, Any], json.loads(PATH.read_text()))


def broken(new: dict[str, Any]) -> list[str]:
    """Return what of the promise a new description breaks, unless it is a new major version."""
    if not PATH.exists() or _major(new) > _major(kept()):
        return []
    return breaking.changes(kept(), new)


def written(description: Any) -> str:
    """Return a description as the file has it."""
    return json.dumps(description, indent=1, ensure_ascii=False) + "\n"


def _major(description: dict[str, Any]) -> int:
    return int(description["info"]["version"].partition(".")[0])
