"""Adding patients, opening and ending their episodes, and who cares for them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404

from accounts.access import CARING_ROLES, Role
from accounts.actions import Issued, invite
from accounts.models import Device, Invitation, Membership, User
from recovery import progress
from recovery.actions.days import decided
from recovery.actions.tasks import open_task
from recovery.models import CareTeamMember, Episode, Patient, Progress, Review
from recovery.models.tasks import TaskKind
from recovery.rules.reviews import is_symptom
from recovery.rules.status import without_plan
from wire.problems import Conflict

ENDED_UNREAD = "The episode has ended, and nobody has looked at it: ask the patient."


@transaction.atomic
def add_patient(
    *,
    clinic_id: int,
    name: str,
    birth_year: int,
    time_zone: str,
    email: str = "",
    language: str = "en",
    by: int,
    today: date,
    now: datetime,
) -> Patient:
    """Enrol a person. Who adds them is the first of their care team, from `today`, the clinic's date."""
    user = User.objects.create(name=name, password=make_password(None))
    patient = Patient.objects.create(
        user=user,
        clinic_id=clinic_id,
        name=name,
        birth_year=birth_year,
        email=email,
        time_zone=time_zone,
        language=language,
        added_by_id=by,
        added_at=now,
    )
    add_to_care_team(patient=patient, user_id=by, by=by, from_on=today, now=now)
    return patient


def add_to_care_team(
    *, patient: Patient, user_id: int, by: int, from_on: date, until_on: date | None = None, now: datetime
) -> CareTeamMember:
    """A colleague joins the care team, until a date if they only cover."""
    return CareTeamMember.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        user_id=user_id,
        from_on=from_on,
        until_on=until_on,
        added_by_id=by,
        added_at=now,
    )


@transaction.atomic
def leave_care_team(*, patient: Patient, member_id: int, today: date) -> None:
    """A colleague stops caring for a patient. The last one stays: of two who leave at once, one is told."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    team = CareTeamMember.objects.filter(patient=patient.pk).current(on=today)
    leaving = get_object_or_404(team, pk=member_id)
    staff = Membership.objects.current().filter(clinic=patient.clinic_id, role__in=CARING_ROLES)
    staying = team.exclude(pk=leaving.pk).filter(until_on=None, user__in=staff.values("user"))
    if not staying.exists():
        raise Conflict("This is the last of the care team: add a colleague first.")
    if leaving.from_on == today:
        leaving.delete()  # they never cared for a whole day
    else:
        CareTeamMember.objects.filter(pk=leaving.pk).update(until_on=today - timedelta(days=1))


def choose_language(*, patient_id: int, language: str) -> None:
    """What a patient reads from now on: on the phone, in reminders, in mail."""
    other = Patient.objects.filter(pk=patient_id).exclude(language=language)
    other.update(language=language, version=F("version") + 1)  # the phone has its sentences to fetch


def invite_patient(*, patient: Patient, by: int, now: datetime) -> Issued:
    """A code for the patient's phones; the year of birth is its second factor."""
    return invite(
        user=patient.user,
        clinic_id=patient.clinic_id,
        role=Role.PATIENT,
        second_factor=str(patient.birth_year),
        by=by,
        now=now,
    )


def revoke_invitations(*, patient: Patient, now: datetime) -> int:
    """The patient's open codes let nobody in from now on; how many there were. Phones that joined stay signed in."""
    open_codes = Invitation.objects.open(at=now).filter(
        user=patient.pk, clinic=patient.clinic_id, role=Role.PATIENT
    )
    return open_codes.update(revoked_at=now)


def sign_out_device(*, device: Device, now: datetime) -> None:
    """A patient's phone was lost: its token is refused from the next request on."""
    Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=now)


@transaction.atomic
def open_episode(*, patient: Patient, by: int, now: datetime, **facts: Any) -> Episode:
    """Open a bout of sciatica: onset_on, side, region, exclusions_cleared. One is open at a time."""
    episode = Episode.objects.create(
        clinic_id=patient.clinic_id, patient=patient, opened_by_id=by, opened_at=now, **facts
    )
    today = patient.local_date(now)
    Progress.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        episode=episode,
        waits_since=now,
        next_close_at=patient.day_ends_at(today),
        **decided(without_plan(progress.red_flags([patient])[patient.pk], today)),
    )
    Patient.objects.filter(pk=patient.pk).update(version=F("version") + 1)
    return episode


@transaction.atomic
def open_new_bout(*, patient: Patient, by: int, now: datetime, **facts: Any) -> Episode:
    """Open an episode after another. Raises Conflict while one is open; of two at once, one is told."""
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if Episode.objects.open().filter(patient=patient.pk).exists():
        raise Conflict("An episode is open for this patient: end it first.")
    return open_episode(patient=patient, by=by, now=now, **facts)


@transaction.atomic
def end_episode(*, episode: Episode, because: str, on: date, by: int, now: datetime) -> None:
    """Discharge, transfer or surgery. The diary stays open: what a patient still sends is kept.

    Raises Conflict when somebody ended it before.
    """
    Patient.objects.filter(pk=episode.patient_id).update(version=F("version") + 1)  # publishing waits for it
    ended = Episode.objects.filter(pk=episode.pk, ended_on=None).update(
        ended_on=on, ended_because=because, ended_by=by
    )
    if not ended:
        raise Conflict("This episode has ended already.")
    lapsing = Review.objects.open().filter(episode=episode.pk)
    for review in lapsing:
        if is_symptom(review.cause):  # an answer that worries is read all the same
            open_task(
                clinic_id=episode.clinic_id,
                patient_id=episode.patient_id,
                episode_id=episode.pk,
                kind=TaskKind.READ_ANSWER,
                cause=review.cause,
                why=f"{review.in_words} {ENDED_UNREAD}",
                now=now,
            )
    lapsing.update(lapsed_at=now)
    # The last days are recorded, up to the end; then nothing is due for this episode.
    Progress.objects.filter(pk=episode.pk).update(ended=True, next_close_at=now)
