"""What may go wrong between the studio and a server: typed errors with stable codes, without secrets."""

from __future__ import annotations


class ClientError(Exception):
    """A request that was not done. `code` is stable; `params` are what its text needs; `detail` is for a person.

    `detail` is the server's own sentence in the person's language, or empty where the server had no say.
    """

    def __init__(self, code: str, detail: str = "", **params: str) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.params = params


class ApiError(ClientError):
    """The server answered with a problem.

    Attributes:
        status: the HTTP status, or 0 for a refused socket event.
        fields: the problem of each field, by its name.
    """

    def __init__(self, code: str, detail: str = "", status: int = 0, fields: dict[str, str] | None = None) -> None:
        super().__init__(code, detail)
        self.status = status
        self.fields = fields or {}


class ServerUnreachable(ClientError):
    """Nobody answered at the address, or not in time: whether the request was done is not known."""

    def __init__(self, url: str) -> None:
        super().__init__("server.unreachable", url=url)


class NotAShop(ClientError):
    """Something answered that does not speak the shop's API."""

    def __init__(self, url: str) -> None:
        super().__init__("server.not_a_shop", url=url)


class SignedOut(ClientError):
    """The server no longer knows this person: they must sign in again."""

    def __init__(self) -> None:
        super().__init__("auth.signed_out")


class LocalServerFailed(ClientError):
    """The companion server on this computer did not start; `reason` is what it said last."""

    def __init__(self, reason: str) -> None:
        super().__init__("server.not_ready", reason=reason)
