"""Row-level security, the second wall: what migrations say to protect a table.

`accounts` knows the clinic and the person; which patients are theirs is the function `amble_patients()`, made by a
migration of `recovery`. Settings are read through `(select ...)`, so that PostgreSQL reads them once a statement
and not once a row.
"""

from django.db.migrations.operations import RunSQL

FUNCTIONS = """
CREATE FUNCTION amble_setting(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('amble.' || name, true), '') $$;
CREATE FUNCTION amble_reaches_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(amble_setting('reach') = 'all', false) $$;
CREATE FUNCTION amble_clinic() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT amble_setting('clinic')::bigint $$;
CREATE FUNCTION amble_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT amble_setting('user')::bigint $$;
CREATE FUNCTION amble_is(role text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(role = ANY(string_to_array(amble_setting('roles'), ',')), false) $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION amble_is(text), amble_user(), amble_clinic(), amble_reaches_all(), amble_setting(text);
"""

ALL = "(SELECT amble_reaches_all())"
SAME_CLINIC = "clinic_id = (SELECT amble_clinic())"
OWN_PATIENT = "patient_id = ANY((SELECT amble_patients())::bigint[])"


def in_clinic(*conditions: str) -> str:
    return f"{ALL} OR ({SAME_CLINIC} AND ({' OR '.join(conditions)}))"


def role(name: str) -> str:
    return f"(SELECT amble_is('{name}'))"


def protect(
    table: str, *, read: str = in_clinic(OWN_PATIENT, role("clinician")), write: str = in_clinic(OWN_PATIENT)
) -> list[RunSQL]:
    """Put `table` under forced row-level security: one's own record and care team may read and write, clinicians read.

    The table has the columns clinic_id and patient_id, or the caller says its own conditions.
    """
    return [
        RunSQL(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY reading ON {table} FOR SELECT USING ({read});
            CREATE POLICY writing ON {table} FOR ALL USING ({write}) WITH CHECK ({write});
            """,
            f"""
            DROP POLICY writing ON {table};
            DROP POLICY reading ON {table};
            ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
            ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
            """,
        )
    ]


# The same for tables of whole clinics: a clinician needs no list, and a list of many is looked into, not through.
ONE_OF_OWN = (
    "patient_id IN (SELECT unnest((SELECT amble_patients())))"  # bare, it would be run to plan a statement
)


def by_command(
    table: str,
    *,
    read: str = in_clinic(role("clinician"), ONE_OF_OWN),
    write: str = in_clinic(ONE_OF_OWN),
) -> list[RunSQL]:
    """Say each policy of `protect` for its own commands only, so that a row is judged once when it is read.

    A policy FOR ALL is one more for SELECT, and PostgreSQL tries all that there are. Whoever may write has to be
    among those who may read.
    """
    return [
        RunSQL(
            f"""
            DROP POLICY writing ON {table};
            ALTER POLICY reading ON {table} USING ({read});
            CREATE POLICY adding ON {table} FOR INSERT WITH CHECK ({write});
            CREATE POLICY changing ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write});
            CREATE POLICY removing ON {table} FOR DELETE USING ({write});
            """,
            f"""
            DROP POLICY removing ON {table};
            DROP POLICY changing ON {table};
            DROP POLICY adding ON {table};
            CREATE POLICY writing ON {table} FOR ALL USING ({write}) WITH CHECK ({write});
            """,
        )
    ]


def not_of_oneself(table: str, *commands: str, otherwise: str = "false") -> list[RunSQL]:
    """Nobody decides about their own record: these commands reach no row of the person who acts, but where
    `otherwise` holds. It narrows what `protect` lets through, and leaves reading as it is.
    """
    allowed = f"{ALL} OR patient_id <> (SELECT amble_user()) OR ({otherwise})"
    return [
        RunSQL(
            f"CREATE POLICY deciding_{command.lower()} ON {table} AS RESTRICTIVE FOR {command} "
            f"{'WITH CHECK' if command == 'INSERT' else 'USING'} ({allowed})",
            f"DROP POLICY deciding_{command.lower()} ON {table}",
        )
        for command in commands
    ]


def append_only(table: str) -> list[RunSQL]:
    """Facts are added, not overwritten: nobody but the owner of the table may change or delete its rows."""
    return [
        RunSQL(
            f"""
            DO $$ DECLARE grantee text; BEGIN
                FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
                    WHERE g.table_name = '{table}' AND g.grantee <> current_user
                LOOP EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', grantee); END LOOP;
            END $$;
            """,  # noqa: S608 (the table is named by a migration)
            RunSQL.noop,
        )
    ]
