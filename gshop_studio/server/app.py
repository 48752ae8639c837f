"""The composition root: builds the server's parts from the settings and joins them into one ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import Depends, FastAPI
from redis.asyncio import Redis
from starlette.types import ASGIApp, Receive, Scope, Send

from gshop_studio import __version__
from gshop_studio.contract.events import SOCKET_PATH
from gshop_studio.domain.product_alerts import LOOK_EVERY_MS
from gshop_studio.server import asyncapi, health, openapi_document, problems
from gshop_studio.server.accounts import routes as account_routes
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.accounts.profiles import ProfileService
from gshop_studio.server.accounts.service import FORGET_EXPIRED_EVERY_S, AccountService
from gshop_studio.server.accounts.sign_outs import SignOutWatch
from gshop_studio.server.accounts.tokens import AccessTokens
from gshop_studio.server.analytics import routes as analytics_routes
from gshop_studio.server.analytics.audience.top_fans import TopFans
from gshop_studio.server.analytics.parts import AnalyticsParts, analytics_parts
from gshop_studio.server.body_limit import BodyLimit
from gshop_studio.server.cache import Cache
from gshop_studio.server.cached_answers import CachedAnswers
from gshop_studio.server.catalog import routes as catalog_routes
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat import routes as chat_routes
from gshop_studio.server.chat import sockets as chat_sockets
from gshop_studio.server.chat.badges import VipBadges
from gshop_studio.server.chat.message_keys import FORGET_EVERY_S
from gshop_studio.server.chat.parts import ChatParts, chat_parts
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.checkout import routes as checkout_routes
from gshop_studio.server.checkout import sockets as checkout_sockets
from gshop_studio.server.checkout.parts import CheckoutParts, checkout_parts
from gshop_studio.server.client_address import ClientAddresses
from gshop_studio.server.clock import Clock, utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.dependencies import Services, limit_requests
from gshop_studio.server.discovery import routes as discovery_routes
from gshop_studio.server.discovery.parts import DiscoveryParts, discovery_parts
from gshop_studio.server.graphql.app import GRAPHQL_PATH, MetricsEndpoint
from gshop_studio.server.jobs import Jobs
from gshop_studio.server.leadership import Leadership
from gshop_studio.server.media.ports import MediaBackend, PublishAuthority
from gshop_studio.server.moderation import chat_log_routes
from gshop_studio.server.moderation import routes as moderation_routes
from gshop_studio.server.moderation.chat_log import ChatLogService
from gshop_studio.server.moderation.words.checks import MessageChecks
from gshop_studio.server.moderation.words.local_scorer import LocalScorer
from gshop_studio.server.moderation.words.perspective import PerspectiveScorer
from gshop_studio.server.moderation.words.toxicity import ToxicityScorer
from gshop_studio.server.notifications import routes as notification_routes
from gshop_studio.server.notifications import unsubscribe_page
from gshop_studio.server.notifications.parts import notification_parts
from gshop_studio.server.on_air import routes as on_air_routes
from gshop_studio.server.on_air import sockets as on_air_sockets
from gshop_studio.server.on_air.parts import on_air_parts
from gshop_studio.server.operation.metrics import Metrics
from gshop_studio.server.operation.operation import Operation, Parts, operate, read_parts
from gshop_studio.server.operation.readiness import Readiness
from gshop_studio.server.operation.request_watch import RequestWatch
from gshop_studio.server.origins import OwnOrigins
from gshop_studio.server.page.routes import router as page_router
from gshop_studio.server.payments import routes as payment_routes
from gshop_studio.server.payments.parts import PaymentParts, notice_inbox, payment_parts
from gshop_studio.server.people import routes as people_routes
from gshop_studio.server.people.follows import FollowService
from gshop_studio.server.people.wishlist import WishlistService
from gshop_studio.server.playback_gate import PlaybackGate
from gshop_studio.server.privacy import routes as privacy_routes
from gshop_studio.server.privacy.parts import PrivacyParts, privacy_parts
from gshop_studio.server.rate_limits import RateLimits
from gshop_studio.server.realtime.connections import Connections
from gshop_studio.server.realtime.event_limits import EventLimits
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.presence import RECONCILE_EVERY_S, Presence
from gshop_studio.server.realtime.realtime import Realtime, shared_sets
from gshop_studio.server.realtime.sessions import ViewerSessions
from gshop_studio.server.realtime.snapshots import Snapshots
from gshop_studio.server.realtime.sockets import MAX_PACKET_BYTES, Entrance, Sockets
from gshop_studio.server.recommendations import routes as recommendation_routes
from gshop_studio.server.recommendations.parts import RecommendationParts, recommendation_parts
from gshop_studio.server.response_headers import ResponseHeaders
from gshop_studio.server.schedules import routes as schedule_routes
from gshop_studio.server.schedules.parts import schedule_parts
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.shared_redis import is_redis_reachable, open_redis
from gshop_studio.server.streams import routes as stream_routes
from gshop_studio.server.streams.answers import StreamAnswers
from gshop_studio.server.streams.keys import StreamKeys
from gshop_studio.server.streams.life import ADOPT_TIMERS_EVERY_S, StreamLife
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.streams.sharing import ShareService
from gshop_studio.server.urls import PublicUrls, reachable_host, rtmp_url

log = logging.getLogger(__name__)
_GOODBYE_S = 2.0
API_PREFIX = "/api/v1"
MediaFactory = Callable[[PublishAuthority], MediaBackend]


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that runs, joined. `start` before requests come, `close` after the last."""

    app: ASGIApp
    urls: PublicUrls
    services: Services
    passwords: Passwords
    media: MediaBackend
    chat: ChatParts
    checks: MessageChecks
    analytics: AnalyticsParts
    gateway: Gateway
    presence: Presence
    sockets: Sockets
    realtime: Realtime
    redis: Redis | None
    cache: Cache
    leadership: Leadership
    jobs: Jobs
    has_media: bool
    """Whether publishers come to this server, or to another."""
    operation: Operation
    sign_outs: SignOutWatch
    privacy: PrivacyParts
    payments: PaymentParts
    checkout: CheckoutParts
    discovery: DiscoveryParts
    recommendations: RecommendationParts

    async def start(self) -> None:
        """Open the ingest and take up live shows where they were.

        Raises:
            OSError: the ingest's port is taken, or its host is not ours.
            Refused: `storage.*`.
        """
        await self.privacy.start()
        await self.realtime.start()
        self.chat.start()
        await self.analytics.start()
        await self.discovery.start()
        self.services.clicks.start()
        self.checkout.start()
        await self.services.payment_notices.start()
        self.sign_outs.start()
        if self.has_media:
            await self.services.life.resume_after_restart()
        await self.media.start()
        await self.leadership.start()
        await self.jobs.start()
        self.operation.start()

    async def say_goodbye(self) -> None:
        """Let go of socket clients, viewers and publishers, before the HTTP server stops."""
        self.operation.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                results = await asyncio.gather(self.sockets.close(), self.media.close(), return_exceptions=True)
                for failure in (result for result in results if isinstance(result, Exception)):
                    log.error("a part did not say goodbye", exc_info=failure)  # what is left is to be closed

    async def close(self) -> None:
        """Stop what is left and close the database. A part that fails leaves the others their turn."""
        in_order = (
            self.jobs.close,
            self.leadership.close,
            self.operation.close,
            self.sign_outs.close,
            self.services.life.close,
            self.services.notifications.close,
            self.services.payment_notices.close,
            self.checkout.close,
            self.payments.provider.close,
            self.services.clicks.close,
            self.analytics.close,
            self.chat.close,
            self.checks.close,
            self.realtime.close,
            self.cache.close,
            self.services.database.close,
        )
        async with contextlib.AsyncExitStack() as parts:
            if self.redis is not None:
                parts.push_async_callback(self.redis.aclose)
            for close in reversed(in_order):
                parts.push_async_callback(close)


def create_server(
    config: ServerConfig,
    secret: SecretKey,
    http_port: int,
    make_media: MediaFactory,
    *,
    passwords: Passwords | None = None,
    clock: Clock = utc_now,
) -> Server:
    """Build a server that listens on `http_port`. The database has its newest shape already. Nothing runs yet."""
    host = reachable_host(config.host)
    ingest: list[MediaBackend] = []
    urls = PublicUrls(
        config.public_url or f"http://{host}:{http_port}",
        lambda: config.public_rtmp_url or rtmp_url(host, ingest[0].rtmp_port),
    )
    metrics = Metrics()
    leadership = Leadership(config.database if config.database_url else None)
    jobs = Jobs(lambda: leadership.is_leader)
    database = Database(config.database, metrics.transaction_ended)
    redis = open_redis(config.redis_url) if config.redis_url else None
    limits = RateLimits(redis)
    cache = Cache(redis)
    cached = CachedAnswers(cache)
    addresses = ClientAddresses(config.trusted_proxies)
    gateway = Gateway(clock)
    lookup = StreamLookup(clock)
    passwords = passwords or Passwords()
    accounts = AccountService(
        database,
        AccessTokens(secret.derive("access token"), config.access_token_s, clock),
        passwords,
        address_limit=limits.limit(config.auth_rate_limit, "auth", "auth.too_many_attempts"),
        account_limit=limits.limit(config.auth_rate_limit, "account", "auth.too_many_attempts"),
        guest_limit=limits.limit(config.guest_rate_limit, "guest", "auth.too_many_attempts"),
        refresh_token_days=config.refresh_token_days,
        opaque_key=secret.derive("opaque id"),
        clock=clock,
    )
    images = ImageStore(config.images)
    catalog = CatalogService(database, images, urls, clock)
    messages = ServerMessages(accounts, gateway, clock)
    shelves = on_air_parts(
        database,
        lookup,
        catalog,
        gateway,
        messages,
        lambda *moment: ingest[0].media_time_ms(*moment),  # noqa: PLW0108 - the back end is made later
        limits.limit("1/minute", "click", "event.rate_limited"),
        clock,
    )
    answers = StreamAnswers(lookup, accounts, shelves.on_air, urls)
    streams = StreamService(database, lookup, accounts, shelves.on_air, answers, gateway, images, clock)
    notifications = notification_parts(config, database, accounts, gateway, urls, secret.derive("unsubscribe"), clock)
    notifications.register(jobs)
    notifications.tell(metrics)
    schedules = schedule_parts(database, lookup, streams, accounts, images, notifications.notices, urls, clock)
    schedules.register(jobs)
    life = StreamLife(
        database,
        lookup,
        StreamKeys(secret),
        gateway,
        urls,
        media_lost_hold_s=config.media_lost_hold_s,
        no_media_after_start_s=config.no_media_after_start_s,
        clock=clock,
    )
    scorer = _scorer(config)
    checks = MessageChecks(scorer)
    chat = chat_parts(
        database,
        lookup,
        accounts,
        gateway,
        checks,
        VipBadges(TopFans(clock).is_top),
        messages,
        message_limit=limits.limit(config.chat_rate_limit, "chat", "chat.rate_limited"),
        reaction_limit=limits.limit(config.reaction_rate_limit, "reactions", "chat.rate_limited"),
        clock=clock,
        written=metrics.messages_written,
    )
    entrance = Entrance(
        addresses,
        OwnOrigins([urls.origin, f"http://{host}:{http_port}"], http_port),
        Connections(config.max_connections_per_address, config.max_connections_per_person, shared_sets(redis)),
        EventLimits(config.event_rate_limit, limits),
        config.country_header,
    )
    realtime = Realtime(config, database, lookup, accounts, gateway, entrance, redis, clock)
    presence, sockets = realtime.presence, realtime.sockets
    sockets.subscribe_refused(metrics.refused)
    jobs.every(RECONCILE_EVERY_S, "viewers", presence.reconcile)
    snapshots = Snapshots(database, lookup, streams, chat.chat, presence, clock)
    analytics = analytics_parts(database, lookup, accounts, gateway, urls, clock)
    payments = payment_parts(config, database, secret, clock)
    checkout = checkout_parts(
        database,
        lookup,
        accounts,
        catalog,
        shelves.on_air,
        gateway,
        messages,
        analytics.meter,
        notifications.notices,
        payments,
        reservation_s=config.reservation_s,
        clock=clock,
    )
    checkout.register(jobs)
    checkout.tell(metrics)
    realtime.answer(
        snapshots,
        ViewerSessions(secret, limits.limit(config.guest_rate_limit, "sessions", "event.rate_limited")),
        {
            **chat_sockets.handlers(chat.chat, chat.reactions),
            **on_air_sockets.handlers(shelves.on_air, shelves.clicks),
            **checkout_sockets.handlers(checkout.celebrations),
        },
    )
    media = make_media(life)
    ingest.append(media)
    life.subscribe_ended(media.end_stream)
    realtime.delivery.subscribe_ended_elsewhere(media.end_stream, lambda: media.open_stream_ids)
    analytics.register(jobs)
    life.subscribe_ended(analytics.ended)
    life.subscribe_ended(schedules.series.ended)
    presence.subscribe_count(analytics.milestones.on_count)
    profiles = ProfileService(database, images, urls, clock)
    discovery = discovery_parts(database, answers, streams, shelves.on_air, catalog, profiles, cached, clock)
    discovery.register(jobs)
    recommendations = recommendation_parts(database, lookup, answers, clock)
    recommendations.register(jobs)
    recommendations.tell(metrics)
    life.subscribe_ended(recommendations.recommendations.ended)
    operation = operate(config, metrics, database, jobs, _readiness(config, database, media), clock)
    privacy = privacy_parts(
        config, database, accounts, images, gateway, cached, operation.backups, redis, limits, clock
    )
    privacy.register(jobs)
    services = Services(
        database=database,
        accounts=accounts,
        catalog=catalog,
        images=images,
        streams=streams,
        life=life,
        on_air=shelves.on_air,
        clicks=shelves.clicks,
        profiles=profiles,
        follows=FollowService(database, streams, clock),
        wishlist=WishlistService(database, catalog, clock),
        notifications=notifications,
        schedules=schedules.schedules,
        shipping_addresses=payments.addresses,
        payment_methods=payments.methods,
        payment_notices=notice_inbox(database, payments.provider, checkout.reconciling, jobs, metrics, clock),
        checkout=checkout,
        sharing=ShareService(database, lookup, urls, limits.limit("10/minute", "share", "event.rate_limited")),
        chat=chat.chat,
        message_changes=chat.changes,
        chat_settings=chat.settings,
        reactions=chat.reactions,
        moderation=chat.moderation,
        moderators=chat.moderators,
        review_queue=chat.review_queue,
        analytics=analytics.analytics,
        highlights=analytics.highlights,
        report=analytics.report,
        discovery=discovery.discovery,
        recommendations=recommendations.recommendations,
        chat_log=ChatLogService(database, lookup, secret.derive("chat log signing"), clock),
        privacy=privacy.service,
        operation=operation,
        addresses=addresses,
        request_limit=limits.limit(config.rate_limit, "requests", "request.rate_limited"),
        cached=cached,
        local_token=secret.derive("local token").hex(),
    )
    playback = PlaybackGate(media.playback_app, streams, accounts)
    streams.subscribe_changed(playback.forget)
    streams.subscribe_changed(cached.show_changed)
    life.subscribe_changed(cached.show_changed)
    catalog.subscribe_shown_anew(cached.product_changed)
    accounts.subscribe_signed_out(sockets.sign_out)
    sign_outs = SignOutWatch(database, sockets.sign_out, clock)
    jobs.every(ADOPT_TIMERS_EVERY_S, "timers of shows", life.adopt_timers)
    jobs.every(LOOK_EVERY_MS / 1000, "product alerts", shelves.alerts.look)
    jobs.every(FORGET_EXPIRED_EVERY_S, "expired sign-ins", accounts.forget_expired)
    jobs.every(FORGET_EVERY_S, "old message keys", chat.keys.forget_old)
    metrics_endpoint = MetricsEndpoint(analytics.feed, accounts, entrance, services.request_limit)
    app = _Router(
        BodyLimit(_rest(services)),
        BodyLimit(sockets.app, lambda _: MAX_PACKET_BYTES),
        playback,
        BodyLimit(metrics_endpoint, lambda _: MAX_PACKET_BYTES),
    )
    watch = RequestWatch(ResponseHeaders(app), metrics.request_answered, has_access_log=config.access_log)
    read_parts(metrics, _parts(realtime, gateway, media, life, jobs, chat, scorer, cache))
    return Server(
        watch, urls, services, passwords, media, chat, checks, analytics, gateway, presence, sockets, realtime,
        redis, cache, leadership, jobs, config.role != "api", operation, sign_outs, privacy, payments, checkout,
        discovery, recommendations,
    )  # fmt: skip


def _scorer(config: ServerConfig) -> ToxicityScorer:
    if config.perspective_url is None:
        return LocalScorer()
    key = config.perspective_key
    return PerspectiveScorer(config.perspective_url, key.get_secret_value() if key else None, LocalScorer())


def _readiness(config: ServerConfig, database: Database, media: MediaBackend) -> Readiness:
    async def is_listening() -> bool:
        return media.is_listening

    cache = partial(is_redis_reachable, config.redis_url) if config.redis_url else None
    has_media = config.role != "api"
    return Readiness({"database": database.is_reachable, "cache": cache, "media": is_listening if has_media else None})


def _parts(
    realtime: Realtime,
    gateway: Gateway,
    media: MediaBackend,
    life: StreamLife,
    jobs: Jobs,
    chat: ChatParts,
    scorer: ToxicityScorer,
    cache: Cache,
) -> Parts:
    return Parts(
        sockets=lambda: realtime.sockets.count,
        viewers=lambda: realtime.presence.counts,
        deliveries=lambda: realtime.delivery.delivered_count,
        dropped_readers=lambda: realtime.sockets.dropped_reader_count,
        outgoing_events=lambda: gateway.waiting_count,
        dropped_events=lambda: gateway.dropped_count,
        untold_events=lambda: realtime.delivery.bus.dropped_count,
        publishers=lambda: media.publisher_count,
        interruptions=lambda: life.interruption_count,
        job_successes=lambda: jobs.last_success_s,
        refused_messages=lambda: chat.chat.refused_count,
        failed_scores=lambda: scorer.failed_count if isinstance(scorer, PerspectiveScorer) else 0,
        cache_hits=lambda: cache.hits,
        cache_misses=lambda: cache.misses,
    )


def _rest(services: Services) -> ASGIApp:
    app = FastAPI(
        title="GSHOP Studio companion server",
        summary="Shows, products on air, chat and accounts.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # where to is read from the Host header, which anybody writes
        generate_unique_id_function=openapi_document.operation_id,
    )
    openapi_document.install(app)
    app.state.services = services
    problems.install(app)
    for router in (  # tried in this order: what comes in a rush is first
        checkout_routes.purchase_router,
        checkout_routes.router,
        account_routes.router,
        account_routes.me_router,
        people_routes.router,
        payment_routes.router,
        privacy_routes.router,
        catalog_routes.router,
        discovery_routes.router,  # before a show of whatever id
        schedule_routes.streams_router,
        schedule_routes.router,
        notification_routes.router,
        recommendation_routes.router,
        stream_routes.router,
        stream_routes.categories_router,
        on_air_routes.router,
        chat_routes.router,
        moderation_routes.router,
        analytics_routes.router,
        chat_log_routes.router,
    ):
        app.include_router(router, prefix=API_PREFIX, dependencies=[Depends(limit_requests)])
    app.include_router(payment_routes.webhook_router, prefix=API_PREFIX)
    app.include_router(catalog_routes.images_router)
    app.include_router(unsubscribe_page.router)
    app.include_router(health.router)
    app.include_router(asyncapi.router)
    app.include_router(page_router)
    return app


class _Router:
    """Sends what is not REST past the framework: sockets and media have no time for it."""

    def __init__(self, rest: ASGIApp, sockets: ASGIApp, playback: ASGIApp, graphql: ASGIApp) -> None:
        self._rest = rest
        self._sockets = sockets
        self._playback = playback
        self._graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == f"/{SOCKET_PATH}" or path.startswith(f"/{SOCKET_PATH}/"):
            await self._sockets(scope, receive, send)
        elif scope["type"] == "http" and path.startswith("/live/"):
            await self._playback(scope, receive, send)
        elif path == f"/{GRAPHQL_PATH}" and scope["type"] in ("http", "websocket"):
            await self._graphql(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._rest(scope, receive, send)
