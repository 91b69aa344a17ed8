"""Many rows in one statement. `bulk_create` sends each value of each row by itself; this sends one array a column."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models


def insert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    replace_by: Sequence[str] = (),
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Write `rows`, which all have the same columns; return the columns named in `returning`, in no certain order.

    No column may be an array: one array holds the values of all rows. A row that is there already by the unique
    columns `replace_by` is overwritten; without them it is an error.
    """
    if not rows:
        return []
    columns, values, source, arrays = _unnest(model, rows)
    # Table and columns are those of our models; every value is a parameter.
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values)} FROM {source}'  # noqa: S608
    if replace_by:
        changes = ", ".join(f'"{c}" = excluded."{c}"' for c in columns if c not in replace_by)
        key = ", ".join(f'"{column}"' for column in replace_by)
        sql += f" ON CONFLICT ({key}) DO UPDATE SET {changes}"
    if returning:
        sql += f" RETURNING {returning}"
    with connection.cursor() as cursor:
        cursor.execute(sql, arrays)
        return cursor.fetchall() if returning else []


def update(model: type[models.Model], rows: Sequence[Mapping[str, Any]], *, by: str) -> None:
    """Overwrite the columns that `rows` have, all the same ones, in the rows that are there by the column `by`."""
    if not rows:
        return
    columns, values, source, arrays = _unnest(model, rows)
    changes = ", ".join(f'"{c}" = {v}' for c, v in zip(columns, values, strict=True) if c != by)
    table = f'"{model._meta.db_table}"'
    sql = f'UPDATE {table} SET {changes} FROM {source} WHERE {table}."{by}" = v."{by}"'  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, arrays)


def _unnest(
    model: type[models.Model], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[str], str, list[list[Any]]]:
    """The columns of the rows, the SQL of each one's value and of the source `v` they come from, and its parameters."""
    columns = list(rows[0])
    fields = {field.column: field for field in model._meta.concrete_fields}
    kinds = [_type(fields[column]) for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    unnest = ", ".join(f"%s::{kind}[]" for kind, _ in kinds)
    return (
        columns,
        [f'v."{column}"{cast}' for column, (_, cast) in zip(columns, kinds, strict=True)],
        f"unnest({unnest}) AS v ({names})",
        [_array(fields[column], [row[column] for row in rows]) for column in columns],
    )


def _type(field: "models.Field[Any, Any]") -> tuple[str, str]:
    """The type of the array's items, and the cast of one item to its column."""
    if isinstance(field, models.JSONField):
        return "text", "::jsonb"
    return (
        field.rel_db_type(connection) if field.remote_field is None else field.db_type(connection)
    ) or "text", ""


def _array(field: "models.Field[Any, Any]", values: list[Any]) -> list[Any]:
    if isinstance(field, models.JSONField):
        return [
            None if value is None else json.dumps(value) for value in values
        ]  # orjson refuses large integers
    return values
