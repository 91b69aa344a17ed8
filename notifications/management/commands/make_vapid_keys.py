from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.transports.webpush import keys


class Command(BaseCommand):
    help = "Prints the lines for .env that web push needs. A new key ends all subscriptions to the old one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="where a push service may complain, for instance you@example.org")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        self.stdout.write(f"VAPID_PRIVATE_KEY={keys.new_private_key()}")
        self.stdout.write(f"VAPID_SUBJECT=mailto:{email}")
