"""Bodies about shows besides the show itself (`rest`): sharing and categories."""

from __future__ import annotations

from typing import Literal

from gshop_studio.contract.rest import Language
from gshop_studio.contract.wire import Answer, Request

ShareChannel = Literal["link", "whatsapp", "telegram", "facebook", "instagram", "x", "email", "other"]


class ShareRequest(Request):
    """Optional body of share."""

    channel: ShareChannel = "link"


class ShareAnswer(Answer):
    url: str
    """Of the page to watch it on."""
    shares_count: int


class Category(Answer):
    slug: str
    """What shows and products carry in `category`; other texts are taken too."""
    name: str
    """In the caller's language."""
    names: dict[Language, str]


class CategoryList(Answer):
    categories: list[Category]
    total: int
