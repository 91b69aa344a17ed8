"""The second wall alone: plain ORM queries without the code's own filters, as the app role."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from accounts.access import Role, acting, acting_for_all
from recovery.actions import people as care
from recovery.models import CareTeamMember, Episode, Patient, Plan, Progress
from tests import people
from tests.moments import NOW

pytestmark = pytest.mark.django_db

# Tables that name people, devices or the catalog, and nothing of a patient's record.
WITHOUT_PATIENT_DATA = {
    "accounts_clinic",
    "accounts_user",
    "accounts_membership",
    "accounts_invitation",
    "accounts_device",
    "exercises_exercise",
    "exercises_program",
    "exercises_programline",
    "notifications_pushsubscription",
    "recovery_caresettings",  # what the clinic says to all its patients
    "notifications_alarm",  # counts of failures
    "notifications_heartbeat",
    "accounts_failurecount",
    "django_migrations",
    "django_content_type",
    "django_session",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
}


def test_every_table_with_patient_data_is_under_forced_row_level_security():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity,"
            " EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid)"
            " FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        tables = {name: forced and policy for name, forced, policy in cursor.fetchall()}
    assert {
        name for name, protected in tables.items() if not protected
    } == WITHOUT_PATIENT_DATA & tables.keys()


def test_nothing_is_seen_without_a_context():
    maria = people.member(people.clinic(), Role.THERAPIST)
    people.patient(maria)
    # The test runs in one transaction, which still has Maria's context.
    with transaction.atomic():
        with connection.cursor() as cursor:
            for name in ("reach", "clinic", "user", "roles", "today"):
                cursor.execute("SELECT set_config(%s, '', true)", [f"amble.{name}"])
        assert not Patient.objects.exists()
        assert not Episode.objects.exists()


def test_each_person_sees_their_own():
    hill, lake = people.clinic("Hillside"), people.clinic("Lakeside")
    maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    doctor, boss = people.member(hill, Role.CLINICIAN), people.member(hill, Role.ADMINISTRATOR)
    stranger = people.member(lake, Role.CLINICIAN)
    ana, ben = people.patient(maria, name="Ana"), people.patient(carla, name="Ben")

    def seen(person, model):
        with acting(person.actor):
            return set(model.objects.values_list("patient" if model is not Patient else "pk", flat=True))

    both = {ana.user.pk, ben.user.pk}
    for model in (Episode, Progress, CareTeamMember):
        assert seen(ana, model) == {ana.user.pk}
        assert seen(maria, model) == {ana.user.pk}
        assert seen(carla, model) == {ben.user.pk}
        assert seen(doctor, model) == both
        assert seen(stranger, model) == set()
    assert seen(boss, Patient) == both
    assert seen(boss, Episode) == set()


def test_cover_opens_and_closes_by_its_dates():
    hill = people.clinic()
    maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    ana = people.patient(maria)
    with acting(maria.actor):
        care.add_to_care_team(
            patient=Patient.objects.get(pk=ana.user.pk),
            user_id=carla.user.pk,
            by=maria.user.pk,
            from_on=NOW.date() + timedelta(days=1),
            until_on=NOW.date() + timedelta(days=2),
            now=NOW,
        )

    def sees(day):
        with acting(replace(carla.actor, today=NOW.date() + timedelta(days=day))):
            return Episode.objects.exists()

    assert [sees(day) for day in range(4)] == [False, True, True, False]


def test_a_therapist_cannot_write_into_a_colleagues_patient():
    hill = people.clinic()
    maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    ana = people.patient(maria)
    with acting_for_all():
        episode = Episode.objects.get(patient=ana.user.pk)
    with acting(carla.actor):
        assert Episode.objects.filter(pk=episode.pk).update(side="left") == 0
    with pytest.raises(ProgrammingError, match="row-level security"), acting(carla.actor):
        CareTeamMember.objects.create(
            clinic=hill,
            patient_id=ana.user.pk,
            user=carla.user,
            from_on=NOW,
            added_by=carla.user,
            added_at=NOW,
        )


def test_published_plans_cannot_be_changed_or_deleted_by_the_app():
    maria = people.member(people.clinic(), Role.THERAPIST)
    ana = people.patient(maria)
    plan = people.plan_for(ana, maria, starts_on=NOW.date())
    with pytest.raises(ProgrammingError, match="permission denied"), acting(maria.actor):
        Plan.objects.filter(pk=plan.pk).update(note="rewritten")
    with pytest.raises(ProgrammingError, match="permission denied"), acting(maria.actor):
        Plan.objects.filter(pk=plan.pk).delete()
