from django.db import migrations

from accounts.rls import ONE_OF_OWN, by_command, in_clinic, role

# As in 0013, and kept for the transaction: a page asks it for each table that it reads. What is kept is of one context
# and falls with every change of a care team, so that who adds a patient goes on with them.
KEPT = """
CREATE OR REPLACE FUNCTION amble_patients() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    today date := amble_setting('today')::date;
    whose text := concat_ws('|', amble_user(), amble_clinic(), amble_setting('roles'), today);
    caring boolean;
    found bigint[] := '{}';
BEGIN
    IF amble_setting('patients_of') = whose THEN
        RETURN amble_setting('patients')::bigint[];
    END IF;
    caring := amble_is('therapist') OR amble_is('clinician');
    IF caring OR amble_is('administrator') THEN
        PERFORM set_config('amble.reach', 'all', true);
        found := ARRAY(
            SELECT patient_id FROM recovery_careteammember
            WHERE user_id = amble_user() AND clinic_id = amble_clinic()
                AND from_on <= today AND (until_on IS NULL OR until_on >= today)
                AND (until_at > statement_timestamp() OR until_at IS NULL AND caring)
        );
        PERFORM set_config('amble.reach', reach, true);
    END IF;
    IF amble_is('patient') THEN
        found := found || amble_user();
    END IF;
    PERFORM set_config('amble.patients', found::text, true), set_config('amble.patients_of', whose, true);
    RETURN found;
END $$;
CREATE FUNCTION amble_forget_patients() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('amble.patients_of', '', true);
    RETURN NULL;
END $$;
CREATE TRIGGER forget_patients AFTER INSERT OR UPDATE OR DELETE ON recovery_careteammember
    FOR EACH STATEMENT EXECUTE FUNCTION amble_forget_patients();
"""
# The function stays: it says the same without the trigger's help, as long as a care team changes in a transaction of
# its own.
NOT_KEPT = """
DROP TRIGGER forget_patients ON recovery_careteammember;
DROP FUNCTION amble_forget_patients();
"""

OWN_ROW = "user_id IN (SELECT unnest((SELECT amble_patients())))"
CLINICIANS_TOO = in_clinic(role("clinician"), ONE_OF_OWN)
LEFT_TO_ADMINISTRATORS = (
    f"({role('administrator')} AND answered_by_id IS NULL AND lapsed_at IS NULL "
    "AND greatest(due_on, opened_on) + 14 <= (SELECT amble_setting('today')::date))"
)


class Migration(migrations.Migration):
    dependencies = [("recovery", "0015_how_long_records_are_kept")]

    operations = [
        migrations.RunSQL(KEPT, NOT_KEPT),
        *by_command(
            "recovery_patient",
            read=in_clinic(role("clinician"), role("administrator"), OWN_ROW),
            write=in_clinic(role("clinician"), OWN_ROW),
        ),
        *by_command(
            "recovery_careteammember",
            read=in_clinic(
                role("clinician"), role("administrator"), "user_id = (SELECT amble_user())", ONE_OF_OWN
            ),
            write=in_clinic(role("administrator"), ONE_OF_OWN),
        ),
        *by_command("recovery_episode"),
        *by_command("recovery_plan"),
        *by_command("recovery_prescription"),
        *by_command("recovery_painentry"),
        *by_command("recovery_exercisesession"),
        *by_command("recovery_exerciseresult"),
        *by_command("recovery_walk"),
        *by_command("recovery_timelineevent"),
        *by_command("recovery_symptomcheck"),
        *by_command("recovery_dailypain"),
        *by_command("recovery_message"),
        *by_command("recovery_staffmessage"),
        *by_command("recovery_proposal"),
        *by_command("recovery_suspension"),
        *by_command("recovery_outcomemeasure"),
        *by_command("recovery_planpause"),
        *by_command("recovery_redflag", write=CLINICIANS_TOO),
        *by_command("recovery_statuschange", write=CLINICIANS_TOO),
        *by_command("recovery_progress", write=CLINICIANS_TOO),
        *by_command("recovery_task", write=CLINICIANS_TOO),
        *by_command(
            "recovery_review",
            read=in_clinic(role("clinician"), ONE_OF_OWN, LEFT_TO_ADMINISTRATORS),
            write=CLINICIANS_TOO,
        ),
    ]
