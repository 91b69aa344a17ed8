from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.health import backup, livez, readyz
from notifications.mailbox import mailbox
from notifications.reconciler import health
from notifications.unsubscribe import unsubscribe

api = [
    path("", include("accounts.api.urls")),
    path("", include("exercises.api.urls")),
    path("", include("recovery.api.urls")),
    path("", include("notifications.api.urls")),
    path("", include("phone.api.urls")),
]

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("app/", include("phone.urls")),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("health/backup", backup, name="backup-health"),
    path("health/redflags", health, name="red-flags-health"),
    path("unsubscribe/<str:token>", unsubscribe, name="unsubscribe"),
    path("", include("clinic.urls")),
]
if settings.MAILBOX_DIR:
    urlpatterns.append(path("mailbox/", mailbox, name="mailbox"))

handler400 = "wire.problems.bad_request"
handler404 = "wire.problems.not_found"
handler500 = "wire.problems.server_error"
