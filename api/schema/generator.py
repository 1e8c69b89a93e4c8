"""From a view to its operations, for drf-spectacular."""

import copy
import re
from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from api.schema import examples, fields, links, paths, refusals, tags
from api.schema.decorators import DECLARED, Declared
from api.schema.headers import IF_MATCH, refer
from api.serializers.base import Form, NoParameters, Query

__all__ = ["AutoSchema", "fields"]
JOB = {"$ref": "#/components/schemas/Job"}
ACCEPTED = "Accepted: the job reaches a final state."
FINAL = "With `Prefer: wait`: the job is final, and maybe `failed`: see `state`."
DONE = {200: "Done.", 201: "Made.", 202: ACCEPTED, 204: "Done; there is nothing to say."}


class AutoSchema(SpectacularSchema):
    """Describe a view from its table row, its docstrings, its forms and its decorators."""

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        """Return an operation with its answers, refusals, examples and links."""
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is None:
            return None
        declared: Declared = operation.pop(DECLARED, Declared())
        if declared.kind:
            _tell_of_the_job(operation, declared)
        self._finish_answers(operation, declared)
        _add_request_examples(operation)
        form = self.get_request_serializer()
        operation["responses"] |= refusals.responses(
            self.view,
            method=self.method,
            path=self.path,
            form=type(form) if isinstance(form, Form) else form,
            matches=any(one["name"] == IF_MATCH.name for one in operation.get("parameters", ())),
            declared=declared,
        )
        return operation

    def _finish_answers(self, operation: dict[str, Any], declared: Declared) -> None:
        """Give the answers of success their headers, descriptions, examples and links."""
        answers: dict[str, Any] = operation["responses"]
        if "202" in answers:
            answers["200"] = copy.deepcopy(answers["202"])
        usual = ("X-Request-ID", *(("RateLimit", "RateLimit-Policy") if self._is_counted() else ()))
        for status in map(int, answers):
            answer = answers[str(status)]
            is_job = _schema(answer) == JOB
            more = _headers_of_a_job(status, declared, self.method) if is_job else ()
            more += ("Location",) if status == 201 else ()
            answer["headers"] = {**answer.get("headers", {}), **refer(*more, *usual)}
            answer["description"] = FINAL if status == 200 and "202" in answers else DONE[status]
            if found := _examples_of(answer, status, declared):
                answer["content"]["application/json"]["examples"] = found
            if leading := links.of(operation["operationId"], status, is_job=is_job):
                answer["links"] = leading

    def _is_counted(self) -> bool:
        return bool(self.view.throttle_classes)

    def get_operation_id(self) -> str:
        """Return method and path, which no two operations share."""
        path = self.path.removeprefix("/api/v1/").replace("{", "by_").replace("}", "")
        return f"{self.method.lower()}_{path.replace('/', '_').replace('-', '_')}"

    def get_tags(self) -> list[str]:
        """Return the function of the specification that the path belongs to."""
        return [tags.of(self.path)]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Return the method's docstring, or, where several views share the method, the view's."""
        view = type(self.view)
        own = vars(view).get(self.method.lower())
        return _unwrapped((own or view).__doc__ or "")

    def _resolve_path_parameters(self, variables: Iterable[str]) -> list[dict[str, Any]]:
        """Return the parameters of the path, by the converters in the table of addresses."""
        kinds = {name: kind for kind, name in re.findall(r"<(\w+):(\w+)>", self.path_regex)}
        return [paths.parameter(name, kinds[name]) for name in variables]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that the view's query names."""
        query: type[Query] = getattr(self.view, "query", NoParameters)
        return [query] if query().fields and self.method == "GET" else []

    def get_auth(self) -> list[Any]:
        """Return what lets a caller in: also nothing, where anyone may."""
        found: list[Any] = [one for one in super().get_auth() if one]
        if not refusals.admits_anyone(self.view, self.method):
            return found
        return [{}, *found]

    def resolve_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        """Return the serializer's component; a form says itself what a PATCH may leave out."""
        if isinstance(serializer, Form):
            serializer.partial = False
        return super().resolve_serializer(serializer, direction, bypass_extensions)

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Return the component's name: a `JobShape` is the shape of a `Job`."""
        name: str = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Shape")

    def _map_serializer(
        self, serializer: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        """Return the serializer's schema; a form takes no other fields than its own."""
        schema = super()._map_serializer(  # type: ignore[no-untyped-call]
            serializer, direction, bypass_extensions
        )
        if isinstance(serializer, Form) and schema.get("type") == "object":
            schema["additionalProperties"] = False
        return schema


def _unwrapped(docstring: str) -> str:
    """Return a docstring's paragraphs, each in one line."""
    paragraphs = (" ".join(part.split()) for part in docstring.split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def _tell_of_the_job(operation: dict[str, Any], declared: Declared) -> None:
    """Say what job it is, and what it may fail for."""
    fails = {step: [error.code for error in errors] for step, errors in declared.fails.items()}
    operation["x-job"] = {"kind": declared.kind, "fails": fails}
    if declared.fails:
        lines = [
            f"- `{step}`: `{error.code}`: {error.detail}"
            for step, errors in declared.fails.items()
            for error in errors
        ]
        told = "\n".join(["The job may fail, in this step and for this reason:", "", *lines])
        operation["description"] = f"{operation['description']}\n\n{told}"


def _headers_of_a_job(status: int, declared: Declared, method: str) -> tuple[str, ...]:
    """Return the headers beside a job."""
    if method == "GET":
        return ("Preference-Applied",)
    replayed = ("Idempotent-Replayed",) if declared.kind else ()
    waits = ("Retry-After",) if status == 202 else ()
    return ("Location", *waits, "Preference-Applied", *replayed)


def _schema(answer: dict[str, Any]) -> Any:
    return answer.get("content", {}).get("application/json", {}).get("schema")


def _component(schema: Any) -> str:
    """Return the name of the component that a schema refers to."""
    return str((schema or {}).get("$ref", "")).rpartition("/")[2]


def _add_request_examples(operation: dict[str, Any]) -> None:
    """Show what a body may hold."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        given = examples.REQUESTS[_component(content["schema"])]
        content["examples"] = {name: {"value": value} for name, value in given.items()}


def _examples_of(answer: dict[str, Any], status: int, declared: Declared) -> dict[str, Any]:
    """Return what an answer may hold, by what is to be seen in it."""
    name = _component(_schema(answer))
    if not name:
        return {}
    if name == "Job":
        return _examples_of_a_job(status, declared)
    if name == "JobPage":
        return {"a page": {"value": _page(examples.succeeded("checkout"))}}
    if one := name.removesuffix("Page") if name.endswith("Page") else "":
        return {"a page": {"value": _page(examples.ANSWERS[one])}}
    return {name: {"value": examples.ANSWERS[name]}}


def _examples_of_a_job(status: int, declared: Declared) -> dict[str, Any]:
    """Return a job as it was accepted, or how it may have ended."""
    kind = declared.kind or "checkout"
    if status == 202:
        return {"accepted": {"value": examples.queued(kind)}}
    ended = {"succeeded": {"value": examples.succeeded(kind)}}
    # One is enough to show what that looks like.
    for step, errors in list(declared.fails.items())[-1:]:
        ended["failed"] = {"value": examples.failed(kind, step=step, error=errors[0])}
    return ended


def _page(thing: dict[str, Any]) -> dict[str, Any]:
    return {"next": None, "previous": None, "results": [thing]}
