from django.db import migrations

from accounts.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_a_removed_reminder"), ("accounts", "0004_audit")]

    operations = [*audited("notifications_messagesettings"), *audited("notifications_listener")]
