"""What becomes of people's accounts, and of what belongs to them directly."""

from __future__ import annotations

from collections.abc import Mapping

from gshop_studio.server.privacy.fate import (
    ANONYMISED,
    ERASED,
    NOBODY_ID,
    NOW,
    Change,
    Delete,
    TableFate,
    fate,
    kept,
    section,
)

PEOPLE: Mapping[str, TableFate] = {
    "products": fate(
        "id category price_minor currency stock created_at updated_at deleted_at",
        seller_id=ANONYMISED,
        name=kept("what was bought under it: buyers' orders say so, for as long as they are kept"),
        description=ERASED,
        image_name=ERASED,
        rules=(
            Change("seller_id", {"description": "", "image_name": None, "deleted_at": NOW, "seller_id": NOBODY_ID}),
        ),
        sections=(section("products", "seller_id"),),
    ),
    "wishlist_items": fate(
        "created_at",
        user_id=ERASED,
        product_id=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("wishlist", "user_id"),),
    ),
    "follows": fate(
        "created_at",
        user_id=ERASED,
        seller_id=ERASED,
        rules=(Delete("user_id"), Delete("seller_id")),
        sections=(section("following", "user_id"),),
    ),
    "blocked_words": fate(
        "language updated_at",
        seller_id=ERASED,
        words=ERASED,
        rules=(Delete("seller_id"),),
        sections=(section("blockedWords", "seller_id"),),
    ),
    "refresh_tokens": fate(
        "id family_id created_at expires_at used_at revoked_at",
        user_id=ERASED,
        token_hash=ERASED,
        rules=(Delete("user_id"),),
        sections=(section("signIns", "user_id", without="token_hash"),),
    ),
    "erasures": fate(
        "requested_at erased_at cleaned_at",
        id=kept("so that a restored backup forgets again: a hash of a random id, which says nothing by itself"),
        user_id=ERASED,  # once it is done
        why_not_handed_out="who is in it has no account any more",
    ),
    "users": fate(
        "",
        id=ERASED,
        email=ERASED,
        password_hash=ERASED,
        display_name=ERASED,
        role=ERASED,
        language=ERASED,
        avatar_url=ERASED,
        city=ERASED,
        country=ERASED,
        created_at=ERASED,
        updated_at=ERASED,
        signed_out_at=ERASED,
        rules=(Delete("id"),),
        sections=(section("user", "id", without="password_hash"),),
    ),
}
