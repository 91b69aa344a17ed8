from django.db import migrations

from accounts.rls import ALL, in_clinic, protect

OWN_MESSAGES = "recipient_id = (SELECT amble_user())"

# Whoever changes a patient's zone, by whatever way, the planner looks at their reminders at once: the same local
# time may come earlier in the new zone than what was planned in the old one.
FOLLOW_THE_PATIENT = """
CREATE FUNCTION notifications_follow_the_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE notifications_reminder SET next_due_at = least(next_due_at, clock_timestamp())
        WHERE patient_id = NEW.user_id AND enabled;
    RETURN NULL;
END $$;
CREATE TRIGGER notifications_follow_the_patient AFTER UPDATE OF time_zone ON recovery_patient
    FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone)
    EXECUTE FUNCTION notifications_follow_the_patient();
"""
STAY = """
DROP TRIGGER notifications_follow_the_patient ON recovery_patient;
DROP FUNCTION notifications_follow_the_patient();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_tables"), ("recovery", "0002_row_level_security")]

    operations = [
        *protect("notifications_messagepreferences"),
        *protect("notifications_reminder"),
        # The ledger is written by workers alone; its reader is the person the message was for.
        *protect("notifications_notification", read=in_clinic(OWN_MESSAGES), write=ALL),
        migrations.RunSQL(FOLLOW_THE_PATIENT, STAY),
    ]
