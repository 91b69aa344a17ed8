import os
from typing import Any

import psycopg
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.audit import COMMAND
from config import embedded, erasing


class Command(BaseCommand):
    help = "Erases a patient: every row of their record, for ever, also from what a restore brings back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("patient", type=int, help="The number in the address of the patient's page.")
        parser.add_argument("--by", required=True, help="Your name.")
        parser.add_argument(
            "--reason", required=True, help="Why. It is kept, so it must not name the patient."
        )
        parser.add_argument("--yes", action="store_true", help="Do it; without this it is only shown.")

    def handle(self, *args: Any, patient: int, by: str, reason: str, yes: bool, **options: Any) -> None:
        if not by.strip() or not reason.strip():
            raise CommandError("Say who you are with --by and why with --reason.")
        try:
            with psycopg.connect(os.environ.get("DATABASE_OWNER_URL", ""), connect_timeout=3) as connection:
                connection.execute(
                    "SELECT set_config('amble.through', %s, false)", [f"{COMMAND}erase_patient"]
                )
                self._erase(connection, patient, by=by, reason=reason, really=yes)
        except erasing.NoSuchPatient:
            raise CommandError(f"There is no patient {patient}.") from None
        except embedded.CannotStart as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"Nothing was erased: {embedded.data_folder()} cannot be written to ({error.strerror}), and a restore "
                "could bring the patient back."
            ) from error
        except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege) as error:
            raise CommandError(
                "The database cannot be used as its owner: DATABASE_OWNER_URL must be set, and the database running."
            ) from error

    def _erase(
        self, connection: erasing.Connection, patient: int, *, by: str, reason: str, really: bool
    ) -> None:
        added_at = erasing.added_at(connection, patient)
        name, clinic = connection.execute(
            "SELECT p.name, c.name FROM recovery_patient p JOIN accounts_clinic c ON c.id = p.clinic_id"
            " WHERE user_id = %s",
            [patient],
        ).fetchone() or ("", "")
        erased = erasing.erase(connection, patient)
        for table, rows in sorted(erased.items()):
            self.stdout.write(f"{rows:7} {table}")
        if not really:
            connection.rollback()
            self.stdout.write(
                f"These are the rows of {name}, patient {patient} of {clinic}. Nothing was erased: with --yes they are."
            )
            return
        stone = erasing.Tombstone.of(patient, added_at, by=by, reason=reason, now=timezone.now())
        erasing.bury(connection, embedded.data_folder(), stone)
        connection.commit()
        self.stdout.write(
            f"Patient {patient} is erased. Keep a copy of {embedded.data_folder() / erasing.FILE} with your backups: "
            "older ones still hold the patient, and a restore needs that list."
        )
