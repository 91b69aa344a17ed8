"""The second wall alone: plain ORM queries without the code's own filters, as the app role."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from accounts.access import Role, acting, acting_for_all, enter
from accounts.models import Clinic
from recovery.actions import people as care
from recovery.models import (
    CareTeamMember,
    Episode,
    Patient,
    Plan,
    PlanPause,
    Progress,
    Proposal,
    RedFlag,
    Reexamination,
    Review,
    Suspension,
    Task,
)
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
    "accounts_secondfactor",  # of staff, encrypted; read before anybody is signed in
    "accounts_recoverycode",  # digests
    "accounts_auditseal",  # digests
    "exercises_exercise",
    "exercises_program",
    "exercises_programline",
    "notifications_pushsubscription",
    "recovery_erasure",  # fingerprints of who is gone
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


def test_who_joins_and_who_leaves_a_care_team_is_seen_in_the_same_transaction():
    """PostgreSQL keeps whose patients are whose from one statement to the next."""
    hill = people.clinic()
    maria, carla = people.member(hill, Role.THERAPIST), people.member(hill, Role.THERAPIST)
    ana, ben = people.patient(maria, name="Ana"), people.patient(carla, name="Ben")
    joins = {"clinic": hill, "patient_id": ben.user.pk, "user": maria.user, "from_on": NOW.date()}

    def seen() -> set[int]:
        return set(Patient.objects.values_list("pk", flat=True))

    with acting(maria.actor):
        assert seen() == {ana.user.pk}
        with acting(carla.actor):
            assert seen() == {ben.user.pk}
            joined = CareTeamMember.objects.create(**joins, added_by=carla.user, added_at=NOW)
        enter(maria.actor)
        assert seen() == {ana.user.pk, ben.user.pk}
        with transaction.atomic():
            joined.delete()
            assert seen() == {ana.user.pk}
            transaction.set_rollback(True)
        assert seen() == {ana.user.pk, ben.user.pk}
        CareTeamMember.objects.filter(user=maria.user).delete()
        assert seen() == set()


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


def decidable(hill: Clinic, ana: people.Person, plan: Plan) -> None:
    """An open row of everything that a person decides about."""
    of_ana = {"clinic": hill, "patient_id": ana.user.pk, "episode_id": plan.episode_id}
    said = {"rule": "x", "numbers": {}, "for_staff": "", "rule_version": "1"}
    exercise = plan.prescriptions.get().exercise
    with acting_for_all():
        RedFlag.objects.create(rule="x", tier="A", about_on=NOW, raised_at=NOW, raised_on=NOW, **of_ana)
        Review.objects.create(cause="week_2", due_on=NOW, opened_at=NOW, opened_on=NOW, **of_ana)
        Task.objects.create(kind="check_by_hand", cause="x", why="Look.", opened_at=NOW, **of_ana)
        Suspension.objects.create(exercise=exercise, suspended_at=NOW, suspended_on=NOW, **of_ana, **said)
        Proposal.objects.create(
            plan=plan,
            exercise=exercise,
            kind="repeat",
            from_dosage={},
            to_exercise=exercise,
            for_day=NOW,
            made_at=NOW,
            **of_ana,
            **said,
        )
        PlanPause.objects.create(
            from_on=NOW, until_on=NOW, reason="other", paused_by_id=ana.user.pk, paused_at=NOW, **of_ana
        )


DECISIONS: dict[Any, dict[str, Any]] = {
    RedFlag: {"acknowledged_at": NOW, "acknowledged_by": 0},
    Task: {"done_at": NOW, "done_by": 0, "how": "Done."},
    Suspension: {"lifted_at": NOW, "lifted_on": NOW, "lifted_by": 0, "lifted_because": "Fine."},
    Proposal: {"state": "accepted", "decided_at": NOW, "decided_by": 0},
    PlanPause: {"resumed_on": NOW, "resumed_by": 0},
}


def test_nobody_decides_about_their_own_record():
    hill = people.clinic()
    maria = people.member(hill, Role.THERAPIST)
    ana = people.patient(maria)
    decidable(hill, ana, people.plan_for(ana, maria, starts_on=NOW.date()))
    for model, said in DECISIONS.items():
        for person, count in ((ana, 0), (maria, 1)):
            by = {name: person.user.pk if value == 0 else value for name, value in said.items()}
            with acting(person.actor):
                assert model.objects.update(**by) == count, model
        with acting(ana.actor):
            assert model.objects.count() == 1
            assert model.objects.all()._raw_delete("default") == 0
    with pytest.raises(ProgrammingError, match="row-level security"), acting(ana.actor):
        Review.objects.update(lapsed_at=NOW)
    with pytest.raises(ProgrammingError, match="row-level security"), acting(ana.actor):
        Reexamination.objects.create(
            clinic=hill,
            patient_id=ana.user.pk,
            episode=Episode.objects.get(),
            outcome="examined",
            diagnosis_unchanged=True,
            red_flags_checked=True,
            recorded_on=NOW,
            recorded_at=NOW,
            recorded_by=ana.user,
        )


def test_an_administrator_sees_a_review_when_it_has_been_owed_for_two_weeks():
    hill = people.clinic()
    maria, boss = people.member(hill, Role.THERAPIST), people.member(hill, Role.ADMINISTRATOR)
    ana = people.patient(maria)
    with acting_for_all():
        Review.objects.create(
            clinic=hill,
            patient_id=ana.user.pk,
            episode=Episode.objects.get(),
            cause="week_2",
            due_on=NOW - timedelta(days=40),
            opened_at=NOW,
            opened_on=NOW,
        )

    def sees(day):
        with acting(replace(boss.actor, today=NOW.date() + timedelta(days=day))):
            return Review.objects.exists()

    assert [sees(0), sees(13), sees(14)] == [False, False, True]
