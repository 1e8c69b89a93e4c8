"""What in a new description breaks clients of the old one.

What clients send may only be taken more widely, and what they are answered may only get narrower or
get more fields: the rules of oasdiff, as far as this API needs them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Node = dict[str, Any]
# Limits of what is sent, and whether a larger number lets more through.
LIMITS = {"maxLength": True, "maximum": True, "maxItems": True}
LIMITS |= {"minLength": False, "minimum": False, "minItems": False}


def changes(old: Node, new: Node) -> list[str]:
    """Return one line for each change that breaks a client."""
    return list(_Comparison(old, new).of_documents())


@dataclass(frozen=True)
class _Comparison:
    """Two descriptions, each with the components that its parts refer to."""

    old: Node
    new: Node

    def of_documents(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method, operation in methods.items():
                name = f"{method.upper()} {path}"
                now = self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{name} is gone"
                else:
                    yield from (
                        f"{name}: {change}" for change in self._of_operations(operation, now)
                    )

    def _of_operations(self, old: Node, new: Node) -> Iterator[str]:
        if old["operationId"] != new["operationId"]:
            yield f"the operation is called {new['operationId']} now"
        if _is_open(old) and not _is_open(new):
            yield "it needs a token now"
        yield from self._of_parameters(old, new)
        yield from self._of_bodies(old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if status.startswith("2"):
                yield from self._of_answers(status, answer, new["responses"].get(status))

    def _of_parameters(self, old: Node, new: Node) -> Iterator[str]:
        before, after = (
            {(one["in"], one["name"]): one for one in operation.get("parameters", ())}
            for operation in (old, new)
        )
        for where, name in before:
            one = after.get((where, name))
            if one is None:
                yield f"the parameter {name} is gone"
                continue
            if one.get("required") and not before[where, name].get("required"):
                yield f"the parameter {name} is required now"
            yield from self._of_sent(name, before[where, name]["schema"], one["schema"])
        for key in after.keys() - before.keys():
            if after[key].get("required"):
                yield f"the parameter {key[1]} is new and required"

    def _of_bodies(self, old: Node | None, new: Node | None) -> Iterator[str]:
        if old is None:
            if new is not None and new.get("required"):
                yield "a body is required now"
        elif new is None:
            yield "it takes no body any more"
        else:
            if new.get("required") and not old.get("required"):
                yield "the body is required now"
            for kind, content in old["content"].items():
                if kind not in new["content"]:
                    yield f"it takes no {kind} any more"
                else:
                    yield from self._of_sent(
                        "the body", content["schema"], new["content"][kind]["schema"]
                    )

    def _of_answers(self, status: str, old: Node, new: Node | None) -> Iterator[str]:
        if new is None:
            yield f"{status} is never answered any more"
            return
        yield from (
            f"{status} has no header {name} any more"
            for name in old.get("headers", {}).keys() - new.get("headers", {}).keys()
        )
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{status} is no {kind} any more"
            else:
                now = new["content"][kind]["schema"]
                yield from self._of_answered(f"{status}", content["schema"], now)

    def _of_sent(self, name: str, old: Node, new: Node) -> Iterator[str]:
        """Yield what was taken and is not any more."""
        old, new = _resolved(self.old, old), _resolved(self.new, new)
        yield from _narrower(name, old, new)
        before, after = old.get("properties", {}), new.get("properties", {})
        for field in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{name}.{field} is required now"
        for field, schema in before.items():
            if field in after:
                yield from self._of_sent(f"{name}.{field}", schema, after[field])
            elif new.get("additionalProperties") is False:
                yield f"{name}.{field} is not taken any more"
        if "items" in old and "items" in new:
            yield from self._of_sent(f"{name}[]", old["items"], new["items"])

    def _of_answered(self, name: str, old: Node, new: Node) -> Iterator[str]:
        """Yield what was promised and is not any more."""
        old, new = _resolved(self.old, old), _resolved(self.new, new)
        for kind in sorted(_types(new) - _types(old)):
            yield f"{name} may be of type {kind} now"
        if "enum" in old:
            for word in sorted(
                set(map(str, new.get("enum", ["anything"]))) - set(map(str, old["enum"]))
            ):
                yield f"{name} may be {word} now"
        before, after = old.get("properties", {}), new.get("properties", {})
        for field, schema in before.items():
            if field not in after:
                yield f"{name}.{field} is gone"
                continue
            if field in old.get("required", ()) and field not in new.get("required", ()):
                yield f"{name}.{field} may be left out now"
            yield from self._of_answered(f"{name}.{field}", schema, after[field])
        if "items" in old and "items" in new:
            yield from self._of_answered(f"{name}[]", old["items"], new["items"])


def _resolved(document: Node, schema: Node) -> Node:
    """Return a schema itself, and of one that may be null the rest with that type added."""
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return _resolved(document, found)
    for word in ("oneOf", "anyOf"):
        options = [_resolved(document, one) for one in schema.get(word, ())]
        some = [one for one in options if one.get("type") != "null"]
        if len(some) == 1 < len(options):
            return {**some[0], "type": [*sorted(_types(some[0])), "null"]}
    return schema


def _types(schema: Node) -> set[str]:
    kinds = schema.get("type", "anything")
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _narrower(name: str, old: Node, new: Node) -> Iterator[str]:
    """Yield what this level of a schema took and does not take any more."""
    if "anything" not in _types(new):
        for kind in sorted(_types(old) - _types(new)):
            yield f"{name} may not be of type {kind} any more"
    if "enum" in new:
        for word in sorted(
            set(map(str, old.get("enum", ["anything"]))) - set(map(str, new["enum"]))
        ):
            yield f"{name} may not be {word} any more"
    for limit, is_upper in LIMITS.items():
        before, after = old.get(limit), new.get(limit)
        if after is not None and (
            before is None or ((after < before) is is_upper and after != before)
        ):
            yield f"{name} has a narrower {limit} now: {after}"
    for word in ("pattern", "format"):
        if word in new and old.get(word) != new[word]:
            yield f"{name} has another {word} now: {new[word]}"


def _is_open(operation: Node) -> bool:
    needs: Iterable[Node] = operation.get("security", ())
    return {} in needs or not needs
