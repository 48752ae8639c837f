"""Who is connected here, and who of them is in which room of which show. Pure."""

from __future__ import annotations

from collections.abc import Iterator, KeysView

from gshop_studio.contract.events import Room
from gshop_studio.server.realtime.client_socket import ClientSocket


class Rooms:
    """A show is known while somebody is in its room for everybody; the staff's room is within that."""

    def __init__(self) -> None:
        self._everybody: dict[str, set[ClientSocket]] = {}
        self._staff: dict[str, set[ClientSocket]] = {}
        self._people: dict[str, set[ClientSocket]] = {}

    def arrive(self, socket: ClientSocket) -> None:
        """Somebody is connected."""
        if socket.user_id is not None:
            self._people.setdefault(socket.user_id, set()).add(socket)

    def depart(self, socket: ClientSocket) -> None:
        """They are no longer."""
        if socket.user_id is not None:
            _discard(self._people, socket.user_id, socket)

    def everywhere(self, user_id: str) -> tuple[ClientSocket, ...]:
        """All of one person's clients, whatever rooms they are in."""
        return tuple(self._people.get(user_id, ()))

    @property
    def stream_ids(self) -> KeysView[str]:
        """The shows somebody is in here."""
        return self._everybody.keys()

    def enter(self, stream_id: str, socket: ClientSocket, *, is_staff: bool) -> None:
        """Be in the show's room, and in its staff's or not."""
        self._everybody.setdefault(stream_id, set()).add(socket)
        if is_staff:
            self._staff.setdefault(stream_id, set()).add(socket)
        else:
            _discard(self._staff, stream_id, socket)

    def leave(self, stream_id: str, socket: ClientSocket) -> None:
        """Be in none of the show's rooms."""
        _discard(self._everybody, stream_id, socket)
        _discard(self._staff, stream_id, socket)

    def leave_all(self, socket: ClientSocket) -> list[str]:
        """A client is gone; the shows it was in."""
        left = list(self.of(socket))
        for stream_id in left:
            self.leave(stream_id, socket)
        return left

    def of(self, socket: ClientSocket) -> Iterator[str]:
        """The shows a client is in."""
        return (stream_id for stream_id, sockets in self._everybody.items() if socket in sockets)

    def members(self, stream_id: str, room: Room = Room.EVERYBODY) -> tuple[ClientSocket, ...]:
        """Who is in a room now."""
        return tuple((self._staff if room is Room.STAFF else self._everybody).get(stream_id, ()))

    def has(self, stream_id: str, socket: ClientSocket, room: Room = Room.EVERYBODY) -> bool:
        """Whether a client is in a room."""
        return socket in (self._staff if room is Room.STAFF else self._everybody).get(stream_id, ())

    def of_person(self, stream_id: str, user_id: str) -> list[ClientSocket]:
        """All of one person's clients in a show's room."""
        return [socket for socket in self._everybody.get(stream_id, ()) if socket.user_id == user_id]


def _discard(rooms: dict[str, set[ClientSocket]], stream_id: str, socket: ClientSocket) -> None:
    members = rooms.get(stream_id)
    if members is not None:
        members.discard(socket)
        if not members:
            del rooms[stream_id]
