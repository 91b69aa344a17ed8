from django.db import migrations

from accounts.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("exercises", "0001_catalog"), ("accounts", "0004_audit")]

    operations = [
        *audited("exercises_exercise"),
        *audited("exercises_program"),
        *audited("exercises_programline"),
    ]
