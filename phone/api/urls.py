from django.urls import path

from phone.api import views
from phone.api.consent import OwnConsent
from phone.api.export import Export, ExportSheets
from phone.api.language import OwnLanguage
from phone.api.readings import Readings
from phone.api.records import Sync, put_record

urlpatterns = [
    path("today", views.Today.as_view(), name="today"),
    path("plan", views.ActivePlan.as_view(), name="plan"),
    path("progress", views.OwnProgress.as_view(), name="progress"),
    path("timeline", views.OwnTimeline.as_view(), name="own-timeline"),
    path("pain/<str:client_uuid>", put_record("pain").as_view(), name="put-pain"),
    path("sessions/<str:client_uuid>", put_record("session").as_view(), name="put-session"),
    path("walks/<str:client_uuid>", put_record("walk").as_view(), name="put-walk"),
    path("events/<str:client_uuid>", put_record("event").as_view(), name="put-event"),
    path("measures/<str:client_uuid>", put_record("measure").as_view(), name="put-measure"),
    path("symptom-checks/<str:client_uuid>", put_record("symptom_check").as_view(), name="put-symptom-check"),
    path("messages/<str:client_uuid>", put_record("message").as_view(), name="put-message"),
    path("consent", OwnConsent.as_view(), name="consent"),
    path("language", OwnLanguage.as_view(), name="language"),
    path("readings", Readings.as_view(), name="readings"),
    path("export", Export.as_view(), name="export"),
    path("export/csv", ExportSheets.as_view(), name="export-csv"),
    path("sync", Sync.as_view(), name="sync"),
]
