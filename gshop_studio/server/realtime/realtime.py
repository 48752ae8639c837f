"""The realtime side, joined: rooms, presence, delivery, sockets, and what several servers share of them."""

from __future__ import annotations

from collections.abc import Iterable

from redis.asyncio import Redis

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.config import ServerConfig
from gshop_studio.server.database import Database
from gshop_studio.server.realtime.access import CHANGING_EVENTS, Access
from gshop_studio.server.realtime.bus import Bus, LoneBus
from gshop_studio.server.realtime.client_socket import ClientSocket
from gshop_studio.server.realtime.delivery import Delivery
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.realtime.handlers import EventHandlers
from gshop_studio.server.realtime.presence import Presence
from gshop_studio.server.realtime.redis_bus import RedisBus
from gshop_studio.server.realtime.rooms import Rooms
from gshop_studio.server.realtime.sessions import ViewerSessions
from gshop_studio.server.realtime.shared_sets import SharedSets
from gshop_studio.server.realtime.show_events import ShowEvents
from gshop_studio.server.realtime.snapshots import Snapshots
from gshop_studio.server.realtime.sockets import Entrance, Sockets
from gshop_studio.server.streams.lookup import StreamLookup


def shared_sets(redis: Redis | None) -> SharedSets | None:
    """What several servers share, where there are several."""
    return SharedSets(redis, new_id()) if redis is not None else None


class Realtime:
    """`answer` before `start`."""

    def __init__(
        self,
        config: ServerConfig,
        database: Database,
        lookup: StreamLookup,
        accounts: AccountService,
        gateway: Gateway,
        entrance: Entrance,
        redis: Redis | None,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._clock = clock
        self.rooms = Rooms()
        bus: Bus = RedisBus(redis, new_id()) if redis is not None else LoneBus()
        self.delivery = Delivery(database, self.rooms, bus, self._shut_out_person)
        shared = shared_sets(redis)
        self.presence = Presence(database, lookup, gateway, self.rooms, config.presence_s, clock, shared)
        self.sockets = Sockets(accounts, entrance, clock)
        self.sockets.subscribe_connected(self.rooms.arrive, self.rooms.depart)
        self.access = Access(database, lookup, self.rooms, self._shut_out)
        for event in CHANGING_EVENTS:
            self.delivery.subscribe(event, self.access.changed)

    def answer(self, snapshots: Snapshots, sessions: ViewerSessions, others: EventHandlers) -> None:
        """Say what is done with clients' events; `others` are those of the other domains."""
        show = ShowEvents(snapshots, self.presence, sessions, self.rooms, self.delivery, self.sockets.tell, self._clock)
        self.sockets.answer(show.join, show.leave, show.ping, show.resume, show.forget, others)

    async def start(self) -> None:
        """Hear and send.

        Raises:
            Refused: `storage.*`.
        """
        self._gateway.start(self.delivery.send)
        await self.delivery.start()
        self.access.start()
        self.sockets.start()
        await self.presence.start()

    async def close(self) -> None:
        """After the sockets were closed."""
        await self.access.close()
        await self.presence.close()
        await self._gateway.close()
        await self.delivery.close()

    def _shut_out_person(self, stream_id: str, user_id: str) -> None:
        self._shut_out(stream_id, self.rooms.of_person(stream_id, user_id))

    def _shut_out(self, stream_id: str, sockets: Iterable[ClientSocket]) -> None:
        sockets = list(sockets)
        for socket in sockets:
            self.rooms.leave(stream_id, socket)
            key = socket.viewer_keys.pop(stream_id, None)
            if key is not None:
                self.presence.lose(stream_id, key, socket.sid)
        self.delivery.forget_empty(stream_id)
        self.sockets.disconnect(sockets)
