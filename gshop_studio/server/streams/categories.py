"""The categories we offer for shows and products. Other texts are taken too."""

from __future__ import annotations

from gshop_studio.contract.shows import Category, CategoryList
from gshop_studio.server.words import say, translatable

CATEGORIES: dict[str, str] = {
    "electronics": translatable("Electronics"),
    "fashion": translatable("Fashion"),
    "beauty": translatable("Beauty"),
    "home": translatable("Home"),
    "food": translatable("Food"),
    "sports": translatable("Sports"),
    "toys": translatable("Toys and games"),
    "kids": translatable("Babies and kids"),
    "pets": translatable("Pets"),
    "jewelry": translatable("Jewellery"),
    "books": translatable("Books"),
    "art": translatable("Art and crafts"),
    "garden": translatable("Garden"),
    "automotive": translatable("Cars and motorbikes"),
    "other": translatable("Other"),
}
"""By slug, which stays; the texts are what people read."""


def list_categories(language: str) -> CategoryList:
    """All of them, named in `language`."""
    categories = [
        Category(
            slug=slug,
            name=say(text, language),
            names={"en": say(text, "en"), "es": say(text, "es"), "pt": say(text, "pt")},
        )
        for slug, text in CATEGORIES.items()
    ]
    return CategoryList(categories=categories, total=len(categories))
