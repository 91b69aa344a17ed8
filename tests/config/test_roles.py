"""The tests mean something only under a role that row-level security binds."""

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

pytestmark = pytest.mark.django_db


def row(query: str) -> tuple[object, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return tuple(cursor.fetchone())


def test_tests_run_as_a_role_that_no_policy_spares():
    assert row("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == (False, False)


def test_tests_run_as_a_role_that_owns_nothing_and_belongs_to_no_other_role():
    owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    databases = "SELECT count(*) FROM pg_database WHERE datdba = current_user::regrole"
    member = "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"
    assert row(f"SELECT ({owned}), ({databases}), ({member})") == (0, 0, 0)


def test_there_are_tables_and_another_role_owns_them():
    owners = "SELECT count(*), count(DISTINCT tableowner) FROM pg_tables WHERE schemaname = 'public'"
    tables, roles = row(owners)
    assert isinstance(tables, int)
    assert tables > 5
    assert roles == 1


def test_the_app_role_may_not_truncate():
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_clinic")


def test_the_app_role_may_not_make_tables():
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.mine (id int)")
