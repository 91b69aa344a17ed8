"""A page as a PDF file, where weasyprint is installed. No requirement names it: browsers print the page, too."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage


@cache
def is_there() -> bool:
    """Whether a PDF can be made: `pip install weasyprint`, and the system's Pango."""
    if find_spec("weasyprint") is None:
        return False
    try:
        import weasyprint  # noqa: F401
    except OSError:  # the Python package is there and the system's libraries are not
        return False
    return True


def written(html: str) -> bytes:
    """The page as A4. It fetches nothing but our own static files: no text of a patient can make it ask elsewhere."""
    import weasyprint

    document = weasyprint.HTML(string=html, base_url="amble:/", url_fetcher=_own_file)
    return bytes(document.write_pdf())


def _own_file(url: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
    path = unquote(urlsplit(url).path)
    prefix = f"/{settings.STATIC_URL.strip('/')}/"
    if not path.startswith(prefix) or ".." in path:
        raise ValueError("A printed page has only Amble's own files.")
    name = path.removeprefix(prefix)
    found = finders.find(name) if settings.DEBUG else staticfiles_storage.path(name)
    if not isinstance(found, str):
        raise ValueError("There is no such file.")
    return {"string": Path(found).read_bytes(), "mime_type": "text/css" if name.endswith(".css") else None}
