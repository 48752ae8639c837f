"""What becomes of what people leave in a show, what they said, watched, moderated; and of shows whose host goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, case, func, literal

from gshop_studio.domain.stream_life import StreamStatus
from gshop_studio.server.privacy.fate import (
    ANONYMISED,
    ERASED,
    NOBODY_ID,
    Change,
    Delete,
    DeleteWithShow,
    TableFate,
    TakeOff,
    fate,
    kept,
    section,
)

_WITH_THE_SHOW = DeleteWithShow()
_BAN_HOLDS = "so that a ban holds when the same address registers anew: a keyed hash, for as long as the ban is kept"
_SAID_TWICE = "what somebody said and did in a show stands in the tables of it, too"


def _nobodys_key(table: Table) -> ColumnElement[Any]:
    """Tells the viewers of a show apart, and nothing else."""
    return literal("erased:") + table.c.id


def _over(table: Table) -> ColumnElement[Any]:
    """A show without its host takes place no more."""
    status = table.c.status
    return case(
        (status == StreamStatus.SCHEDULED.value, StreamStatus.CANCELLED.value),
        (status == StreamStatus.LIVE.value, StreamStatus.ENDED.value),
        else_=status,
    )


def _place_only(table: Table) -> ColumnElement[Any]:
    """Where somebody stood in the order of ids, which are times first."""
    return func.substr(table.c.after_user_id, 1, 13)


IN_SHOWS: Mapping[str, TableFate] = {
    "live_stream_events": fate(
        "stream_id seq event at",
        data=ANONYMISED,
        rules=(_WITH_THE_SHOW,),
        why_not_handed_out=_SAID_TWICE,
    ),
    "live_stream_staff_events": fate(
        "stream_id seq event at",
        data=ANONYMISED,
        rules=(_WITH_THE_SHOW,),
        why_not_handed_out=_SAID_TWICE,
    ),
    "live_stream_messages": fate(
        "id stream_id seq type is_deleted is_pinned deleted_at edited_at created_at",
        user_id=ANONYMISED,
        message=ERASED,
        reaction_type=ERASED,
        metadata=ERASED,
        client_message_id=ERASED,
        deleted_by=ANONYMISED,
        rules=(
            _WITH_THE_SHOW,
            Change(
                "user_id",
                {
                    "message": "",
                    "reaction_type": None,
                    "metadata": {},
                    "client_message_id": None,
                    "is_deleted": True,
                    "is_pinned": False,
                    "user_id": NOBODY_ID,
                },
            ),
            Change("deleted_by", {"deleted_by": NOBODY_ID}),
        ),
        sections=(section("messagesSent", "user_id", without="deleted_by seq"),),
    ),
    "live_stream_held_messages": fate(
        "id stream_id created_at decided_at",
        user_id=ERASED,
        message=ERASED,
        client_message_id=ERASED,
        reasons=ERASED,
        decision=ERASED,
        decided_by=ANONYMISED,
        rules=(_WITH_THE_SHOW, Delete("user_id"), Change("decided_by", {"decided_by": NOBODY_ID})),
        sections=(section("messagesHeld", "user_id", without="decided_by"),),
    ),
    "live_stream_viewers": fate(
        "id stream_id joined_at left_at watch_duration_s is_active last_ping_at messages_count reactions_count"
        " products_viewed purchases_made total_spent_minor",
        viewer_key=ANONYMISED,
        user_id=ERASED,
        session_id=ERASED,
        referral_source=ERASED,
        device=ERASED,
        country=ERASED,
        rules=(
            _WITH_THE_SHOW,
            Change(
                "user_id",
                {
                    "viewer_key": _nobodys_key,
                    "user_id": None,
                    "session_id": "",
                    "referral_source": None,
                    "device": None,
                    "country": None,
                },
                linked_by="session_id",
            ),
        ),
        sections=(section("streamsWatched", "user_id", without="viewer_key session_id"),),
    ),
    "live_stream_moderators": fate(
        "stream_id rights created_at",
        user_id=ERASED,
        added_by=ANONYMISED,
        rules=(_WITH_THE_SHOW, Delete("user_id"), Change("added_by", {"added_by": NOBODY_ID})),
        sections=(section("moderatorOf", "user_id", without="added_by"),),
    ),
    "live_stream_restrictions": fate(
        "stream_id is_banned timeout_until updated_at",
        opaque_id=kept(_BAN_HOLDS),
        user_id=ERASED,
        reason=ERASED,
        moderator_id=ANONYMISED,
        rules=(
            _WITH_THE_SHOW,
            Change("user_id", {"reason": None, "user_id": None}),
            Change("moderator_id", {"moderator_id": NOBODY_ID}),
        ),
        sections=(section("restrictions", "user_id", without="moderator_id"),),
    ),
    "live_stream_chat_moderation": fate(
        "id stream_id action duration_minutes message_id created_at expires_at",
        user_id=ANONYMISED,
        reason=ERASED,
        moderator_id=ANONYMISED,
        rules=(
            _WITH_THE_SHOW,
            Change("user_id", {"reason": None, "user_id": NOBODY_ID}),
            Change("moderator_id", {"moderator_id": NOBODY_ID}),
        ),
        sections=(
            section("moderated", "user_id", without="moderator_id"),
            section("moderatedByMe", "moderator_id", without="user_id"),
        ),
    ),
    "live_stream_highlights": fate(
        "id stream_id timestamp_s type metadata is_public created_at",
        title=ERASED,
        description=ERASED,
        thumbnail_url=ERASED,
        video_clip_url=ERASED,
        rules=(_WITH_THE_SHOW,),
        sections=(section("showHighlights", "host_id", via=("stream_id", "live_streams")),),
    ),
    "live_stream_chat_settings": fate("stream_id slow_mode_s followers_only links updated_at"),
    "live_stream_reactions": fate("stream_id minute reaction_type count"),
    "live_stream_shares": fate("stream_id channel count"),
    "live_stream_metrics": fate(
        "id timestamp stream_id viewer_count messages_per_minute reactions_per_minute products_highlighted"
        " purchases_count revenue_minor average_watch_time_s bounce_rate engagement_score created_at"
    ),
    "live_stream_products": fate(
        "id stream_id product_id position is_visible is_pinned highlighted_at live_price_minor discount_percent stock"
        " sold_count click_count add_to_cart_count purchase_count revenue_minor alert_memory created_at"
    ),
    "live_stream_search": fate(
        "id stream_id",
        title=ERASED,
        tags=ERASED,
        host=ERASED,
        products=ERASED,
        description=ERASED,
        city=ERASED,
        country=ERASED,
        rules=(_WITH_THE_SHOW,),
        why_not_handed_out="words of shows, products and people that stand in their own tables, too",
    ),
    "live_stream_recommendations": fate(
        "id stream_id score reasons position viewed clicked watched watch_duration_s purchased created_at expires_at",
        user_id=ERASED,
        rules=(_WITH_THE_SHOW, Delete("user_id")),
        sections=(section("recommendations", "user_id"),),
    ),
    "live_stream_schedules": fate(
        "id stream_id status scheduled_date estimated_duration_s repeats notify_followers reminders_sent reminded_for"
        " previous_id created_at updated_at",
        time_zone=ERASED,
        wall_clock=ERASED,
        rules=(_WITH_THE_SHOW,),
        sections=(section("showSchedules", "host_id", via=("stream_id", "live_streams")),),
    ),
    "live_stream_subscriptions": fate(
        "stream_id created_at",
        user_id=ERASED,
        rules=(_WITH_THE_SHOW, Delete("user_id")),
        sections=(section("subscriptions", "user_id"),),
    ),
    "live_stream_co_hosts": fate(
        "stream_id share_percent created_at",
        user_id=ERASED,
        rules=(_WITH_THE_SHOW, Delete("user_id")),
        sections=(section("coHostOf", "user_id"),),
    ),
    "notification_announcements": fate(
        "id key kind stream_id valid_until told_count created_at done_at",
        facts=ERASED,
        after_user_id=ANONYMISED,
        rules=(_WITH_THE_SHOW, Change("after_user_id", {"after_user_id": _place_only})),
        why_not_handed_out="how far an announcement has come; what people were told is in `notifications`",
    ),
}

SHOWS: Mapping[str, TableFate] = {
    "live_streams": fate(
        "id status host_type is_receiving first_media_at media_lost_at category language currency stream_quality"
        " orientation latency_mode is_recorded is_private viewer_count peak_viewer_count total_views total_likes"
        " total_messages total_purchases total_shares gmv_minor last_seq last_staff_seq scheduled_at started_at"
        " ended_at created_at updated_at",
        title=ERASED,
        description=ERASED,
        tags=ERASED,
        thumbnail_url=ERASED,
        thumbnail_name=ERASED,
        recording_url=ERASED,
        stream_key_sealed=ERASED,
        stream_key_hash=ERASED,
        host_id=ANONYMISED,
        seller_id=ERASED,
        affiliate_id=ERASED,
        allowed_viewers=ERASED,
        rules=(
            Change(
                "host_id",
                {
                    "title": "",
                    "description": "",
                    "tags": [],
                    "thumbnail_url": None,
                    "thumbnail_name": None,
                    "recording_url": None,
                    "stream_key_sealed": None,
                    "stream_key_hash": None,
                    "is_receiving": False,
                    "is_private": True,
                    "allowed_viewers": [],
                    "status": _over,
                    "seller_id": None,
                    "affiliate_id": None,
                    "host_id": NOBODY_ID,
                },
            ),
            Change("seller_id", {"seller_id": None}),
            Change("affiliate_id", {"affiliate_id": None}),
            TakeOff("allowed_viewers"),
        ),
        sections=(section("shows", "host_id", without="stream_key_sealed stream_key_hash allowed_viewers"),),
    ),
}
