from django.db import migrations

from accounts.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("exercises", "0002_figure_approvals"), ("accounts", "0004_audit")]

    operations = [
        *audited("exercises_exercise"),
        *audited("exercises_program"),
        *audited("exercises_programline"),
        *audited("exercises_figureapproval"),
    ]
