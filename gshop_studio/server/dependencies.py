"""What routes ask for: the services, who is calling from where in which language, and the page of a list.

All of it is asked for by coroutines that take the request alone: the framework runs plain functions in threads, and
goes through what depends on what for every request anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request

from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.profiles import ProfileService
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.analytics.highlights.service import HighlightService
from gshop_studio.server.analytics.report.service import ReportService
from gshop_studio.server.analytics.service import AnalyticsService
from gshop_studio.server.cached_answers import CachedAnswers
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat.changes import MessageChanges
from gshop_studio.server.chat.reactions.service import ReactionService
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.chat.settings.service import ChatSettingsService
from gshop_studio.server.checkout.parts import CheckoutParts
from gshop_studio.server.client_address import ClientAddresses
from gshop_studio.server.database import Database
from gshop_studio.server.discovery.service import DiscoveryService
from gshop_studio.server.moderation.chat_log import ChatLogService
from gshop_studio.server.moderation.moderators import ModeratorService
from gshop_studio.server.moderation.queue import ReviewQueue
from gshop_studio.server.moderation.service import ModerationService
from gshop_studio.server.notifications.parts import NotificationParts
from gshop_studio.server.on_air.clicks import Clicks
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.operation.operation import Operation
from gshop_studio.server.payments.inbox import NoticeInbox
from gshop_studio.server.payments.methods import PaymentMethodService
from gshop_studio.server.people.addresses import AddressService
from gshop_studio.server.people.follows import FollowService
from gshop_studio.server.people.wishlist import WishlistService
from gshop_studio.server.privacy.service import PrivacyService
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.recommendations.service import RecommendationService
from gshop_studio.server.refusals import Refused
from gshop_studio.server.schedules.service import ScheduleService
from gshop_studio.server.streams.life import StreamLife
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.streams.sharing import ShareService
from gshop_studio.texts import best_language


@dataclass(frozen=True, slots=True)
class Services:
    """What `app` composed and routes use."""

    database: Database
    accounts: AccountService
    catalog: CatalogService
    images: ImageStore
    streams: StreamService
    life: StreamLife
    on_air: OnAirService
    clicks: Clicks
    profiles: ProfileService
    follows: FollowService
    wishlist: WishlistService
    notifications: NotificationParts
    schedules: ScheduleService
    shipping_addresses: AddressService
    payment_methods: PaymentMethodService
    payment_notices: NoticeInbox
    checkout: CheckoutParts
    sharing: ShareService
    chat: ChatService
    message_changes: MessageChanges
    chat_settings: ChatSettingsService
    reactions: ReactionService
    moderation: ModerationService
    moderators: ModeratorService
    review_queue: ReviewQueue
    analytics: AnalyticsService
    highlights: HighlightService
    report: ReportService
    discovery: DiscoveryService
    recommendations: RecommendationService
    chat_log: ChatLogService
    privacy: PrivacyService
    operation: Operation
    addresses: ClientAddresses
    request_limit: RateLimit
    cached: CachedAnswers
    local_token: str
    """What `server.json` holds for this machine's owner; `/health` proves that we know it."""


@dataclass(frozen=True, slots=True)
class Page:
    limit: int
    offset: int


def services_of(request: Request) -> Services:
    """The services of the application this request came to."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


async def _services(request: Request) -> Services:
    return services_of(request)


Has = Annotated[Services, Depends(_services)]


async def client_address(request: Request) -> str:
    return services_of(request).addresses.of(request.scope)


Address = Annotated[str, Depends(client_address)]


async def caller_of(request: Request) -> Caller | None:
    """Who is calling, found out once a request."""
    if not hasattr(request.state, "caller"):
        request.state.caller = await _read_caller(request)
    caller: Caller | None = request.state.caller
    return caller


async def _read_caller(request: Request) -> Caller | None:
    """By the Authorization header alone: a token in a URL would end up in logs."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused("auth.bad_token")
    caller = await services_of(request).accounts.caller(token.strip())
    request.state.language = caller.language
    return caller


MaybeCaller = Annotated[Caller | None, Depends(caller_of)]


async def signed_in(caller: MaybeCaller) -> Caller:
    if caller is None:
        raise Refused("auth.required")
    return caller


SignedIn = Annotated[Caller, Depends(signed_in)]


async def limit_requests(request: Request) -> None:
    """Count this request of this caller."""
    caller, services = await caller_of(request), services_of(request)
    await services.request_limit.hit(caller.user_id if caller else "", services.addresses.of(request.scope))


async def page_of(
    limit: Annotated[int, Query(ge=1, le=100)] = 20, offset: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Page:
    return Page(limit, offset)


Paged = Annotated[Page, Depends(page_of)]


def language_of(request: Request) -> str:
    """The caller's language: as asked for, as the browser says, as the account says."""
    return best_language(
        request.query_params.get("lang"),
        request.headers.get("accept-language"),
        getattr(request.state, "language", None),
    )


async def _language(request: Request) -> str:
    return language_of(request)


Language = Annotated[str, Depends(_language)]
