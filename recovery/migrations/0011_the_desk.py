"""The worklist's order is kept by PostgreSQL from a row's own reasons; nudges for those who have gone silent; what was
done about a red flag before it was closed.
"""

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q, When

from accounts.rls import OWN_PATIENT, append_only, in_clinic, not_of_oneself, protect, role

FILLED_BELOW = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# What hurts twice fades within seven days: the next close of each day finds it.
FILL = """
    SELECT set_config('amble.reach', 'all', true);
    UPDATE recovery_progress g SET
        ended = e.ended_on IS NOT NULL,
        unread = EXISTS (
            SELECT FROM recovery_message m
            WHERE m.patient_id = g.patient_id AND m.read_at IS NULL AND NOT m.private AND NOT m.withdrawn
        ),
        waits_since = coalesce(
            (SELECT min(raised_at) FROM recovery_redflag f WHERE f.patient_id = g.patient_id AND closed_at IS NULL),
            e.opened_at
        )
    FROM recovery_episode e WHERE e.id = g.episode_id;
    SELECT set_config('amble.reach', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("recovery", "0010_decisions_and_dates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="progress", name="worklist"),
        migrations.RemoveField(model_name="progress", name="need"),
        migrations.AddField(
            model_name="progress",
            name="hurt_twice",
            field=models.BooleanField(default=False, db_default=False, help_text="See recovery.rules.need."),
        ),
        migrations.AddField(
            model_name="progress",
            name="unread",
            field=models.BooleanField(
                default=False, db_default=False, help_text="A message of theirs that nobody has read."
            ),
        ),
        migrations.AddField(
            model_name="progress",
            name="waits_since",
            field=models.DateTimeField(
                default=FILLED_BELOW,
                help_text="The oldest open red flag; without one, when the episode was opened.",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="progress",
            name="ended",
            field=models.BooleanField(
                default=False, db_default=False, help_text="So that no page reads the episodes that are over."
            ),
        ),
        migrations.AddField(
            model_name="progress",
            name="need",
            field=models.GeneratedField(
                expression=models.Case(
                    When(status="alert", then=0),
                    When(status="worse", then=1),
                    When(status="review", then=2),
                    When(Q(status="no_data") & ~Q(rule="no_data.first_week"), then=3),
                    When(hurt_twice=True, then=4),
                    When(unread=True, then=5),
                    When(review_due_on__isnull=False, then=6),
                    When(status__in=("watch", "no_data"), then=7),
                    default=8,
                ),
                output_field=models.PositiveSmallIntegerField(help_text="A value of recovery.rules.need."),
                db_persist=True,
            ),
        ),
        migrations.AddField(
            model_name="staffmessage",
            name="nudge",
            field=models.BooleanField(
                default=False, help_text="The fixed words for a patient who has gone silent."
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="progress",
            index=models.Index(
                condition=Q(ended=False),
                fields=["clinic", "need", "waits_since", "episode"],
                include=("patient",),
                name="worklist",
            ),
        ),
        migrations.AddIndex(
            model_name="staffmessage",
            index=models.Index(condition=Q(nudge=True), fields=["author", "written_at"], name="nudges"),
        ),
        migrations.CreateModel(
            name="FlagAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("called", "Called the patient"),
                            ("not_reached", "Called, nobody answered"),
                            ("sent_to_hospital", "Sent to the emergency department"),
                            ("seen", "Saw the patient"),
                            ("note", "Note"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=1000)),
                ("done_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.clinic",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="actions",
                        to="recovery.redflag",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.patient",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=~Q(what="note", note=""), name="a_note_says_something")
                ],
            },
        ),
        # As of the flags themselves: a clinician acts on those of the whole clinic, nobody on their own.
        *protect("recovery_flagaction", write=in_clinic(OWN_PATIENT, role("clinician"))),
        *append_only("recovery_flagaction"),
        *not_of_oneself("recovery_flagaction", "INSERT"),
    ]
