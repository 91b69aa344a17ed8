import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit")]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="second_factor_from",
            field=models.DateField(
                blank=True,
                null=True,
                help_text="From this day on staff need a second factor; None: they may have one.",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="sessions_since",
            field=models.DateTimeField(
                blank=True,
                null=True,
                help_text="Sessions that began before are over: a second factor was taken away.",
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="second_factor",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text="Signed in with one: without, it is none of staff who need one.",
            ),
        ),
        migrations.CreateModel(
            name="SecondFactor",
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
                        choices=[("app", "Authenticator app"), ("passkey", "Passkey")], max_length=8
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("secret", models.BinaryField()),
                (
                    "counter",
                    models.BigIntegerField(
                        help_text="An app's last time step, a passkey's own count: what does not raise it is a copy."
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second_factors",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recovery_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        *audited("accounts_secondfactor", secrets=["secret"]),
        *audited("accounts_recoverycode", secrets=["digest"]),
    ]
