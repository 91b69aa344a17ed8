from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

# Never TRUNCATE: row-level security does not hold it back.
GRANTS = ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES")


class Command(BaseCommand):
    help = "Brings the database to this version, as its owner: AMBLE_ROLE=owner manage.py prepare."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        app = settings.DATABASE_APP_ROLE
        if connection.settings_dict["USER"] == app:
            raise CommandError(f"The role {app} serves and makes no tables: use AMBLE_ROLE=owner.")
        role = connection.ops.quote_name(app)
        with connection.cursor() as cursor:
            for grant in GRANTS:  # on every table that a migration will make
                cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {grant} TO {role}")
        call_command("migrate", interactive=False, verbosity=verbosity, stdout=self.stdout)
