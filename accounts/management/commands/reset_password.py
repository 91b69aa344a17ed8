from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.access import Role, acting_for_all
from accounts.audit import COMMAND, note_command
from accounts.models import Deed, Membership


class Command(BaseCommand):
    help = "Make the password of somebody of the staff void, and print a code with which they choose another."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="With which they sign in.")

    def handle(self, *args: Any, **options: Any) -> None:
        works_at = Membership.objects.current().filter(user__email=options["email"].lower())
        first = works_at.exclude(role=Role.PATIENT).select_related("user").order_by("pk").first()
        if first is None:
            raise CommandError(f"Nobody of a clinic's staff signs in with the email {options['email']}.")
        with acting_for_all(through=f"{COMMAND}reset_password"):
            issued = actions.reset_password(
                user=first.user, by=None, clinic_id=first.clinic_id, now=timezone.now()
            )
            note_command("reset_password", deed=Deed.UPDATE, what="accounts_user", user_id=first.user_id)
        self.stdout.write(
            f"{first.user.name} is signed out everywhere, and chooses another password within 7 days at {issued.link}"
        )
        self.stdout.write(f"with the code {issued.secret} and the email {first.user.email}.")
