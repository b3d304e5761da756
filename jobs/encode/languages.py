"""Name languages as players expect it: by BCP 47 tags, whatever a master or a person wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakehouse.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

UNKNOWN = "und"
"""Of a sound track whose language nobody told (ISO 639-2)."""
SHAPE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
"""Of a BCP 47 tag that both manifests take; tags for private use alone are left out."""
NAMES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano",
    "pt": "Português", "nl": "Nederlands", "pl": "Polski", "sv": "Svenska", "da": "Dansk",
    "nb": "Norsk", "no": "Norsk", "fi": "Suomi", "cs": "Čeština", "hu": "Magyar", "ro": "Română",
    "tr": "Türkçe", "el": "Ελληνικά", "uk": "Українська", "ru": "Русский", "ar": "العربية",
    "he": "עברית", "hi": "हिन्दी", "ja": "日本語", "ko": "한국어", "zh": "中文", UNKNOWN: "Original",
}  # fmt: skip
"""What speakers call their language; others show their tag."""


def tag_of(said: str) -> str:
    """The shortest BCP 47 tag of a language, und where it names none that is registered.

    >>> [tag_of(said) for said in ("eng", "ger", "deu", "jpn", "pt_BR", "English", "")]
    ['en', 'de', 'de', 'ja', 'pt-BR', 'und', 'und']
    """
    try:
        from langcodes import standardize_tag, tag_is_valid
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "langcodes", "encode") from None
    if not tag_is_valid(said):
        return UNKNOWN
    tag = standardize_tag(said)
    # of an odd one, such as eu-qaa-Latn-001, it makes a tag that is none
    return tag if SHAPE.fullmatch(tag) and tag_is_valid(tag) else UNKNOWN


def base_of(tag: str) -> str:
    """The language of a tag, without script and region."""
    return tag.partition("-")[0]


def shown(tag: str, special: Iterable[str] = ()) -> str:
    """What menus call a language, with its region or script and what is special about a stream.

    >>> shown("pt-BR", ["captions"])
    'Português (BR; captions)'
    """
    base, _, rest = tag.partition("-")
    said = [*([rest] if base in NAMES and rest else []), *special]
    name = NAMES.get(base, tag)
    return f"{name} ({'; '.join(said)})" if said else name


def numbered(names: Iterable[str]) -> list[str]:
    """The names, each once: a second one of a kind is told from the first by its number.

    >>> numbered(["English", "Deutsch", "English"])
    ['English', 'Deutsch', 'English 2']
    """
    given: list[str] = []
    for name in names:
        given.append(_free(name, given))
    return given


def _free(name: str, taken: Container[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free
