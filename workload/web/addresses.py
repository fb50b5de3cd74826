"""Where a request may lead next: to our own pages only."""

from urllib.parse import quote, urlsplit

from fastapi.responses import RedirectResponse

HOME = "/"


def own_page(asked: str | None) -> str:
    """A path of ours, else the home page. Browsers read \\ as /, skip control characters, and take //x for a host."""
    if not asked or not asked.startswith("/") or asked.startswith("//") or len(asked) > 500:
        return HOME
    if "\\" in asked or any(ord(letter) < 33 or ord(letter) == 127 for letter in asked):
        return HOME
    parts = urlsplit(asked)
    return HOME if parts.scheme or parts.netloc else asked


def go(path: str) -> RedirectResponse:
    """After a form: look at the page it led to."""
    return RedirectResponse(own_page(path), status_code=303)


def login_page(back_to: str) -> str:
    back = own_page(back_to)
    return "/connexion" if back == HOME else f"/connexion?next={quote(back, safe='')}"
