from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModules(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashed names in what style sheets and ES modules load, too, so that every file may be kept for ever.

    A module's name holds the names of those it imports: two that import each other have none, and collectstatic fails.
    """

    support_js_module_import_aggregation = True
