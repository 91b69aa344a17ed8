from django.urls import path

from recovery.api.views import cohort, course, ladder, messages, patients, plans, reviews, settings

urlpatterns = [
    path("patients", patients.Patients.as_view(), name="patients"),
    path("patients/<int:pk>", patients.OnePatient.as_view(), name="patient"),
    path("patients/<int:pk>/invitations", patients.InvitePatient.as_view(), name="invite-patient"),
    path("patients/<int:pk>/devices", patients.PatientDevices.as_view(), name="patient-devices"),
    path(
        "patients/<int:pk>/devices/<int:device>", patients.OnePatientDevice.as_view(), name="patient-device"
    ),
    path("patients/<int:pk>/care-team", patients.CareTeam.as_view(), name="care-team"),
    path(
        "patients/<int:pk>/care-team/<int:member>",
        patients.OneCareTeamMember.as_view(),
        name="care-team-member",
    ),
    path("patients/<int:pk>/episodes", plans.Episodes.as_view(), name="episodes"),
    path("patients/<int:pk>/messages", messages.PatientMessages.as_view(), name="patient-messages"),
    path(
        "patients/<int:pk>/messages/read",
        messages.PatientMessagesRead.as_view(),
        name="patient-messages-read",
    ),
    path("messages", messages.OwnMessages.as_view(), name="messages"),
    path("messages/read", messages.OwnMessagesRead.as_view(), name="messages-read"),
    path("roster", patients.Roster.as_view(), name="roster"),
    path("episodes/<int:pk>/end", plans.EndEpisode.as_view(), name="end-episode"),
    path("episodes/<int:pk>/draft", plans.Draft.as_view(), name="draft"),
    path("episodes/<int:pk>/draft/publish", plans.Publish.as_view(), name="publish-plan"),
    path("episodes/<int:pk>/plans", plans.Plans.as_view(), name="plans"),
    path("episodes/<int:pk>/trend", course.Trend.as_view(), name="trend"),
    path("episodes/<int:pk>/status-changes", course.StatusChanges.as_view(), name="status-changes"),
    path("episodes/<int:pk>/sessions", ladder.Sessions.as_view(), name="sessions"),
    path("episodes/<int:pk>/proposals", ladder.Proposals.as_view(), name="proposals"),
    path("proposals/<int:pk>/accept", ladder.AcceptProposal.as_view(), name="accept-proposal"),
    path("proposals/<int:pk>/decline", ladder.DeclineProposal.as_view(), name="decline-proposal"),
    path("suspensions", ladder.Suspensions.as_view(), name="suspensions"),
    path("suspensions/<int:pk>/lift", ladder.LiftSuspension.as_view(), name="lift-suspension"),
    path("cohort", cohort.Cohort.as_view(), name="cohort"),
    path("worklist", course.Worklist.as_view(), name="worklist"),
    path("reviews", reviews.Reviews.as_view(), name="reviews"),
    path("episodes/<int:pk>/reviews", reviews.Reexaminations.as_view(), name="reexaminations"),
    path("tasks", reviews.Tasks.as_view(), name="tasks"),
    path("tasks/<int:pk>/done", reviews.FinishTask.as_view(), name="finish-task"),
    path("care-settings", settings.ClinicSettings.as_view(), name="care-settings"),
    path("symptom-check", settings.SymptomCheckFile.as_view(), name="symptom-check"),
    path("red-flags", course.RedFlags.as_view(), name="red-flags"),
    path("red-flags/<int:pk>/acknowledge", course.AcknowledgeFlag.as_view(), name="acknowledge-red-flag"),
    path("red-flags/<int:pk>/close", course.CloseFlag.as_view(), name="close-red-flag"),
]
