import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.rls import ALL, in_clinic, protect, role

OWN_MESSAGES = "recipient_id = (SELECT amble_user())"
OWN_CHOICES = "patient_id = (SELECT amble_user())"
STAFF = (role("therapist"), role("clinician"), role("administrator"))

# Messages about red flags that were queued before there were steps: the first step, and any channel.
FIRST_STEP = """
SELECT set_config('amble.reach', 'all', true);
UPDATE notifications_notification SET step = 0, channel = CASE channel WHEN '' THEN 'webpush' ELSE channel END
    WHERE red_flag_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("notifications", "0003_reminder_rules"),
        ("recovery", "0002_row_level_security"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "clinic",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="alarm",
                        serialize=False,
                        to="accounts.clinic",
                    ),
                ),
                (
                    "untried",
                    models.PositiveIntegerField(help_text="Flags that nobody tried to tell within a minute."),
                ),
                (
                    "unanswered",
                    models.PositiveIntegerField(
                        help_text="Flags past the last step that nobody acknowledged."
                    ),
                ),
                ("unheard", models.PositiveIntegerField(help_text="Flags that there is nobody to tell of.")),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryChoices",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="delivery_choices",
                        serialize=False,
                        to="recovery.patient",
                    ),
                ),
                ("no_email", models.BooleanField(default=False, help_text="Unsubscribed from mail.")),
                (
                    "email_when_unseen",
                    models.BooleanField(
                        default=False,
                        help_text="Mail a reminder that no screen confirmed within ten minutes.",
                    ),
                ),
                (
                    "measuring",
                    models.BooleanField(
                        help_text="Whether some reminders may be left out by lot; null is not asked.",
                        null=True,
                    ),
                ),
                ("measuring_decided_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Listener",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(blank=True, max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name="MessageSettings",
            fields=[
                (
                    "clinic",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="message_settings",
                        serialize=False,
                        to="accounts.clinic",
                    ),
                ),
                ("list_after_minutes", models.PositiveSmallIntegerField(default=15)),
                ("administrators_after_minutes", models.PositiveSmallIntegerField(default=30)),
                (
                    "everyone_after_minutes",
                    models.PositiveSmallIntegerField(
                        default=60, help_text="Everybody again, and again after each such time."
                    ),
                ),
                ("withheld_percent", models.PositiveSmallIntegerField(default=10)),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "notification",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="receipt",
                        serialize=False,
                        to="notifications.notification",
                    ),
                ),
                ("shown_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReminderEffect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
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
                ("hour", models.PositiveSmallIntegerField()),
                ("patients", models.PositiveIntegerField()),
                ("sent", models.PositiveIntegerField()),
                ("sent_acted", models.PositiveIntegerField()),
                ("withheld", models.PositiveIntegerField()),
                ("withheld_acted", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="notification",
            name="address",
            field=models.EmailField(
                blank=True,
                db_default="",
                default="",
                help_text="A mailbox on the clinic's list, for no recipient.",
                max_length=254,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="first_sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="measured",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether the lot was drawn for it, sent or withheld.",
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="step",
            field=models.PositiveSmallIntegerField(
                help_text="Of the escalation of a red flag, from 0; see notifications.escalation.", null=True
            ),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="failing_since",
            field=models.DateTimeField(help_text="The first of those failures.", null=True),
        ),
        migrations.AddField(
            model_name="pushsubscription",
            name="refusals",
            field=models.PositiveSmallIntegerField(default=0, help_text="Answers of 400 in a row."),
        ),
        migrations.AlterField(
            model_name="notification",
            name="recipient",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notifications",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="slot",
            field=models.CharField(
                help_text="HH:MM of a reminder; flag, step and channel of a red flag.", max_length=40
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
                    ("withheld", "Withheld"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(
                    ("channel", "webpush"), ("first_sent_at", None), ("red_flag", None), ("state", "sent")
                ),
                fields=["sent_at"],
                name="notifications_to_confirm",
            ),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("measured", True)),
                fields=["clinic", "due_at"],
                name="notifications_measured",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("recipient", None)),
                fields=("address", "kind", "local_date", "slot"),
                name="one_notification_per_slot_of_a_mailbox",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address", ""), ("recipient__isnull", False)),
                    models.Q(
                        ("recipient", None),
                        ("red_flag__isnull", False),
                        models.Q(("address", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_person_or_a_mailbox",
            ),
        ),
        migrations.AddField(
            model_name="deliverychoices",
            name="clinic",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.clinic",
            ),
        ),
        migrations.AddField(
            model_name="listener",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="listeners", to="accounts.clinic"
            ),
        ),
        migrations.AddField(
            model_name="listener",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="messagesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("list_after_minutes__gt", 0),
                    ("administrators_after_minutes__gte", models.F("list_after_minutes")),
                    ("everyone_after_minutes__gte", models.F("administrators_after_minutes")),
                ),
                name="steps_follow_each_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="messagesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("withheld_percent__lte", 20)), name="at_most_a_fifth_withheld"
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="clinic",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.clinic",
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="recipient",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="remindereffect",
            name="clinic",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.clinic"
            ),
        ),
        migrations.AddConstraint(
            model_name="listener",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address", ""), ("user__isnull", False)),
                    models.Q(("user", None), models.Q(("address", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_listener_is_a_person_or_a_mailbox",
            ),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["recipient", "shown_at"], name="receipts_by_recipient"),
        ),
        migrations.AddConstraint(
            model_name="remindereffect",
            constraint=models.UniqueConstraint(
                fields=("clinic", "kind", "hour"), name="one_count_per_kind_and_hour"
            ),
        ),
        migrations.RunSQL(FIRST_STEP, migrations.RunSQL.noop),
        # Consent is given by the patient alone, never by who cares for them.
        *protect("notifications_deliverychoices", write=in_clinic(OWN_CHOICES)),
        *protect("notifications_receipt", read=in_clinic(OWN_MESSAGES), write=in_clinic(OWN_MESSAGES)),
        *protect(
            "notifications_messagesettings", read=in_clinic(*STAFF), write=in_clinic(role("administrator"))
        ),
        *protect("notifications_listener", read=in_clinic(*STAFF), write=in_clinic(role("administrator"))),
        *protect("notifications_remindereffect", read=in_clinic(*STAFF), write=ALL),
    ]
