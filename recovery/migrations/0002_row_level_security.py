from django.db import migrations

from accounts.rls import OWN_PATIENT, SAME_CLINIC, append_only, in_clinic, protect, role

# These look past the policies of the tables they read, for they are what the policies are made of. (A function's own
# SET clause would say it shorter, but only a superuser may write one for a setting that is not PostgreSQL's.)
FUNCTIONS = """
CREATE FUNCTION amble_patients() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    today date := amble_setting('today')::date;
    found bigint[] := '{}';
BEGIN
    IF amble_is('therapist') OR amble_is('clinician') THEN
        PERFORM set_config('amble.reach', 'all', true);
        found := ARRAY(
            SELECT patient_id FROM recovery_careteammember
            WHERE user_id = amble_user() AND clinic_id = amble_clinic()
                AND from_on <= today AND (until_on IS NULL OR until_on >= today)
        );
        PERFORM set_config('amble.reach', reach, true);
    END IF;
    RETURN CASE WHEN amble_is('patient') THEN found || amble_user() ELSE found END;
END $$;
CREATE FUNCTION amble_has_care_team(patient bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    found boolean;
BEGIN
    PERFORM set_config('amble.reach', 'all', true);
    found := EXISTS (SELECT 1 FROM recovery_careteammember WHERE patient_id = patient);
    PERFORM set_config('amble.reach', reach, true);
    RETURN found;
END $$;
CREATE FUNCTION amble_is_enrolled(patient bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    reach text := amble_setting('reach');
    found boolean;
BEGIN
    PERFORM set_config('amble.reach', 'all', true);
    found := EXISTS (SELECT 1 FROM recovery_episode WHERE patient_id = patient AND ended_on IS NULL);
    PERFORM set_config('amble.reach', reach, true);
    RETURN found;
END $$;
"""
DROP_FUNCTIONS = "DROP FUNCTION amble_is_enrolled(bigint), amble_has_care_team(bigint), amble_patients();"

CARING = f"({role('therapist')} OR {role('clinician')})"
OWN_ROW = "user_id = ANY((SELECT amble_patients())::bigint[])"
SAME_PERSON = "user_id = (SELECT amble_user())"

# A clinician acts on the red flags of the whole clinic, and what follows from that is written with it.
BY_CLINICIANS_TOO = in_clinic(OWN_PATIENT, role("clinician"))

# Who adds a patient is not yet on their care team: the row, and the first member, are let in by these.
ENROLLING = f"""
CREATE POLICY enrolling ON recovery_patient FOR INSERT WITH CHECK ({SAME_CLINIC} AND {CARING});
CREATE POLICY founding ON recovery_careteammember FOR INSERT
    WITH CHECK ({SAME_CLINIC} AND {CARING} AND {SAME_PERSON} AND NOT amble_has_care_team(patient_id));
"""
NOT_ENROLLING = """
DROP POLICY founding ON recovery_careteammember;
DROP POLICY enrolling ON recovery_patient;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("recovery", "0001_patients_plans_and_diary"),
        ("accounts", "0002_row_level_security_settings"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *protect(
            "recovery_patient",
            read=in_clinic(OWN_ROW, role("clinician"), role("administrator")),
            write=in_clinic(OWN_ROW, role("clinician")),
        ),
        *protect(
            "recovery_careteammember",
            read=in_clinic(OWN_PATIENT, SAME_PERSON, role("clinician"), role("administrator")),
            write=in_clinic(OWN_PATIENT, role("administrator")),
        ),
        migrations.RunSQL(ENROLLING, NOT_ENROLLING),
        *protect("recovery_episode"),
        *protect("recovery_plan"),
        *protect("recovery_prescription"),
        *protect("recovery_plandraft"),
        *protect("recovery_painentry"),
        *protect("recovery_exercisesession"),
        *protect("recovery_exerciseresult"),
        *protect("recovery_walk"),
        *protect("recovery_timelineevent"),
        *protect("recovery_symptomcheck"),
        *protect("recovery_recordrevision"),
        *protect("recovery_dailypain"),
        *protect("recovery_redflag", write=BY_CLINICIANS_TOO),
        *protect("recovery_statuschange", write=BY_CLINICIANS_TOO),
        *protect("recovery_progress", write=BY_CLINICIANS_TOO),
        *append_only("recovery_plan"),
        *append_only("recovery_prescription"),
        *append_only("recovery_statuschange"),
        *append_only("recovery_recordrevision"),
    ]
