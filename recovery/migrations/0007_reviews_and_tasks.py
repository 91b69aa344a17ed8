import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import recovery.models.settings
from accounts.rls import OWN_PATIENT, append_only, in_clinic, protect, role

# A clinician reviews for the whole clinic; an administrator sees which reviews nobody answers, and no findings.
BY_CLINICIANS_TOO = in_clinic(OWN_PATIENT, role("clinician"))
UNANSWERED = f"{role('administrator')} AND answered_by_id IS NULL AND lapsed_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_failure_counts"),
        ("recovery", "0006_ladder"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="progress",
            name="needs_review_since",
            field=models.DateField(
                help_text="The plan needs a review: no progress by week 4, and none recorded since.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="progress",
            name="review_due_on",
            field=models.DateField(help_text="The oldest open review's date.", null=True),
        ),
        migrations.CreateModel(
            name="CareSettings",
            fields=[
                (
                    "clinic",
                    models.OneToOneField(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="care_settings",
                        serialize=False,
                        to="accounts.clinic",
                    ),
                ),
                (
                    "review_weeks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(52),
                            ]
                        ),
                        default=recovery.models.settings._review_weeks,
                        help_text="Program weeks whose end a review falls due at.",
                        size=None,
                    ),
                ),
                (
                    "emergency_text",
                    models.JSONField(default=dict, help_text="What to do in an emergency, by language."),
                ),
                ("emergency_number", models.CharField(blank=True, max_length=32)),
                (
                    "crisis_text",
                    models.JSONField(
                        default=dict, help_text="Whom to talk to with thoughts of self-harm, by language."
                    ),
                ),
                ("crisis_number", models.CharField(blank=True, max_length=32)),
                (
                    "out_of_hours_text",
                    models.JSONField(
                        default=dict, help_text="Whom to call when the clinic is closed, by language."
                    ),
                ),
                ("hours", models.JSONField(default=list)),
                ("reference_curve", models.CharField(default="reference curve v1", max_length=64)),
                ("version", models.PositiveIntegerField(default=0, help_text="Grows with every change.")),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reexamination",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "heel_walk",
                    models.CharField(
                        choices=[
                            ("full", "Full"),
                            ("weak", "Weak"),
                            ("none", "None"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "toe_walk",
                    models.CharField(
                        choices=[
                            ("full", "Full"),
                            ("weak", "Weak"),
                            ("none", "None"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "big_toe_strength",
                    models.CharField(
                        choices=[
                            ("full", "Full"),
                            ("weak", "Weak"),
                            ("none", "None"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "reflex",
                    models.CharField(
                        choices=[
                            ("present", "Present"),
                            ("reduced", "Reduced"),
                            ("absent", "Absent"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "sensation",
                    models.CharField(
                        choices=[
                            ("full", "Full"),
                            ("reduced", "Reduced"),
                            ("absent", "Absent"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "straight_leg_raise",
                    models.CharField(
                        choices=[
                            ("positive", "Positive"),
                            ("negative", "Negative"),
                            ("not_tested", "Not Tested"),
                        ],
                        default="not_tested",
                        max_length=12,
                    ),
                ),
                (
                    "diagnosis_unchanged",
                    models.BooleanField(help_text="Whether the working diagnosis is what it was."),
                ),
                (
                    "red_flags_checked",
                    models.BooleanField(help_text="Whether red flags were asked about face to face."),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("plan_changed", "Plan Changed"),
                            ("examined", "Examined"),
                            ("imaging", "Imaging"),
                            ("referred", "Referred"),
                            ("continue", "Continue"),
                        ],
                        max_length=16,
                    ),
                ),
                ("because", models.TextField(blank=True, help_text="Why the plan goes on as it is.")),
                ("note", models.TextField(blank=True)),
                ("recorded_on", models.DateField(help_text="The patient's local date.")),
                ("recorded_at", models.DateTimeField()),
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
                    "corrects",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.reexamination",
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reexaminations",
                        to="recovery.episode",
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
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(help_text="A word of recovery.rules.reviews.", max_length=64)),
                ("due_on", models.DateField(help_text="The patient's local date.")),
                ("opened_at", models.DateTimeField()),
                (
                    "lapsed_at",
                    models.DateTimeField(help_text="The episode ended before anybody answered.", null=True),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="recovery.reexamination",
                    ),
                ),
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
                    "episode",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="recovery.episode",
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
        ),
        migrations.CreateModel(
            name="Task",
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
                            ("check_by_hand", "A rule could not judge this patient"),
                            ("read_answer", "An answer has to be read by a person"),
                            ("suspended_exercise", "An exercise was suspended"),
                            ("silent", "Nothing is heard of the patient"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        help_text="What it is about: an exercise, a question, a rule.", max_length=64
                    ),
                ),
                ("why", models.TextField(help_text="A sentence for staff.")),
                ("opened_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                ("how", models.TextField(blank=True)),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "episode",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="recovery.episode",
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
        ),
        migrations.AddConstraint(
            model_name="reexamination",
            constraint=models.CheckConstraint(
                condition=models.Q(("because", ""), ("outcome", "continue"), _negated=True),
                name="going_on_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("answered_by", None), ("lapsed_at", None)),
                fields=["clinic", "due_on"],
                name="open_reviews",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                fields=("episode", "cause", "due_on"), name="one_review_per_due_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answered_by", None), ("lapsed_at", None)),
                fields=("episode", "cause"),
                name="one_open_review_per_cause",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("done_at", None)), fields=["clinic", "opened_at"], name="open_tasks"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at", None)),
                fields=("patient", "kind", "cause"),
                name="one_open_task_per_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at", None), ("done_by", None), ("how", "")),
                    models.Q(
                        ("done_at__isnull", False),
                        ("done_by__isnull", False),
                        models.Q(("how", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="what_is_done_has_a_doer_and_a_way",
            ),
        ),
        *protect("recovery_reexamination", write=BY_CLINICIANS_TOO),
        *protect(
            "recovery_review",
            read=in_clinic(OWN_PATIENT, role("clinician"), f"({UNANSWERED})"),
            write=BY_CLINICIANS_TOO,
        ),
        *protect("recovery_task", write=BY_CLINICIANS_TOO),
        *append_only("recovery_reexamination"),
    ]
