import logging
import os
import time
from typing import Any

import psycopg
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config import embedded
from config.expiring import erase_expired

EVERY_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Erases the records that a clinic keeps no longer, 30 days after they were listed for its administrators."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--stay", action="store_true", help="Do it every hour, until stopped; else once, as from cron."
        )

    def handle(self, *args: Any, stay: bool, **options: Any) -> None:
        if not stay:
            return self._once()
        while True:
            try:
                self._once()
            except Exception:  # of this hour; to end would end all of `make run`
                log.exception("Nothing more was erased this hour; it is tried again in the next.")
            time.sleep(EVERY_SECONDS)

    def _once(self) -> None:
        try:
            # As the owner: the role that serves may delete from no table of facts.
            with psycopg.connect(os.environ.get("DATABASE_OWNER_URL", ""), connect_timeout=3) as connection:
                number = erase_expired(connection, embedded.data_folder(), now=timezone.now())
        except OSError as error:
            raise CommandError(
                f"No more was erased: {embedded.data_folder()} cannot be written to ({error.strerror}), and a restore "
                "could bring the patients back."
            ) from error
        except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
            raise CommandError(
                "The database cannot be used as its owner: DATABASE_OWNER_URL must be set, and the database running."
            ) from error
        self.stdout.write(f"Erased {number} records.")
