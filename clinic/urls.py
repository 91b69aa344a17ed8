from django.urls import path

from clinic.account import (
    Account,
    AddApp,
    AddPasskey,
    ConfirmPassword,
    NewRecoveryCodes,
    RemoveFactor,
)
from clinic.acting import Stay
from clinic.administration.export import Export
from clinic.administration.handover import CoverFor, HandOver, OwnCover
from clinic.administration.keeping import Keeping, KeepRecord, LetGo
from clinic.administration.resetting import ResetPassword, ResetSecondFactor
from clinic.administration.roster import Roster
from clinic.administration.settings import ClinicPage
from clinic.administration.staff import ColleaguePage, HasLeft, InviteColleague, Staff, VoidInvitation
from clinic.audit import Audit
from clinic.building import Builder
from clinic.care import AddToCareTeam, CarePage, Discharge, HandOverOne, LeaveCareTeam, NewBout
from clinic.catalog.exercises import EditExercise, NewExercise
from clinic.catalog.listing import Catalog, PutAwayExercise, PutAwayProgram
from clinic.catalog.programs import EditProgram, NewProgram
from clinic.cohort import CohortPage
from clinic.door import Join, SignIn, SignOut
from clinic.effect import ReminderEffectPage
from clinic.emergency import OpenRecord
from clinic.figures import ApproveFigure, Figures
from clinic.inbox import ActOnFlag, Inbox
from clinic.inviting import AddPatient, InvitationPage, Invitations, RevokeInvitation
from clinic.new_password import NewPassword
from clinic.notified import ForgetBrowser, Notified, Worker
from clinic.paper import PaperDiary
from clinic.patient import AcknowledgeFlag, CloseFlag, PatientPage
from clinic.reaching import SignOutPhone
from clinic.reviews import RecordReview, Reviews
from clinic.second_step import SecondStep
from clinic.sheets import Handout, Report
from clinic.thread import Messages, Thread, ThreadRead
from clinic.timeline import (
    AddEvent,
    PausePlan,
    ReopenPlan,
    ResumePlan,
    SetNewStart,
    StartStayingWell,
    TakeBackEvent,
    Timeline,
)
from clinic.work import AcceptProposal, DeclineProposal, FinishTask, LiftSuspension, Work
from clinic.worklist import Nudge, Worklist

app_name = "clinic"
urlpatterns = [
    path("", Worklist.as_view(), name="worklist"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-in/second", SecondStep.as_view(), name="second-step"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("stay-signed-in", Stay.as_view(), name="stay"),
    path("clinic/join", Join.as_view(), name="join"),
    path("account", Account.as_view(), name="account"),
    path("account/app", AddApp.as_view(), name="add-app"),
    path("account/passkey", AddPasskey.as_view(), name="add-passkey"),
    path("account/recovery-codes", NewRecoveryCodes.as_view(), name="recovery-codes"),
    path("account/second-factors/<int:pk>/remove", RemoveFactor.as_view(), name="remove-second-factor"),
    path("account/password", ConfirmPassword.as_view(), name="confirm-password"),
    path("account/password/new", NewPassword.as_view(), name="new-password"),
    path("cohort", CohortPage.as_view(), name="cohort"),
    path("reminder-effect", ReminderEffectPage.as_view(), name="reminder-effect"),
    path("patients/new", AddPatient.as_view(), name="add-patient"),
    path("patients/open", OpenRecord.as_view(), name="open-record"),
    path("invitations", Invitations.as_view(), name="invitations"),
    path("patients/<int:pk>/invitation", InvitationPage.as_view(), name="invitation"),
    path("patients/<int:pk>/invitation/revoke", RevokeInvitation.as_view(), name="revoke-invitation"),
    path("patients/<int:pk>/program", Builder.as_view(), name="builder"),
    path("patients/<int:pk>/handout", Handout.as_view(), name="handout"),
    path("patients/<int:pk>/report", Report.as_view(), name="report"),
    path("patients/<int:pk>/paper-diary", PaperDiary.as_view(), name="paper"),
    path("patients/<int:pk>/timeline", Timeline.as_view(), name="timeline"),
    path("patients/<int:pk>/timeline/event", AddEvent.as_view(), name="add-event"),
    path(
        "patients/<int:pk>/timeline/event/<int:event>/take-back",
        TakeBackEvent.as_view(),
        name="take-back-event",
    ),
    path("patients/<int:pk>/timeline/pause", PausePlan.as_view(), name="pause"),
    path("pauses/<int:pk>/resume", ResumePlan.as_view(), name="resume"),
    path("patients/<int:pk>/timeline/new-start", SetNewStart.as_view(), name="new-start"),
    path("patients/<int:pk>/timeline/staying-well", StartStayingWell.as_view(), name="staying-well"),
    path("patients/<int:pk>/timeline/reopen-plan", ReopenPlan.as_view(), name="reopen-plan"),
    path("exercises", Catalog.as_view(), name="catalog"),
    path("exercises/new", NewExercise.as_view(), name="new-exercise"),
    path("exercises/<int:pk>", EditExercise.as_view(), name="edit-exercise"),
    path("exercises/<int:pk>/put-away", PutAwayExercise.as_view(), name="put-away-exercise"),
    path("figures", Figures.as_view(), name="figures"),
    path("figures/<slug:slug>/approve", ApproveFigure.as_view(), name="approve-figure"),
    path("programs/new", NewProgram.as_view(), name="new-program"),
    path("programs/<int:pk>", EditProgram.as_view(), name="edit-program"),
    path("programs/<int:pk>/put-away", PutAwayProgram.as_view(), name="put-away-program"),
    path("patients/<int:pk>", PatientPage.as_view(), name="patient"),
    path("patients/<int:pk>/phones/<int:device>/sign-out", SignOutPhone.as_view(), name="sign-out-phone"),
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
    path("audit", Audit.as_view(), name="audit"),
    path("red-flags", Inbox.as_view(), name="red-flags"),
    path("red-flags/<int:pk>/act", ActOnFlag.as_view(), name="act-on-red-flag"),
    path("red-flags/<int:pk>/acknowledge", AcknowledgeFlag.as_view(), name="acknowledge-red-flag"),
    path("red-flags/<int:pk>/close", CloseFlag.as_view(), name="close-red-flag"),
    path("patients/<int:pk>/care", CarePage.as_view(), name="care"),
    path("patients/<int:pk>/care/add", AddToCareTeam.as_view(), name="add-to-care-team"),
    path("patients/<int:pk>/care/hand-over", HandOverOne.as_view(), name="hand-over-one"),
    path("patients/<int:pk>/care/<int:member>/end", LeaveCareTeam.as_view(), name="leave-care-team"),
    path("patients/<int:pk>/new-bout", NewBout.as_view(), name="new-bout"),
    path("episodes/<int:pk>/discharge", Discharge.as_view(), name="discharge"),
    path("your-notifications", Notified.as_view(), name="notified"),
    path("your-notifications/<int:pk>/remove", ForgetBrowser.as_view(), name="forget-browser"),
    path("your-notifications/worker.js", Worker.as_view(), name="notified-worker"),
    path("cover", OwnCover.as_view(), name="cover"),
    path("clinic", ClinicPage.as_view(), name="administration"),
    path("clinic/patients", Roster.as_view(), name="roster"),
    path("clinic/keeping", Keeping.as_view(), name="keeping"),
    path("clinic/keeping/<int:pk>/keep", KeepRecord.as_view(), name="keep-record"),
    path("clinic/keeping/<int:pk>/let-go", LetGo.as_view(), name="let-go"),
    path("clinic/export", Export.as_view(), name="export"),
    path("clinic/staff", Staff.as_view(), name="staff"),
    path("clinic/staff/invite", InviteColleague.as_view(), name="invite-colleague"),
    path("clinic/staff/invitations/<int:pk>/void", VoidInvitation.as_view(), name="void-invitation"),
    path("clinic/staff/<int:pk>", ColleaguePage.as_view(), name="colleague"),
    path("clinic/staff/<int:pk>/left", HasLeft.as_view(), name="has-left"),
    path(
        "clinic/staff/<int:pk>/second-factor/reset", ResetSecondFactor.as_view(), name="reset-second-factor"
    ),
    path("clinic/staff/<int:pk>/password/reset", ResetPassword.as_view(), name="reset-password"),
    path("clinic/staff/<int:pk>/hand-over", HandOver.as_view(), name="hand-over"),
    path("clinic/staff/<int:pk>/cover", CoverFor.as_view(), name="cover-for"),
]
