import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from accounts.access import acting_for_all
from accounts.models import Clinic, Membership, User
from notifications import claims, red_flags, urgent
from notifications.claims import claim
from notifications.clock import database_now
from notifications.management.commands.watch import Command
from notifications.models import (
    DeliveryChoices,
    Listener,
    MessageSettings,
    Notification,
    PushSubscription,
)
from notifications.red_flags import queue_messages
from notifications.transports import Message, TransportError, email, webpush
from recovery.models import CareTeamMember, Patient, RedFlag
from tests.notifications.conftest import NOON, World, make_world
from tests.notifications.moods import moody_service
from tests.notifications.receivers import Browser, mail_server


def told() -> set[str | None]:
    return set(Notification.objects.urgent().values_list("recipient__email", flat=True))


def test_the_care_team_hears_of_a_red_flag_once(world: World):
    flag = world.raise_flag(at=NOON)
    assert queue_messages(now=NOON).queued == 2
    assert queue_messages(now=NOON + timedelta(seconds=1)).queued == 0
    row = Notification.objects.get(channel="email")
    assert (row.recipient_id, row.patient_id, row.slot) == (
        world.therapist.pk,
        world.patient.pk,
        f"{flag.pk}-0-email",
    )
    assert (row.due_at, row.expires_at) == (NOON, None)


def test_without_a_care_team_the_clinicians_and_administrators_hear_of_it(world: World):
    CareTeamMember.objects.update(until_on=NOON.date() - timedelta(days=1))
    world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    assert told() == {"clinician@example.org", "administrator@example.org"}


def test_somebody_who_left_the_clinic_hears_nothing(world: World):
    Membership.objects.filter(user=world.therapist).update(ended_at=NOON)
    world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    assert told() == {"clinician@example.org", "administrator@example.org"}


def test_a_flag_that_nobody_can_hear_of_is_named_until_somebody_can(world: World):
    members = Membership.objects.filter(clinic=world.clinic).exclude(role="patient")
    members.update(ended_at=NOON)
    flag = world.raise_flag(at=NOON)
    assert queue_messages(now=NOON).unheard == {flag.pk}
    members.update(ended_at=None)
    assert queue_messages(now=NOON).queued == 2


def steps(flag: RedFlag) -> dict[int, set[str]]:
    """Whom each step told, by name or mailbox; by every channel that they have."""
    found: dict[int, set[str]] = {}
    for row in Notification.objects.filter(red_flag=flag).select_related("recipient"):
        name = row.recipient.name if row.recipient else row.address
        found.setdefault(row.step or 0, set()).add(f"{name} {row.channel}")
    return found


def by_both(*names: str) -> set[str]:
    return {f"{name} {channel}" for name in names for channel in ("webpush", "email")}


def test_an_unanswered_flag_goes_from_the_team_to_the_list_to_the_administrators_to_everybody(world: World):
    Listener.objects.create(clinic=world.clinic, user=world.clinician)
    Listener.objects.create(clinic=world.clinic, address="desk@example.org")
    flag = world.raise_flag(at=NOON)
    expected = {0: by_both("therapist")}
    for minutes, step, told_then in (
        (0, 0, by_both("therapist")),
        (15, 1, by_both("clinician") | {"desk@example.org email"}),
        (30, 2, by_both("administrator")),
        (60, 3, by_both("therapist", "clinician", "administrator") | {"desk@example.org email"}),
        (120, 4, by_both("therapist", "clinician", "administrator") | {"desk@example.org email"}),
    ):
        if minutes:
            queue_messages(now=NOON + timedelta(minutes=minutes, seconds=-1))
            assert steps(flag) == expected, "too early"
        queue_messages(now=NOON + timedelta(minutes=minutes))
        queue_messages(now=NOON + timedelta(minutes=minutes))
        expected[step] = told_then
        assert steps(flag) == expected


def test_the_clinic_sets_the_minutes(world: World):
    MessageSettings.objects.create(
        clinic=world.clinic,
        list_after_minutes=2,
        administrators_after_minutes=3,
        everyone_after_minutes=9,
    )
    flag = world.raise_flag(at=NOON)
    for minutes, step in ((0, 0), (2, 1), (3, 2), (9, 3), (18, 4)):
        queue_messages(now=NOON + timedelta(minutes=minutes))
        assert max(steps(flag)) == step


def test_an_acknowledgement_by_a_person_ends_it_and_a_message_that_left_does_not(world: World):
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    Notification.objects.update(state="sent", sent_at=NOON)
    assert queue_messages(now=NOON + timedelta(minutes=15)).queued > 0
    RedFlag.objects.filter(pk=flag.pk).update(acknowledged_at=NOON, acknowledged_by=world.therapist)
    assert queue_messages(now=NOON + timedelta(hours=9)).queued == 0


def test_a_watch_that_was_away_for_a_day_tells_everybody_once(world: World):
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON + timedelta(days=1))
    names = [name for told_then in steps(flag).values() for name in told_then]
    assert sorted(names) == sorted(by_both("therapist", "clinician", "administrator"))


def test_after_an_outage_of_seventy_minutes_everybody_hears_once_and_not_again_with_the_next_look(
    world: World,
):
    world.raise_flag(at=NOON)
    late = NOON + timedelta(minutes=70)
    assert [queue_messages(now=late + n * timedelta(seconds=0.5)).queued for n in range(3)] == [6, 0, 0]
    assert queue_messages(now=late + timedelta(minutes=60)).queued == 6


def test_after_an_outage_of_half_an_hour_an_administrator_of_the_team_hears_once(world: World):
    CareTeamMember.objects.update(user=world.administrator)
    flag = world.raise_flag(at=NOON)
    for seconds in range(3):
        queue_messages(now=NOON + timedelta(minutes=31, seconds=seconds))
    assert steps(flag) == {2: by_both("administrator"), 1: by_both("clinician")}


def test_longer_minutes_do_not_silence_a_flag_that_is_open(world: World):
    chosen = MessageSettings.objects.create(
        clinic=world.clinic, list_after_minutes=1, administrators_after_minutes=2, everyone_after_minutes=5
    )
    world.raise_flag(at=NOON)
    for minutes in range(121):
        queue_messages(now=NOON + timedelta(minutes=minutes))
    chosen.list_after_minutes, chosen.administrators_after_minutes, chosen.everyone_after_minutes = 15, 30, 60
    chosen.save()
    heard = [m for m in range(121, 500) if queue_messages(now=NOON + timedelta(minutes=m)).queued]
    assert heard[:2] == [180, 240]


def test_steps_do_not_end_after_months(world: World):
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON + timedelta(hours=1))
    Notification.objects.filter(step=3).update(step=40_000)
    assert queue_messages(now=NOON + timedelta(hours=2)).queued == 6
    assert max(steps(flag)) == 40_001


def test_a_clinic_whose_zone_is_gone_still_hears(world: World):
    Clinic.objects.filter(pk=world.clinic.pk).update(time_zone="Mars/Base")
    world.raise_flag(at=NOON)
    assert queue_messages(now=NOON).queued == 2


def test_a_clinic_that_fails_keeps_no_flag_from_another(
    world: World, caplog, monkeypatch: pytest.MonkeyPatch
):
    User.objects.update(email=None)
    other = make_world()
    broken = RedFlag.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        rule="broken",
        tier="A",
        about_on=NOON.date(),
        raised_at=NOON,
        raised_on=NOON.date(),
    )
    fine = other.raise_flag(at=NOON, rule="fine")
    monkeypatch.setattr(red_flags, "_message", refused(broken.pk, red_flags._message))
    queue_messages(now=NOON)
    assert "could be told" in caplog.text
    assert set(steps(fine)) == {0}
    assert steps(broken) == {}


def refused(flag_id: int, write: Callable[..., Notification]) -> Callable[..., Notification]:
    """Messages of this flag break a constraint of the ledger."""

    def written(flag: RedFlag, *args: Any, **kwargs: Any) -> Notification:
        message = write(flag, *args, **kwargs)
        if flag.pk == flag_id:
            message.state = "sent"
        return message

    return written


def test_a_web_server_whose_clock_is_ahead_delays_nothing(world: World):
    flag = world.raise_flag(at=NOON + timedelta(hours=2))
    queue_messages(now=NOON)
    assert {job.notification.channel for job in claim(urgent=True, now=NOON).jobs} == {"webpush", "email"}
    queue_messages(now=NOON + timedelta(minutes=15))
    assert set(steps(flag)) == {0, 1}


def test_a_later_step_replaces_what_did_not_leave_so_that_nobody_gets_a_burst(world: World):
    world.raise_flag(at=NOON)
    for minutes in range(0, 8 * 60 + 1, 5):
        queue_messages(now=NOON + timedelta(minutes=minutes))
    per_person = Counter(
        job.notification.recipient_id
        for job in claim(urgent=True, now=NOON + timedelta(minutes=481), most=1000, channel="email").jobs
    )
    assert set(per_person.values()) == {1}


def test_what_nobody_has_heard_of_is_claimed_before_what_was_tried(world: World):
    world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    Notification.objects.update(attempts=3)
    new = world.raise_flag(at=NOON + timedelta(seconds=1), rule="new")
    queue_messages(now=NOON + timedelta(seconds=1))
    jobs = claim(urgent=True, now=NOON + timedelta(seconds=2), most=2).jobs
    assert {job.notification.red_flag_id for job in jobs} == {new.pk}


def test_a_flag_that_was_just_acknowledged_is_not_claimed(world: World):
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    RedFlag.objects.filter(pk=flag.pk).update(acknowledged_at=NOON, acknowledged_by=world.therapist)
    assert claim(urgent=True, now=NOON).rows == 0


def test_who_unsubscribed_as_a_patient_elsewhere_still_hears_of_red_flags_at_work(world: World):
    elsewhere = Clinic.objects.create(name="Elsewhere", time_zone="UTC", created_at=NOON)
    as_patient = Patient.objects.create(
        user=world.therapist,
        clinic=elsewhere,
        name="T",
        birth_year=1980,
        email="private@example.org",
        time_zone="UTC",
        added_by=world.administrator,
        added_at=NOON,
    )
    world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    DeliveryChoices.objects.create(patient=as_patient, clinic=elsewhere, no_email=True)
    (job,) = claim(urgent=True, now=NOON, channel="email").jobs
    assert job.addresses == ["therapist@example.org"]


def test_a_phone_whose_service_hangs_does_not_hide_the_next_one(
    committed_world: World, settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webpush, "URGENT_ANSWER_SECONDS", 0.6)
    monkeypatch.setattr(urgent, "START_WITHIN_SECONDS", 0.5)
    with moody_service() as service:
        settings.PUSH_EXTRA_HOSTS = [service.host]
        with acting_for_all():
            for mood, worked in (("hang", NOON), ("201", NOON - timedelta(days=1))):
                PushSubscription.objects.create(
                    user_id=committed_world.therapist.pk,
                    endpoint=service.url(mood),
                    created_at=NOON,
                    last_ok_at=worked,
                    **Browser().keys,
                )
            committed_world.raise_flag(at=NOON)
        queue_messages(now=NOON)
        urgent.deliver_urgent(now=NOON)
        assert (service.calls["hang"], service.calls["201"]) == (1, 1)
        with acting_for_all():
            (phones,) = webpush.addresses([committed_world.therapist.pk]).values()
        assert [phone.failures for phone in phones] == [0, 1], "the next time the one that works is first"


def test_a_slow_mail_server_gets_a_red_flag_once(
    committed_world: World, settings, monkeypatch: pytest.MonkeyPatch
):
    """It takes longer than a lease: whoever looks meanwhile, this sender or another, sends it no second time."""
    monkeypatch.setattr(claims, "URGENT_LEASE", timedelta(seconds=3))
    with mail_server() as mails:
        mails.delay = 1.5  # before each of three answers
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
        with acting_for_all():
            committed_world.raise_flag(at=database_now())
            queue_messages(now=database_now())
            Notification.objects.filter(channel="webpush").delete()
        sender = urgent.UrgentSender()
        while True:
            sender.step(now=database_now())
            with acting_for_all():
                row = Notification.objects.get()
            if row.state == "sent":  # else the test's own time limit ends it
                break
            if row.attempts:
                assert claim(urgent=True, now=database_now()).rows == 0
            sender.rest(0.2)
        sender.close(now=database_now)
    assert len(mails.received) == 1
    with acting_for_all():
        row = Notification.objects.get()
    assert (row.state, row.attempts) == ("sent", 1)


def test_a_mail_has_one_deadline_and_not_one_for_each_answer(settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(email, "MAIL_SECONDS", 1.0)
    with mail_server() as mails:
        mails.delay = 0.7
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mails.port
        with pytest.raises(TransportError) as failure:
            email.send(Message("t", "b", "http://localhost/", "tag", 60), "somebody@example.org")
    assert not failure.value.permanent
    assert not mails.received


def test_a_round_of_the_watch_that_fails_is_not_its_last(
    committed_world: World, monkeypatch: pytest.MonkeyPatch, caplog
):
    """What is wrong with a round is logged, and what is queued already leaves in it."""
    rounds = []

    def queue(command: Command) -> None:
        rounds.append(command)
        if len(rounds) == 1:
            raise RuntimeError("broken")
        command.stop.set()

    with acting_for_all():
        committed_world.raise_flag(at=database_now())
    queue_messages(now=database_now())
    monkeypatch.setattr(Command, "queue", queue)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    Command().handle()
    assert len(rounds) == 2
    assert "broken" in caplog.text
    with acting_for_all():
        assert not Notification.objects.filter(attempts=0).exists()


def test_a_covering_colleague_is_told_on_the_clinics_own_date(world: World):
    """At 22:30 UTC it is already tomorrow in Berlin: who covers from tomorrow is told, who covered today is not."""
    late = NOON.replace(hour=22, minute=30)
    CareTeamMember.objects.update(until_on=NOON.date())
    CareTeamMember.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        user=world.clinician,
        from_on=NOON.date() + timedelta(days=1),
        added_by=world.administrator,
        added_at=NOON,
    )
    flag = world.raise_flag(at=late)
    queue_messages(now=late)
    assert steps(flag) == {0: by_both("clinician")}


def test_who_opened_the_record_in_an_emergency_stands_in_for_no_care_team(world: World):
    """Else a flag of a patient without a team would wait a quarter of an hour with somebody who is long gone."""
    CareTeamMember.objects.update(until_on=NOON.date() - timedelta(days=1))
    CareTeamMember.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        user=world.therapist,
        from_on=NOON.date() - timedelta(days=1),
        until_on=NOON.date(),
        until_at=NOON - timedelta(hours=9),
        opened_because="She fell at the reception.",
        added_by=world.therapist,
        added_at=NOON - timedelta(hours=13),
    )
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON)
    assert steps(flag) == {1: by_both("clinician", "administrator")}


def test_somebody_on_the_list_who_has_left_is_not_told(world: World):
    leaver = User.objects.create(name="Lou", email="lou@example.org")
    Listener.objects.create(clinic=world.clinic, user=leaver)
    flag = world.raise_flag(at=NOON)
    queue_messages(now=NOON + timedelta(minutes=15))
    assert steps(flag)[1] == by_both("clinician", "administrator")


def test_two_flags_of_one_day_are_two_messages(world: World):
    world.raise_flag(at=NOON)
    world.raise_flag(at=NOON, rule="saddle_numbness")
    assert queue_messages(now=NOON).queued == 4


def test_a_flag_that_a_person_has_seen_is_not_sent_any_more(world: World):
    seen = world.raise_flag(at=NOON)
    world.raise_flag(at=NOON, rule="saddle_numbness")
    queue_messages(now=NOON)
    RedFlag.objects.filter(pk=seen.pk).update(acknowledged_at=NOON, acknowledged_by=world.therapist)
    queue_messages(now=NOON)
    states = dict(Notification.objects.values_list("red_flag", "state"))
    assert states.pop(seen.pk) == "missed"
    assert set(states.values()) == {"pending"}


def test_watchers_at_once_write_each_message_once(committed_world: World):
    with acting_for_all():
        for n in range(40):
            committed_world.raise_flag(at=NOON, rule=f"rule {n}")

    def sweep(_: int) -> None:
        try:
            queue_messages(now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, range(4)))
    with acting_for_all():
        assert Notification.objects.count() == 80


def wait_for(condition: Callable[[], object], errors: Path) -> None:
    until = time.monotonic() + 60  # a process has to start
    while not condition():
        assert time.monotonic() < until, errors.read_text()
        time.sleep(0.05)


@pytest.fixture
def errors(tmp_path: Path) -> Path:
    return tmp_path / "stderr"


@pytest.fixture
def watch(committed_world: World, errors: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real process, without a broker: REDIS_URL leads nowhere."""
    environment = os.environ | {"REDIS_URL": "redis://127.0.0.1:1/0", "AMBLE_PROCESS": "watch"}
    with mail_server() as mails, errors.open("wb") as stderr:
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mails.port}"
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "manage.py", "watch"], env=environment, stderr=stderr
        )
        process.mails = mails  # type: ignore[attr-defined]
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def watchers_connections() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'amble watch' AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


@pytest.mark.processes
def test_a_red_flag_leaves_at_once_without_a_broker_and_after_a_lost_connection(
    committed_world: World, watch: subprocess.Popen[bytes], errors: Path
):
    mails = watch.mails.received  # type: ignore[attr-defined]
    wait_for(watchers_connections, errors)
    with acting_for_all():
        committed_world.raise_flag(at=database_now())
    started = time.monotonic()
    wait_for(lambda: mails, errors)
    assert time.monotonic() - started < 5
    assert mails[0][0] == "therapist@example.org"
    assert "Ada" not in mails[0][1].as_string()

    (lost,) = watchers_connections()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as same_role:
        same_role.execute("SELECT pg_terminate_backend(%s)", [lost])
    wait_for(lambda: "The database is back" in errors.read_text(), errors)
    assert "The database cannot be reached" in errors.read_text()
    assert lost not in watchers_connections()
    with acting_for_all():
        committed_world.raise_flag(at=database_now(), rule="saddle_numbness")
    wait_for(lambda: len(mails) == 2, errors)

    watch.send_signal(signal.SIGTERM)
    assert watch.wait(10) == 0
    assert "Traceback" not in errors.read_text()
    with acting_for_all():
        mailed = Notification.objects.filter(channel="email").values_list("state", "attempts")
        pushed = Notification.objects.filter(channel="webpush").values_list("state", "error")
        assert set(mailed) == {("sent", 1)}
        assert set(pushed) == {("pending", "no-address")}  # tried on: a browser may join


@pytest.mark.processes
def test_services_that_hang_do_not_hold_up_the_watch(committed_world: World, errors: Path):
    """Twenty flags of people whose push service never answers, and then one of somebody else."""
    with moody_service() as service, mail_server() as mails, errors.open("wb") as stderr:
        environment = os.environ | {
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "AMBLE_PROCESS": "watch",
            "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
            "PUSH_EXTRA_HOSTS": service.host,
        }
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "manage.py", "watch"], env=environment, stderr=stderr
        )
        try:
            wait_for(watchers_connections, errors)
            with acting_for_all():
                PushSubscription.objects.create(
                    user_id=committed_world.therapist.pk,
                    endpoint=service.url("hang"),
                    created_at=NOON,
                    **Browser().keys,
                )
                for n in range(20):
                    committed_world.raise_flag(at=database_now(), rule=f"rule {n}")
            wait_for(lambda: service.calls["hang"] > 10, errors)
            before = len(mails.received)
            began = time.monotonic()
            with acting_for_all():
                committed_world.raise_flag(at=database_now(), rule="the last")
            wait_for(lambda: len(mails.received) > max(before, 20), errors)
            assert time.monotonic() - began < webpush.URGENT_ANSWER_SECONDS - 1, (
                "the hanging service held up the watch"
            )
        finally:
            process.kill()
            process.wait()
