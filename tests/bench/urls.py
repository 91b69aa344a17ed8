"""A bare Django view doing one raw INSERT of the row that a pain entry is: no check, no audit, no second wall.

Its table is a copy of recovery_painentry with the same columns, indexes, constraints and foreign keys, but without
row-level security.
"""

from datetime import UTC, datetime
from uuid import uuid4

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as product

MAKE_TABLE = """
    CREATE TABLE bench_painentry (LIKE recovery_painentry INCLUDING ALL);
    ALTER TABLE bench_painentry
        ADD FOREIGN KEY (clinic_id) REFERENCES accounts_clinic DEFERRABLE INITIALLY DEFERRED,
        ADD FOREIGN KEY (patient_id) REFERENCES recovery_patient DEFERRABLE INITIALLY DEFERRED;
"""
INSERT = """
    INSERT INTO bench_painentry (clinic_id, patient_id, client_uuid, revision, withdrawn, conflicted, happened_at,
        utc_offset_minutes, zone, "on", clock_suspect, body, received_at, region, score, asked, about_on, late)
    VALUES (%s, %s, %s, 1, false, false, %s, 0, 'UTC', %s, false, '{"score": 4}', %s, 'leg', 4, 'now', %s, false)
"""


@csrf_exempt
def bare(request: HttpRequest, clinic: int, patient: int) -> HttpResponse:
    _, now = request.body, datetime.now(UTC)  # a body left unread would cost the connection
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [clinic, patient, uuid4(), now, now.date(), now, now.date()])
    return HttpResponse(status=201)


urlpatterns = [path("bare/<int:clinic>/<int:patient>", bare), *product]
