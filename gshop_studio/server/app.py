"""The composition root: builds the server's parts from the settings and joins them into one ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from gshop_studio import __version__
from gshop_studio.contract.events import SOCKET_PATH
from gshop_studio.server import health, problems
from gshop_studio.server.accounts import routes as account_routes
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.accounts.tokens import AccessTokens
from gshop_studio.server.body_limit import BodyLimit
from gshop_studio.server.catalog import routes as catalog_routes
from gshop_studio.server.catalog.images import ImageStore
from gshop_studio.server.catalog.service import CatalogService
from gshop_studio.server.chat import routes as chat_routes
from gshop_studio.server.chat import sockets as chat_sockets
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.client_address import ClientAddresses
from gshop_studio.server.clock import Clock, utc_now
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.dependencies import Services, limit_requests
from gshop_studio.server.media.ports import MediaBackend, PublishAuthority
from gshop_studio.server.on_air import routes as on_air_routes
from gshop_studio.server.on_air import sockets as on_air_sockets
from gshop_studio.server.on_air.service import OnAirService
from gshop_studio.server.origins import OwnOrigins
from gshop_studio.server.page.routes import router as page_router
from gshop_studio.server.playback_gate import PlaybackGate
from gshop_studio.server.rate_limits import RateLimits
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.sessions import ViewerSessions
from gshop_studio.server.realtime.snapshots import Snapshots
from gshop_studio.server.realtime.sockets import MAX_PACKET_BYTES, Sockets
from gshop_studio.server.response_headers import ResponseHeaders
from gshop_studio.server.secret_key import SecretKey
from gshop_studio.server.streams import routes as stream_routes
from gshop_studio.server.streams.keys import StreamKeys
from gshop_studio.server.streams.life import StreamLife
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.streams.service import StreamService
from gshop_studio.server.urls import PublicUrls, reachable_host, rtmp_url

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
    gateway: Gateway
    presence: Presence
    sockets: Sockets

    async def start(self) -> None:
        """Open the ingest and take up live shows where they were.

        Raises:
            OSError: the ingest's port is taken, or its host is not ours.
            Refused: `storage.*`.
        """
        self.gateway.start(self.sockets.fan_out)
        self.sockets.start()
        await self.presence.start()
        await self.services.life.resume_after_restart()
        await self.media.start()

    async def say_goodbye(self) -> None:
        """Let go of socket clients, viewers and publishers, before the HTTP server stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await asyncio.gather(self.sockets.close(), self.media.close())

    async def close(self) -> None:
        """Stop what is left and close the database."""
        await self.services.life.close()
        await self.presence.close()
        await self.gateway.close()
        await self.services.database.close()


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
    database = Database(config.database)
    limits = RateLimits()
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
    on_air = OnAirService(database, lookup, catalog, gateway, clock)
    catalog.subscribe(changed=on_air.product_changed, deleting=on_air.product_deleting)
    streams = StreamService(database, lookup, accounts, on_air, urls, clock)
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
    chat_limit = limits.limit(config.chat_rate_limit, "chat", "chat.rate_limited")
    chat = ChatService(database, lookup, gateway, chat_limit, clock)
    presence = Presence(database, lookup, gateway, config.presence_s, clock)
    snapshots = Snapshots(database, lookup, streams, chat, presence, clock)
    sockets = Sockets(
        accounts,
        {**chat_sockets.handlers(chat), **on_air_sockets.handlers(on_air)},
        presence,
        snapshots,
        ViewerSessions(secret),
        addresses=addresses,
        origins=OwnOrigins([urls.origin, f"http://{host}:{http_port}"], http_port),
        max_connections_per_address=config.max_connections_per_address,
        clock=clock,
    )
    media = make_media(life)
    ingest.append(media)
    life.subscribe_ended(media.end_stream)
    services = Services(
        database=database,
        accounts=accounts,
        catalog=catalog,
        images=images,
        streams=streams,
        life=life,
        on_air=on_air,
        chat=chat,
        addresses=addresses,
        request_limit=limits.limit(config.rate_limit, "requests", "request.rate_limited"),
        local_token=secret.derive("local token").hex(),
    )
    playback = PlaybackGate(media.playback_app, streams)
    app = _Router(BodyLimit(_rest(services)), BodyLimit(sockets.app, lambda _: MAX_PACKET_BYTES), playback)
    return Server(ResponseHeaders(app), urls, services, passwords, media, gateway, presence, sockets)


def _rest(services: Services) -> ASGIApp:
    app = FastAPI(
        title="GSHOP Studio companion server",
        summary="Shows, products on air, chat and accounts.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    problems.install(app)
    for domain in (account_routes, catalog_routes, stream_routes, on_air_routes, chat_routes):
        app.include_router(domain.router, prefix=API_PREFIX, dependencies=[Depends(limit_requests)])
    app.include_router(catalog_routes.images_router)
    app.include_router(health.router)
    app.include_router(page_router)
    return app


class _Router:
    """Sends what is not REST past the framework: sockets and media have no time for it."""

    def __init__(self, rest: ASGIApp, sockets: ASGIApp, playback: ASGIApp) -> None:
        self._rest = rest
        self._sockets = sockets
        self._playback = playback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == f"/{SOCKET_PATH}" or path.startswith(f"/{SOCKET_PATH}/"):
            await self._sockets(scope, receive, send)
        elif scope["type"] == "http" and path.startswith("/live/"):
            await self._playback(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._rest(scope, receive, send)
