"""Whose the open reviews are, for a page of them in two statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.access import Role
from accounts.models import Membership
from recovery.models import CareTeamMember, Review
from recovery.rules import reviews as rules
from recovery.rules.reviews import Member, Owner


@dataclass(frozen=True, slots=True)
class Ownership:
    """The step an open review is at, and its people as (id, name)."""

    step: Owner
    people: tuple[tuple[int, str], ...]


def owners(reviews: Iterable[Review], *, today: date) -> dict[int, Ownership]:
    """By review id. `today` is the clinic's date, which decides who is on a care team."""
    reviews = list(reviews)
    names: dict[int, str] = {}
    staff: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    members = Membership.objects.current().filter(clinic__in={review.clinic_id for review in reviews})
    for clinic, user, role, name in members.exclude(role=Role.PATIENT).values_list(
        "clinic", "user", "role", "user__name"
    ):
        staff[clinic][user].add(role)
        names[user] = name
    teams: dict[int, list[Member]] = defaultdict(list)
    current = CareTeamMember.objects.current(on=today).filter(patient__in={r.patient_id for r in reviews})
    for patient, user, until_on in current.values_list("patient", "user", "until_on"):
        teams[patient].append(Member(user, covers=until_on is not None))
    owned = {}
    for review in reviews:
        step, people = rules.owners(
            rules.owed_by(review.owed_since, today),
            team=teams[review.patient_id],
            staff=staff[review.clinic_id],
        )
        owned[review.pk] = Ownership(step, tuple(sorted((user, names[user]) for user in people)))
    return owned
