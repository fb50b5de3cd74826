"""The words of the pages: French in the templates, English beside it.

`english.yaml`, and `english_*.yaml` for groups of pages, map each French sentence to its English one; a test holds that
none is missing. A sentence without its English is shown in French rather than not at all.
"""

from functools import cache
from pathlib import Path

import yaml
from fastapi import Request

from workload.web.identity import identity_of
from workload.web.state import web_of

LANGUAGES = ("fr", "en")
LANGUAGE_COOKIE = "workload_langue"
FOLDER = Path(__file__).parent


@cache
def english() -> dict[str, str]:
    words: dict[str, str] = {}
    for path in sorted(FOLDER.glob("english*.yaml")):
        words |= yaml.safe_load(path.read_text("utf-8")) or {}
    return words


def translated(language: str, french: str, /, **params: object) -> str:
    sentence = english().get(french, french) if language == "en" else french
    return sentence.format(**params) if params else sentence


def language_of(request: Request) -> str:
    """The account's choice, else the visitor's, else the browser's where it asks for English, else the service's."""
    identity = identity_of(request)
    chosen = (identity.account.language if identity else "") or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    wanted = [part.split(";")[0].strip().lower()[:2] for part in request.headers.get("accept-language", "").split(",")]
    return next((code for code in wanted if code in LANGUAGES), web_of(request).options.language)


def say(request: Request, french: str, /, **params: object) -> str:
    """A sentence in the language of whoever asks."""
    return translated(language_of(request), french, **params)
