from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import sessions  # noqa: F401 (notes when somebody signs in)
        from accounts.api import openapi  # noqa: F401 (registers itself with drf-spectacular)
        from wire import openapi as strict_objects  # noqa: F401 (the same)
