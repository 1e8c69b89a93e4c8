"""Lists, a page at a time.

A page begins after a row, not at a number: `(rank, id) < (…, …)`. The order ends in the key, so
each row has one place, and following `next` meets it once, whatever is added meanwhile, at the
price of an index lookup per page. A cursor is signed, and good for the list that made it only.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value
from django.db.models.expressions import Col
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.serializers.base import Query
from api.serializers.fields import IntegerField, TextField, parse_parameter
from shop.core.errors import Refused

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
Row = TypeVar("Row", bound=Model)


class InvalidCursor(Refused):
    """The cursor was not made by this list."""

    code = "invalid_cursor"
    detail = "The cursor was not made by this list; begin again without one."


class PageQuery(Query):
    """The parameters that every list takes; a list's own query adds to them."""

    page_size = IntegerField(min_value=1, max_value=MAX_PAGE_SIZE, default=PAGE_SIZE)
    cursor = TextField(max_length=2000, required=False)


class _Place(NamedTuple):
    """Where a page begins: after the row with these values, or before it."""

    backward: bool
    values: tuple[Any, ...]


def page(
    request: Request,
    rows: QuerySet[Row],
    *,
    order: tuple[str, ...],
    render: Callable[[Sequence[Row]], list[Any]],
) -> Response:
    """Answer with one page of `rows`.

    `order` names fields or annotations that are never null, all ascending or all descending
    (`-`), and ends in the key. `render` makes JSON of a page's rows, in one go. The request's
    parameters are checked by the view's own `PageQuery` before. Raises InvalidCursor.
    """
    size, cursor = _wanted(request)
    place = _read(cursor, request=request, order=order) if cursor else None
    backward = place is not None and place.backward
    selected = _ordered(rows, order=order, backward=backward)
    if place is not None:
        selected = selected.filter(*_beyond(place, order=order, model=rows.model))
    found = list(selected[: size + 1])
    more, found = len(found) > size, found[:size]
    if backward:
        found.reverse()

    def link(row: Row, *, backward: bool) -> str:
        values = tuple(getattr(row, name.lstrip("-")) for name in order)
        text = _written(_Place(backward, values), request=request, order=order)
        return replace_query_param(request.build_absolute_uri(), "cursor", text)

    # A page reached by going back has one after it; one reached by going on has one before it.
    has_next = backward or more
    has_previous = more if backward else place is not None
    return Response(
        {
            "next": link(found[-1], backward=False) if found and has_next else None,
            "previous": link(found[0], backward=True) if found and has_previous else None,
            "results": render(found),
        }
    )


def _wanted(request: Request) -> tuple[int, str | None]:
    """Return the page's size and its cursor."""
    field = PageQuery().fields["page_size"]
    size = request.query_params.get("page_size", str(PAGE_SIZE))
    number: int = field.run_validation(parse_parameter(field, size))
    return number, request.query_params.get("cursor")


def _ordered(rows: QuerySet[Row], *, order: tuple[str, ...], backward: bool) -> QuerySet[Row]:
    """Return the rows in this order, or in the opposite one."""
    descending = {name.startswith("-") for name in order}
    if len(descending) != 1:
        raise ValueError(f"The order {order} is neither all ascending nor all descending.")
    if not backward:
        return rows.order_by(*order)
    return rows.order_by(*(_opposite(name) for name in order))


def _opposite(name: str) -> str:
    """Return the order by the same field the other way round."""
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(place: _Place, *, order: tuple[str, ...], model: type[Model]) -> list[Func]:
    """Return the conditions that a row lies beyond the place, in the direction of reading."""
    names = [name.lstrip("-") for name in order]
    keys = [[F(name) for name in names]]
    key = model._meta.pk
    if names == [key.attname] and key.related_model:
        # PostgreSQL knows that the two are equal, and not that what bounds one bounds the other:
        # it would read the joined table from its end up to the place.
        fields = key.related_model._meta.concrete_fields
        other = next(field.name for field in fields if not field.primary_key)
        keys.append([_JoinedKey(f"{key.name}__{other}")])
    sign = "<" if order[0].startswith("-") != place.backward else ">"
    return [
        Func(
            Func(*key, function="ROW"),
            Func(*(Value(value) for value in place.values), function="ROW"),
            template="%(expressions)s",
            arg_joiner=f" {sign} ",
            output_field=BooleanField(),
        )
        for key in keys
    ]


class _JoinedKey(F):
    """The key of a joined row, where Django would take the column that names it."""

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Col:
        column: Any = super().resolve_expression(*args, **kwargs)
        return Col(column.alias, column.target.model._meta.pk)


_TAGS: dict[str, tuple[type[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "t": (datetime, datetime.isoformat, datetime.fromisoformat),
    "n": (Decimal, str, Decimal),
    "u": (UUID, str, UUID),
    "i": (int, int, int),
    "s": (str, str, str),
}


def _salt(request: Request, order: tuple[str, ...]) -> str:
    """Return what a cursor is good for."""
    return f"cursor:{request.path}:{','.join(order)}"


def _written(place: _Place, *, request: Request, order: tuple[str, ...]) -> str:
    """Return the place as a cursor."""
    values = []
    for value in place.values:
        tag = next(tag for tag, (kind, _, _) in _TAGS.items() if isinstance(value, kind))
        values.append([tag, _TAGS[tag][1](value)])
    return signing.Signer(salt=_salt(request, order)).sign_object([place.backward, values])


def _read(cursor: str, *, request: Request, order: tuple[str, ...]) -> _Place:
    """Return the place in a cursor. Raises InvalidCursor unless this list made it."""
    try:
        backward, values = signing.Signer(salt=_salt(request, order)).unsign_object(cursor)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursor from error
    return _Place(backward, tuple(_TAGS[tag][2](text) for tag, text in values))
