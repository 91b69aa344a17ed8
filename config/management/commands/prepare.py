import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected, LockNotAvailable

from config.checks import what_is_wrong

# Never TRUNCATE: row-level security does not hold it back.
GRANTS = ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES")
# Who waits for a lock on a table holds up everybody who comes after: so not for long, and then once more.
LOCK_SECONDS = 2
MOST_TRIES = 5
PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Brings the database to this version, as its owner: AMBLE_ROLE=owner manage.py prepare."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        app = settings.DATABASE_APP_ROLE
        if connection.settings_dict["USER"] == app:
            raise CommandError(f"The role {app} serves and makes no tables: use AMBLE_ROLE=owner.")
        role = connection.ops.quote_name(app)
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            for grant in GRANTS:  # on every table that a migration will make
                cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {grant} TO {role}")
        self.migrate(verbosity)
        if wrong := what_is_wrong(connection):
            raise CommandError(" ".join(wrong))

    def migrate(self, verbosity: int) -> None:
        for last in (False,) * (MOST_TRIES - 1) + (True,):
            try:
                call_command("migrate", interactive=False, verbosity=verbosity, stdout=self.stdout)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                if last:
                    raise CommandError(
                        f"A migration waited {MOST_TRIES} times {LOCK_SECONDS} seconds for a table that somebody "
                        "uses: nothing of it is done. Run this again when less is going on."
                    ) from error
                time.sleep(PAUSE_SECONDS)
            else:
                return
