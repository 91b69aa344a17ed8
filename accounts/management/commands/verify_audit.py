from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts import audit


class Command(BaseCommand):
    help = "Compare every sealed entry of the audit with its seal; ends with status 1 if one was altered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", default="", help="A hash that seal_audit printed and you kept.")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit.faults(anchor=options["anchor"]))
        if faults:
            raise CommandError("\n".join(faults))
        newest = audit.newest_seal()
        self.stdout.write(f"The audit is as it was sealed, up to entry {newest.through if newest else 0}.")
