from typing import Any

from django.core.management import BaseCommand

from accounts import audit


class Command(BaseCommand):
    help = "Seal what the audit has noted since the last seal, and print the newest hash: keep it on another machine."

    def handle(self, *args: Any, **options: Any) -> None:
        audit.seal()
        if (newest := audit.newest_seal()) is None:
            self.stdout.write("There is nothing to seal yet.")
        else:
            self.stdout.write(f"The audit is sealed up to entry {newest.through}: {newest.chain.hex()}")
