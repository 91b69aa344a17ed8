from django.urls import path

from clinic.door import Join, SignIn, SignOut
from clinic.effect import ReminderEffectPage
from clinic.patient import AcknowledgeFlag, CloseFlag, PatientPage
from clinic.worklist import Worklist

app_name = "clinic"
urlpatterns = [
    path("", Worklist.as_view(), name="worklist"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", SignOut.as_view(), name="sign-out"),
    path("clinic/join", Join.as_view(), name="join"),
    path("reminder-effect", ReminderEffectPage.as_view(), name="reminder-effect"),
    path("patients/<int:pk>", PatientPage.as_view(), name="patient"),
    path("red-flags/<int:pk>/acknowledge", AcknowledgeFlag.as_view(), name="acknowledge-red-flag"),
    path("red-flags/<int:pk>/close", CloseFlag.as_view(), name="close-red-flag"),
]
