"""The audit inside PostgreSQL: what migrations say to have the changes of a table noted.

The trigger writes old and new values, and the app, under whose role it runs, cannot read them back: an administrator
sees who changed which columns of what, and not what a patient's record says. Only the owner of the database
reads the values. Tables that phones write have revisions instead, and none of this.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

from accounts.rls import ALL, SAME_CLINIC, role

COLUMNS = "id, at, clinic_id, user_id, through, deed, what, row, about, columns"

# A value that must not be kept, such as a password's hash, is noted by a digest: that it changed is still seen.
AUDIT = """
CREATE FUNCTION amble_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := '{}';
    after jsonb := '{}';
    whole jsonb;
    changed jsonb;
    secret text;
BEGIN
    IF TG_OP <> 'INSERT' THEN before := to_jsonb(OLD); END IF;
    IF TG_OP <> 'DELETE' THEN after := to_jsonb(NEW); END IF;
    FOREACH secret IN ARRAY coalesce(TG_ARGV, '{}') LOOP
        before := jsonb_set(before, ARRAY[secret], to_jsonb(coalesce(md5(before ->> secret), '')), false);
        after := jsonb_set(after, ARRAY[secret], to_jsonb(coalesce(md5(after ->> secret), '')), false);
    END LOOP;
    whole := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    SELECT jsonb_object_agg(key, jsonb_build_array(before -> key, after -> key)) INTO changed
        FROM jsonb_object_keys(whole) AS key WHERE before -> key IS DISTINCT FROM after -> key;
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO accounts_auditentry
        (clinic_id, user_id, through, deed, what, row, about, columns, changes, changes_digest)
    VALUES (
        CASE TG_TABLE_NAME WHEN 'accounts_clinic' THEN (whole ->> 'id')::bigint
            ELSE coalesce((whole ->> 'clinic_id')::bigint, amble_clinic()) END,
        amble_user(),
        coalesce(amble_setting('through'), 'role ' || session_user),
        lower(TG_OP),
        TG_TABLE_NAME,
        coalesce(whole ->> 'id', whole ->> 'episode_id', whole ->> 'user_id', whole ->> 'clinic_id'),
        array_remove(ARRAY[coalesce(whole ->> 'patient_id', whole ->> 'user_id',
            CASE TG_TABLE_NAME WHEN 'accounts_user' THEN whole ->> 'id' END)::bigint], NULL),
        CASE TG_OP WHEN 'UPDATE' THEN ARRAY(SELECT jsonb_object_keys(changed)) ELSE '{}' END,
        changed,
        sha256(convert_to(changed::text, 'UTF8'))
    );
    RETURN NULL;
END $$;
"""

# An entry in somebody's name is written by nobody else. A patient reads who has read; the administrator the clinic's.
PROTECT = f"""
ALTER TABLE accounts_auditentry ADD COLUMN changes jsonb, ADD COLUMN changes_digest bytea;
ALTER TABLE accounts_auditentry ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts_auditentry FORCE ROW LEVEL SECURITY;
CREATE POLICY writing ON accounts_auditentry FOR INSERT
    WITH CHECK (user_id IS NOT DISTINCT FROM (SELECT amble_user()));
CREATE POLICY reading ON accounts_auditentry FOR SELECT USING (
    {ALL} OR ({SAME_CLINIC} AND (
        {role("administrator")} OR (deed = 'read' AND {role("patient")} AND (SELECT amble_user()) = ANY(about)))));
DO $$ DECLARE grantee text; BEGIN
    FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
        WHERE g.table_name = 'accounts_auditentry' AND g.grantee <> current_user
    LOOP
        EXECUTE format('REVOKE ALL ON accounts_auditentry, accounts_auditseal FROM %I', grantee);
        EXECUTE format('GRANT INSERT, SELECT ({COLUMNS}) ON accounts_auditentry TO %I', grantee);
        EXECUTE format('GRANT SELECT ON accounts_auditseal TO %I', grantee);
    END LOOP;
END $$;
"""  # noqa: S608 (the columns are ours)

# These run as the owner: the app reads no values, and makes no seal of its own. The lock, for the moment of one seal,
# waits for those who have an entry in an open transaction: ids are drawn under it, so that no smaller one can follow.
# An erasure takes the values of a patient away and leaves their digest, so that what was sealed still fits.
SEAL = """
CREATE FUNCTION amble_audit_digest(after bigint, through bigint, OUT entries bigint, OUT digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    reach text := coalesce(amble_setting('reach'), '');
BEGIN
    PERFORM set_config('amble.reach', 'all', true);
    SELECT count(*), sha256(coalesce(string_agg(one.hash, ''::bytea ORDER BY one.id), '')) INTO entries, digest FROM (
        SELECT e.id, sha256(convert_to(jsonb_build_array(
            e.id, e.at, e.clinic_id, e.user_id, e.through, e.deed, e.what, e.row, e.about, e.columns,
            encode(CASE WHEN e.changes IS NULL THEN e.changes_digest
                ELSE sha256(convert_to(e.changes::text, 'UTF8')) END, 'hex')
        )::text, 'UTF8')) AS hash
        FROM accounts_auditentry e WHERE (after IS NULL OR e.id > after) AND e.id <= amble_audit_digest.through
    ) AS one;
    PERFORM set_config('amble.reach', reach, true);
END $$;

CREATE FUNCTION amble_audit_chain(previous bytea, through bigint, entries bigint, digest bytea)
    RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(previous || int8send(through) || int8send(entries) || digest) $$;

CREATE FUNCTION amble_seal_audit() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '300ms' AS $$
DECLARE
    reach text := coalesce(amble_setting('reach'), '');
    before accounts_auditseal;
    last bigint;
    made record;
    number bigint;
BEGIN
    BEGIN
        LOCK TABLE accounts_auditentry IN SHARE ROW EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        RETURN NULL;
    END;
    SELECT * INTO before FROM accounts_auditseal ORDER BY id DESC LIMIT 1;
    PERFORM set_config('amble.reach', 'all', true);
    SELECT max(id) INTO last FROM (
        SELECT id FROM accounts_auditentry WHERE id > coalesce(before.through, 0) ORDER BY id LIMIT 10000) AS next;
    PERFORM set_config('amble.reach', reach, true);
    IF last IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO made FROM amble_audit_digest(before.through, last);
    INSERT INTO accounts_auditseal (through, entries, digest, chain, sealed_at) VALUES (
        last, made.entries, made.digest,
        amble_audit_chain(coalesce(before.chain, ''), last, made.entries, made.digest), clock_timestamp()
    ) RETURNING id INTO number;
    RETURN number;
END $$;
"""
DROP = """
DROP FUNCTION amble_seal_audit(), amble_audit_chain(bytea, bigint, bigint, bytea);
DROP FUNCTION amble_audit_digest(bigint, bigint);
DROP FUNCTION amble_audit() CASCADE;
"""


def audited(
    table: str,
    on: str = "INSERT OR UPDATE OR DELETE",
    *,
    when: str = "",
    secrets: Sequence[str] = (),
) -> list[RunSQL]:
    """Have the changes of `table` noted: `on` are the events, as PostgreSQL writes them, `when` a condition on a row.

    The values of `secrets` are noted by a digest.
    """
    condition = f"WHEN ({when})" if when else ""
    arguments = ", ".join(f"'{name}'" for name in secrets)
    return [
        RunSQL(
            f"CREATE TRIGGER audit AFTER {on} ON {table} FOR EACH ROW {condition}"
            f" EXECUTE FUNCTION amble_audit({arguments})",
            f"DROP TRIGGER audit ON {table}",
        )
    ]
