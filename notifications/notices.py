"""Mail and pushes to staff about what answers to them and waits for no one: a record that somebody opened in an
emergency, and records that are about to be erased. As every message, they name nobody.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Min

from accounts.access import Role, acting_for_all
from accounts.models import Clinic, Membership
from notifications.facts import zone_of
from notifications.models import Kind, Notification
from recovery.models import CareTeamMember, Expiry

LASTS = timedelta(days=1)  # also how long these were away, at most, without anybody missing a message


def tell_of_opened_records(*, now: datetime) -> int:
    """Messages to the administrators and the care team, but not to who opened it; once each. How many were looked at.

    `now` is PostgreSQL's, which ended the four hours, too.
    """
    with acting_for_all():
        opened = list(CareTeamMember.objects.filter(until_at__gt=now - LASTS).select_related("clinic"))
        if not opened:
            return 0
        administrators = _administrators({one.clinic_id for one in opened})
        Notification.objects.bulk_create(
            [
                _message(
                    Kind.OPENED,
                    user,
                    clinic=one.clinic_id,
                    patient=one.patient_id,
                    on=one.from_on,
                    slot=one.pk,
                    now=now,
                )
                for one in opened
                for user in (administrators[one.clinic_id] | _team(one, now=now)) - {one.user_id}
            ],
            ignore_conflicts=True,
        )
    return len(opened)


def tell_of_erasures(*, now: datetime) -> None:
    """One message to each administrator about the records that a clinic listed on one day. The ledger has it beside the
    first of those patients; should that one be erased by hand meanwhile, it is told beside the next.
    """
    with acting_for_all():
        listed = Expiry.objects.to_be_erased().filter(listed_on__gt=(now - LASTS).date())
        batches = list(listed.values_list("clinic", "listed_on").annotate(first=Min("patient")))
        administrators = _administrators({clinic for clinic, _, _ in batches})
        Notification.objects.bulk_create(
            [
                _message(Kind.ERASURE, user, clinic=clinic, patient=first, on=on, slot=clinic, now=now)
                for clinic, on, first in batches
                for user in administrators[clinic]
            ],
            ignore_conflicts=True,
        )


def _message(
    kind: Kind, user: int, *, clinic: int, patient: int, on: date, slot: int, now: datetime
) -> Notification:
    return Notification(
        clinic_id=clinic,
        recipient_id=user,
        patient_id=patient,
        kind=kind,
        local_date=on,
        slot=str(slot),
        due_at=now,
        expires_at=now + LASTS,
        next_attempt_at=now,
    )


def _administrators(clinics: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    members = Membership.objects.current().filter(clinic__in=clinics, role=Role.ADMINISTRATOR)
    for clinic, user in members.values_list("clinic", "user"):
        found[clinic].add(user)
    return found


def _team(opened: CareTeamMember, *, now: datetime) -> set[int]:
    clinic: Clinic = opened.clinic
    today = now.astimezone(zone_of(clinic.time_zone)).date()
    team = CareTeamMember.objects.able(on=today).filter(patient=opened.patient_id)
    return set(team.values_list("user", flat=True))
