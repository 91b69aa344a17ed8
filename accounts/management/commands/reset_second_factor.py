from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import second_factor
from accounts.access import acting_for_all
from accounts.audit import note_command
from accounts.models import Deed, User


class Command(BaseCommand):
    help = "Remove the second factors and recovery codes of somebody of the staff who has lost them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="With which they sign in.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"Nobody signs in with the email {options['email']}.")
        with acting_for_all():
            had_one = second_factor.reset(user_id=user.pk, now=timezone.now())
            if had_one:
                note_command(
                    "reset_second_factor", deed=Deed.DELETE, what="accounts_secondfactor", user_id=user.pk
                )
        if had_one:
            self.stdout.write(f"The password alone signs {user.name} in, until they add a new second factor.")
        else:
            self.stdout.write(f"{user.name} had no second factor.")
