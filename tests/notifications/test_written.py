"""What staff write reaches the patient's phone: once for what is unread, by day, and without a word of it."""

import json
from datetime import datetime, time, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import acting_for_all
from notifications import restraint
from notifications.claims import claim
from notifications.delivery import deliver_ordinary
from notifications.messages import message_for
from notifications.models import DeliveryChoices, MessagePreferences, Notification, PushSubscription
from notifications.outcomes import in_words
from notifications.receipts import repeat_unseen
from notifications.written import tell_of_messages
from recovery.actions.messages import read_by_patient, write_to_patient
from recovery.actions.nudges import nudge
from recovery.models import Episode, Patient, Progress, StaffMessage
from recovery.rules.status import SILENT
from tests.notifications.conftest import NOON, World
from tests.notifications.receivers import Browser, MailServer, PushService

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EVENING = datetime.combine(NOON, time(21), tzinfo=NOON.tzinfo)  # 23:00 in Berlin
MORNING = datetime.combine(NOON + DAY, time(5), tzinfo=NOON.tzinfo)  # 07:00, the end of quiet hours


def write(world: World, *, at: datetime, patient: Patient | None = None, to_patient: bool = True) -> None:
    to, by = patient or world.patient, world.therapist.pk
    write_to_patient(patient=to, text="CNRY, call me.", to_patient=to_patient, by=by, now=at)


def sent(world: World, *, at: datetime) -> int:
    """One round of the task, as if every push were taken. How many left."""
    tell_of_messages(now=at)
    jobs = claim(urgent=False, now=at).jobs
    held = Notification.objects.filter(pk__in=[job.notification.pk for job in jobs])
    held.update(state="sent", channel="webpush", sent_at=at, token=None)
    return len(jobs)


def test_what_staff_write_is_told_once_and_says_nothing_of_it(world: World):
    write(world, at=NOON)
    assert sent(world, at=NOON + SECOND) == 1
    assert sent(world, at=NOON + MINUTE) == 0
    row = Notification.objects.get()
    assert (row.recipient_id, row.local_date) == (world.patient.pk, NOON.date())
    message = message_for(row, "es")
    assert (message.title, message.url) == ("Tu clínica te ha escrito", "http://localhost:8000/app/messages")
    assert "CNRY" not in str(message)


def test_a_note_among_colleagues_is_told_to_nobody(world: World):
    write(world, at=NOON, to_patient=False)
    assert sent(world, at=NOON) == 0


def test_what_was_read_first_is_not_told(world: World):
    write(world, at=NOON)
    read_by_patient(patient_id=world.patient.pk, until=NOON, now=NOON)
    assert sent(world, at=NOON + SECOND) == 0
    assert not Notification.objects.exists()


def test_what_is_read_before_it_leaves_does_not_leave_and_the_list_says_so(world: World):
    write(world, at=NOON)
    tell_of_messages(now=NOON)
    read_by_patient(patient_id=world.patient.pk, until=NOON, now=NOON)
    assert sent(world, at=NOON + SECOND) == 0
    assert in_words(Notification.objects.get()) == "Not sent: you had read it already."


def test_in_quiet_hours_it_waits_for_their_end(world: World):
    write(world, at=EVENING)
    assert sent(world, at=EVENING) == 0
    assert sent(world, at=MORNING - SECOND) == 0
    assert sent(world, at=MORNING) == 1
    assert Notification.objects.get().expires_at == EVENING + DAY - 2 * HOUR  # they begin at 21:00


def test_what_did_not_leave_before_quiet_hours_leaves_after_them(world: World):
    before = EVENING - 2 * HOUR - SECOND
    write(world, at=before)
    tell_of_messages(now=before)
    assert sent(world, at=before + MINUTE) == 0  # its first try came a minute too late
    assert sent(world, at=MORNING) == 1


def test_quiet_hours_that_were_chosen_since_keep_it(world: World):
    write(world, at=NOON)
    tell_of_messages(now=NOON)
    MessagePreferences.objects.create(
        patient=world.patient, clinic=world.clinic, quiet_start=time(11), quiet_end=time(13)
    )
    assert claim(urgent=False, now=NOON + SECOND).jobs == []


def test_two_unread_messages_of_a_date_are_told_as_one(world: World):
    write(world, at=NOON)
    assert sent(world, at=NOON) == 1
    write(world, at=NOON + HOUR)
    assert sent(world, at=NOON + HOUR) == 0
    assert sent(world, at=NOON + DAY + MINUTE) == 0  # the next morning tells of nothing old


def test_what_is_written_after_the_first_was_read_is_told_again(world: World):
    write(world, at=NOON)
    assert sent(world, at=NOON) == 1
    read_by_patient(patient_id=world.patient.pk, until=NOON, now=NOON + MINUTE)
    write(world, at=NOON + HOUR)
    assert sent(world, at=NOON + HOUR) == 1


def test_what_is_written_on_the_next_date_is_told_again(world: World):
    write(world, at=NOON)
    assert sent(world, at=NOON) == 1
    write(world, at=NOON + DAY)
    assert sent(world, at=NOON + DAY) == 1


def test_what_was_written_more_than_a_day_ago_is_not_told(world: World):
    write(world, at=NOON - DAY)
    assert sent(world, at=NOON) == 0


def test_a_nudge_reaches_the_phone(world: World):
    episode = Episode.objects.create(
        clinic=world.clinic,
        patient=world.patient,
        onset_on=NOON.date() - 60 * DAY,
        side="left",
        started_on=NOON.date() - 20 * DAY,
        opened_by=world.therapist,
        opened_at=NOON - 20 * DAY,
    )
    Progress.objects.create(
        episode=episode, patient=world.patient, clinic=world.clinic, rule=SILENT, waits_since=NOON
    )
    nudge(patient=world.patient, by=world.therapist.pk, now=NOON)
    assert sent(world, at=NOON) == 1


def test_no_break_no_end_of_a_program_and_no_full_date_keeps_a_person_away(world: World):
    MessagePreferences.objects.create(
        patient=world.patient, clinic=world.clinic, paused_until=NOON.date() + DAY
    )
    known = restraint.Known(has_ended=True, is_paused=True, under_red_flag=True)
    assert restraint.pointless("message", "1", NOON.date(), known, now=NOON) is None
    for n in range(restraint.MOST_A_DAY):
        Notification.objects.create(
            clinic=world.clinic,
            recipient_id=world.patient.pk,
            patient=world.patient,
            kind="diary",
            local_date=NOON.date(),
            slot=f"08:0{n}",
            due_at=NOON - HOUR,
            next_attempt_at=NOON,
            state="sent",
            sent_at=NOON - HOUR,
        )
    write(world, at=NOON)
    assert sent(world, at=NOON) == 1


def test_what_was_read_since_is_not_sent_a_second_time(world: World):
    write(world, at=NOON)
    sent(world, at=NOON)
    read_by_patient(patient_id=world.patient.pk, until=NOON, now=NOON + MINUTE)
    DeliveryChoices.objects.create(patient=world.patient, clinic=world.clinic, email_when_unseen=True)
    assert repeat_unseen(now=NOON + 10 * MINUTE) == 1
    assert sent(world, at=NOON + 10 * MINUTE) == 0
    assert Notification.objects.get().state == "sent"


def test_the_number_of_statements_does_not_depend_on_the_number_of_patients(world: World):
    def statements(number: int, at: datetime) -> int:
        for n in range(number):
            write(world, at=at, patient=world.add_patient(f"P{at:%d}-{n}"))
        with CaptureQueriesContext(connection) as telling:
            assert tell_of_messages(now=at) == number
        StaffMessage.objects.all().delete()
        return len(telling)

    assert statements(2, NOON) == statements(20, NOON + DAY)


def test_it_goes_to_the_phone_and_by_mail_to_who_has_none(
    committed_world: World, mails: MailServer, service: PushService
):
    world, browser = committed_world, Browser()
    with acting_for_all():
        ben = world.add_patient("Ben", email="ben@example.org")
        for patient in (world.patient, ben):
            write(world, at=NOON, patient=patient)
        PushSubscription.objects.create(
            user_id=world.patient.pk, endpoint=service.url("/a"), created_at=NOON, **browser.keys
        )
    tell_of_messages(now=NOON)
    for second in range(3):
        deliver_ordinary(now=NOON + second * SECOND)
    (push,) = service.received
    said = json.loads(browser.open(push.body))["notification"]
    assert (said["title"], said["navigate"]) == (
        "Your clinic wrote to you",
        "http://localhost:8000/app/messages",
    )
    until_quiet = EVENING - 2 * HOUR - NOON  # 21:00 in Berlin
    assert timedelta() < until_quiet - timedelta(seconds=int(push.headers["TTL"])) < 2 * MINUTE
    ((address, mail),) = mails.received
    assert address == "ben@example.org"
    for part in mail.iter_parts():
        assert "Your clinic wrote to you" in part.get_content()
        assert "/app/messages" in part.get_content()
        assert "CNRY" not in part.get_content()
