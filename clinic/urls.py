from django.urls import path

from clinic.door import Join, SignIn, SignOut
from clinic.effect import ReminderEffectPage
from clinic.inbox import ActOnFlag, Inbox
from clinic.patient import AcknowledgeFlag, CloseFlag, PatientPage
from clinic.reviews import RecordReview, Reviews
from clinic.thread import Messages, Thread, ThreadRead
from clinic.work import AcceptProposal, DeclineProposal, FinishTask, LiftSuspension, Work
from clinic.worklist import Nudge, Worklist

app_name = "clinic"
urlpatterns = [
    path("", Worklist.as_view(), name="worklist"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("clinic/join", Join.as_view(), name="join"),
    path("reminder-effect", ReminderEffectPage.as_view(), name="reminder-effect"),
    path("patients/<int:pk>", PatientPage.as_view(), name="patient"),
    path("patients/<int:pk>/nudge", Nudge.as_view(), name="nudge"),
    path("patients/<int:pk>/messages", Thread.as_view(), name="thread"),
    path("patients/<int:pk>/messages/read", ThreadRead.as_view(), name="thread-read"),
    path("messages", Messages.as_view(), name="messages"),
    path("reviews", Reviews.as_view(), name="reviews"),
    path("episodes/<int:pk>/review", RecordReview.as_view(), name="record-review"),
    path("tasks", Work.as_view(), name="tasks"),
    path("tasks/<int:pk>/done", FinishTask.as_view(), name="finish-task"),
    path("suspensions/<int:pk>/lift", LiftSuspension.as_view(), name="lift-suspension"),
    path("proposals/<int:pk>/accept", AcceptProposal.as_view(), name="accept-proposal"),
    path("proposals/<int:pk>/decline", DeclineProposal.as_view(), name="decline-proposal"),
    path("red-flags", Inbox.as_view(), name="red-flags"),
    path("red-flags/<int:pk>/act", ActOnFlag.as_view(), name="act-on-red-flag"),
    path("red-flags/<int:pk>/acknowledge", AcknowledgeFlag.as_view(), name="acknowledge-red-flag"),
    path("red-flags/<int:pk>/close", CloseFlag.as_view(), name="close-red-flag"),
]
