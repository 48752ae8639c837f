"""What a person reads, where there is no Qt: gettext catalogues for the server and for the command line.

The English text is the message id. Catalogues lie in `translations/{catalogue}/{language}/LC_MESSAGES/` and are
compiled at set-up.
"""

from __future__ import annotations

import gettext
import os
from functools import cache

LANGUAGES = ("en", "es", "pt")
DEFAULT_LANGUAGE = "en"


@cache
def catalogue(name: str, language: str) -> gettext.NullTranslations:
    """The catalogue `name` (`server` or `shared`) in a language; English, which is the ids, where there is none."""
    from gshop_studio.paths import translations_dir

    return gettext.translation(name, translations_dir() / name, [language], fallback=True)


def best_language(*wishes: str | None) -> str:
    """The first language we have among wishes such as `es`, `pt-BR`, `es_AR.UTF-8` or an Accept-Language list."""
    for wish in wishes:
        for part in (wish or "").split(","):
            tag = part.split(";")[0].strip().lower()
            if tag[:2] in LANGUAGES and (len(tag) == 2 or not tag[2].isalpha()):
                return tag[:2]
    return DEFAULT_LANGUAGE


def person_language() -> str:
    """The language of the person at this machine, by the environment."""
    language_list = os.environ.get("LANGUAGE", "").replace(":", ",")
    others = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return best_language(os.environ.get("GSHOP_LANGUAGE"), language_list, *others)
