from django.urls import path

from recovery.api import views

urlpatterns = [
    path("patients", views.Patients.as_view(), name="patients"),
    path("patients/<int:pk>", views.OnePatient.as_view(), name="patient"),
    path("patients/<int:pk>/invitations", views.InvitePatient.as_view(), name="invite-patient"),
    path("patients/<int:pk>/devices", views.PatientDevices.as_view(), name="patient-devices"),
    path("patients/<int:pk>/devices/<int:device>", views.OnePatientDevice.as_view(), name="patient-device"),
    path("patients/<int:pk>/care-team", views.CareTeam.as_view(), name="care-team"),
    path(
        "patients/<int:pk>/care-team/<int:member>", views.OneCareTeamMember.as_view(), name="care-team-member"
    ),
    path("patients/<int:pk>/episodes", views.Episodes.as_view(), name="episodes"),
    path("roster", views.Roster.as_view(), name="roster"),
    path("episodes/<int:pk>/end", views.EndEpisode.as_view(), name="end-episode"),
    path("episodes/<int:pk>/draft", views.Draft.as_view(), name="draft"),
    path("episodes/<int:pk>/draft/publish", views.Publish.as_view(), name="publish-plan"),
    path("episodes/<int:pk>/plans", views.Plans.as_view(), name="plans"),
    path("episodes/<int:pk>/trend", views.Trend.as_view(), name="trend"),
    path("episodes/<int:pk>/status-changes", views.StatusChanges.as_view(), name="status-changes"),
    path("worklist", views.Worklist.as_view(), name="worklist"),
    path("red-flags", views.RedFlags.as_view(), name="red-flags"),
    path("red-flags/<int:pk>/acknowledge", views.AcknowledgeFlag.as_view(), name="acknowledge-red-flag"),
    path("red-flags/<int:pk>/close", views.CloseFlag.as_view(), name="close-red-flag"),
]
