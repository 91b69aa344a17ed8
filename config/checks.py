"""What must be so in the database before it serves.

Asked by `manage.py check --database default`, by `prepare` at its end, and by `/readyz`.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

# What CREATE INDEX CONCURRENTLY leaves when it is killed: it is written to and never read, and what it should keep
# unique may be doubled.
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
ROLE = """
    SELECT rolsuper OR rolbypassrls, EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relkind = 'r')
    FROM pg_roles r WHERE rolname = %s
"""


@register(Tags.database)
def database_is_whole(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    found = [sentence for alias in databases or () for sentence in what_is_wrong(connections[alias])]
    return [Error(sentence, id=f"amble.E{number:03}") for number, sentence in enumerate(found, 1)]


def what_is_wrong(connection: BaseDatabaseWrapper) -> list[str]:
    """Full sentences that say what to do; none when all is well."""
    found = []
    executor = MigrationExecutor(connection)
    missing = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        found.append(
            f"Migrations are missing from {missing[0]} on ({len(missing)}): run `AMBLE_ROLE=owner manage.py prepare`."
        )
    app = settings.DATABASE_APP_ROLE
    with connection.cursor() as cursor:
        cursor.execute(INVALID)
        found += [
            f"The index {name} is not valid: REINDEX INDEX {name} as the owner."
            for (name,) in cursor.fetchall()
        ]
        cursor.execute(ROLE, [app])
        is_free, owns = cursor.fetchone() or (False, False)
    if is_free:
        found.append(
            f"Row-level security does not bind the role {app}: take SUPERUSER and BYPASSRLS from it, or use another."
        )
    if owns:
        found.append(f"The role {app} owns tables, and so their protection: use a role that owns nothing.")
    return found
