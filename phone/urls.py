from django.urls import path

from phone import pages

app_name = "phone"
urlpatterns = [
    path("", pages.shell, name="shell"),
    path("sw.js", pages.worker, name="worker"),
    path("manifest.webmanifest", pages.manifest, name="manifest"),
    path("symptom-check.json", pages.symptom_check, name="symptom-check"),
    path("consent.json", pages.consent, name="consent"),
    path("<slug:screen>", pages.shell, name="screen"),
]
