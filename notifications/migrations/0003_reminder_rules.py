import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts.rls import OWN_PATIENT, in_clinic, role

OWN_MESSAGES = "recipient_id = (SELECT amble_user())"
OF_OWN_PATIENTS = f"(({role('therapist')} OR {role('clinician')}) AND {OWN_PATIENT})"

# What was due to a patient is read by whoever cares for them, too, and the patient answers it.
POLICIES = f"""
CREATE POLICY caring ON notifications_notification FOR SELECT
    USING ({in_clinic(OF_OWN_PATIENTS, role("clinician"))});
CREATE POLICY answering ON notifications_notification FOR UPDATE
    USING ({in_clinic(OWN_MESSAGES)}) WITH CHECK ({in_clinic(OWN_MESSAGES)});
"""
NO_POLICIES = """
DROP POLICY answering ON notifications_notification;
DROP POLICY caring ON notifications_notification;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("notifications", "0002_protection"),
        ("recovery", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="messagepreferences",
            name="heard_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddField(
            model_name="messagepreferences",
            name="paused_until",
            field=models.DateField(blank=True, help_text="The last date without messages.", null=True),
        ),
        migrations.AddField(
            model_name="messagepreferences",
            name="silence_is_told",
            field=models.BooleanField(default=True, help_text="The care team knows of this silence."),
        ),
        migrations.AddField(
            model_name="messagepreferences",
            name="silent_since",
            field=models.DateField(
                help_text="The last date on which anything was heard, when that is too long ago.", null=True
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("red_flag", "red_flag"),
                    ("ended", "ended"),
                    ("paused", "paused"),
                    ("quiet_hours", "quiet_hours"),
                    ("snoozed", "snoozed"),
                    ("done", "done"),
                    ("nothing_asked", "nothing_asked"),
                    ("just_walked", "just_walked"),
                    ("not_due", "not_due"),
                    ("enough", "enough"),
                    ("fading", "fading"),
                    ("silent", "silent"),
                ],
                db_default="",
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="done_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="snoozed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="snoozed_for",
            field=models.CharField(
                blank=True,
                choices=[("30_minutes", "Half An Hour"), ("2_hours", "Two Hours"), ("today", "Today")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("exercise", "Exercise"),
                    ("diary", "Diary"),
                    ("movement_break", "Movement Break"),
                    ("walk", "Walk"),
                    ("weekly_check", "Weekly Check"),
                    ("measures", "Measures"),
                    ("review", "Review"),
                    ("red_flag", "Red Flag"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("skipped", "Skipped"),
                    ("missed", "Missed"),
                    ("failed", "Failed"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="kind",
            field=models.CharField(
                choices=[
                    ("exercise", "Exercise"),
                    ("diary", "Diary"),
                    ("movement_break", "Movement Break"),
                    ("walk", "Walk"),
                    ("weekly_check", "Weekly Check"),
                    ("measures", "Measures"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="messagepreferences",
            index=models.Index(
                condition=models.Q(("silence_is_told", False)), fields=["patient"], name="silences_to_tell_of"
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "skipped"), models.Q(("because", ""), _negated=True)),
                    models.Q(models.Q(("state", "skipped"), _negated=True), ("because", "")),
                    _connector="OR",
                ),
                name="skipped_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("snoozed_for", ""), _negated=True), ("snoozed_at__isnull", False)),
                    models.Q(("snoozed_at", None), ("snoozed_for", "")),
                    _connector="OR",
                ),
                name="snoozed_has_a_time",
            ),
        ),
        migrations.RunSQL(POLICIES, NO_POLICIES),
    ]
