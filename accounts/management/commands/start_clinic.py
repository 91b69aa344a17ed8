from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from accounts import actions
from accounts.access import acting_for_all
from accounts.audit import COMMAND
from accounts.models import User


class Command(BaseCommand):
    help = "Open a clinic and print the code with which its first administrator joins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The clinic's name.")
        parser.add_argument("--time-zone", required=True, help="For example Europe/Berlin.")
        parser.add_argument("--administrator", required=True, help="The administrator's name.")
        parser.add_argument("--email", required=True, help="The administrator's email.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"'{options['time_zone']}' is no time zone: use a name such as Europe/Berlin.")
        try:
            validate_email(options["email"])
        except ValidationError:
            raise CommandError(f"'{options['email']}' is no email address.") from None
        if User.objects.filter(email=options["email"].lower()).exists():
            raise CommandError(
                f"Somebody with the email {options['email']} exists already: use another address."
            )
        with acting_for_all(through=f"{COMMAND}start_clinic"):
            issued = actions.start_clinic(
                name=options["name"],
                time_zone=options["time_zone"],
                administrator=options["administrator"],
                email=options["email"],
                now=timezone.now(),
            )
        self.stdout.write(
            f"{options['name']} is open. {options['administrator']} joins within 7 days at {issued.link}"
        )
        self.stdout.write(
            f"with the code {issued.secret} and the email {options['email']}, and chooses a password."
        )
