from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from accounts.access import Role
from config.demo import CLINIC, AlreadyOpen, make_clinic


class Command(BaseCommand):
    help = "Fills an empty database with a demo clinic and prints its people and how to sign in as each."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = make_clinic(now=timezone.now())
        except AlreadyOpen as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{CLINIC}, a demo. Staff sign in at {settings.PUBLIC_URL}/sign-in:\n\n")
        for key in keys:
            if key.role != Role.PATIENT:
                self.stdout.write(f"  {key.role.label:<15}{key.name:<18}{key.first:<30}{key.second}")
        self.stdout.write(
            f"\nPatients open {settings.PUBLIC_URL}/app/join on a phone, with a code and their year of birth."
        )
        self.stdout.write("A code is good for seven days; their therapist makes new ones.\n\n")
        for key in keys:
            if key.role == Role.PATIENT:
                self.stdout.write(f"  {key.name:<18}{key.first:<11}{key.second:<6}{key.shows}")
