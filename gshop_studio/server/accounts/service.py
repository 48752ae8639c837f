"""Accounts: registering, signing in, staying signed in and signing out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from gshop_studio.contract.people import PasswordChange
from gshop_studio.contract.rest import (
    GuestRequest,
    Host,
    Language,
    Location,
    LoginRequest,
    RegisterRequest,
    Role,
    TokenPair,
    User,
)
from gshop_studio.server.accounts.caller import Caller, as_language
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.accounts.person import Person
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.rights import require_account
from gshop_studio.server.accounts.tokens import AccessClaims, AccessTokens, make_refresh_token, refresh_hash
from gshop_studio.server.accounts.user_reads import UserReads
from gshop_studio.server.clock import Clock, new_id, to_ms
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.refusals import Refused
from gshop_studio.server.secret_key import keyed_hash
from gshop_studio.server.tables import RefreshTokenRow, UserRow

FORGET_EXPIRED_EVERY_S = 3600.0
SignedOutListener = Callable[[str, int], Awaitable[None]]
"""Told a person's id and a moment (ms): their access tokens from before it are over."""


class AccountService:
    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        passwords: Passwords,
        *,
        address_limit: RateLimit,
        account_limit: RateLimit,
        guest_limit: RateLimit,
        refresh_token_days: float,
        opaque_key: bytes,
        clock: Clock,
    ) -> None:
        """`address_limit` counts sign-ins and registrations of an address, `account_limit` failures of an account."""
        self._database = database
        self._reads = UserReads(database)
        self._tokens = tokens
        self._passwords = passwords
        self._address_limit = address_limit
        self._account_limit = account_limit
        self._guest_limit = guest_limit
        self._refresh_token_days = refresh_token_days
        self._opaque_key = opaque_key
        self._clock = clock
        self._signed_out: list[SignedOutListener] = []

    def subscribe_signed_out(self, listener: SignedOutListener) -> None:
        """Told on the instance that did it, after it is so."""
        self._signed_out.append(listener)

    async def register(self, wish: RegisterRequest, address: str) -> TokenPair:
        """A new account, signed in.

        Raises:
            Refused: `auth.email_taken`, `auth.too_many_attempts`.
        """
        await self._address_limit.hit(address)
        password_hash = await self._passwords.hash(wish.password)
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            if await repository.user_by_email(_fold(wish.email)) is not None:
                raise Refused("auth.email_taken")
            user = await self.add_account(
                transaction, wish.email, password_hash, wish.display_name, wish.role, wish.language
            )
            return await self._sign_in(repository, user, family_id=new_id())

    async def add_account(
        self,
        transaction: Transaction,
        email: str,
        password_hash: str,
        display_name: str,
        role: Role,
        language: Language,
    ) -> UserRow:
        """Write a new account. The caller has seen to it that the address is free and the role may be given."""
        now = self._clock()
        user = UserRow(
            id=new_id(),
            email=_fold(email),
            password_hash=password_hash,
            display_name=display_name,
            role=role.value,
            language=language,
            avatar_url=None,
            created_at=now,
            updated_at=now,
            signed_out_at=None,
        )
        await AccountRepository(transaction).add_user(user)
        return user

    async def log_in(self, wish: LoginRequest, address: str) -> TokenPair:
        """Sign in. A wrong password and an unknown address look the same and take as long.

        Raises:
            Refused: `auth.bad_credentials`, `auth.too_many_attempts`.
        """
        await self._address_limit.hit(address)
        email = _fold(wish.email)
        await self._account_limit.check(email)
        async with self._database.read() as transaction:
            user = await AccountRepository(transaction).user_by_email(email)
        if not await self._passwords.matches(user.password_hash if user else None, wish.password) or user is None:
            await self._account_limit.hit(email)
            raise Refused("auth.bad_credentials")
        await self._account_limit.check(email)  # of many guesses at once the right one is told no more than a wrong one
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            still = await repository.user_to_change(user.id)
            if still is None or still.password_hash != user.password_hash:  # changed while we were checking it
                raise Refused("auth.bad_credentials")
            return await self._sign_in(repository, still, family_id=new_id())

    async def enter_as_guest(self, wish: GuestRequest, language: str, address: str) -> TokenPair:
        """A guest: a name and an access token, no more.

        Raises:
            Refused: `auth.too_many_attempts`.
        """
        await self._guest_limit.hit(address)
        now = self._clock()
        user = UserRow(
            id=new_id(), email=None, password_hash=None, display_name=wish.display_name, role=Role.GUEST.value,
            language=as_language(language), avatar_url=None, created_at=now, updated_at=now, signed_out_at=None,
        )  # fmt: skip
        async with self._database.write() as transaction:
            await AccountRepository(transaction).add_user(user)
        return self._pair(user, self._access_token(user), None)

    async def refresh(self, token: str) -> TokenPair:
        """A new pair for a refresh token, which is thereby used up.

        Raises:
            Refused: `auth.bad_refresh_token`: unknown, expired, revoked, or used before; the last ends all tokens that
                came from the same sign-in, because one of two holders is a thief.
        """
        now = self._clock()
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            row = await repository.refresh_token(refresh_hash(token))
            user = await repository.user_to_change(row.user_id) if row is not None else None
            if row is not None and user is not None:
                await repository.read_anew(row)  # of two who come with one token, one comes second
                if row.used_at is not None:
                    await repository.revoke_family(row.family_id, now)
                elif row.revoked_at is None and row.expires_at > now:
                    row.used_at = now
                    return await self._sign_in(repository, user, family_id=row.family_id)
        raise Refused("auth.bad_refresh_token")

    async def log_out(self, token: str) -> None:
        """End this sign-in. A token nobody knows is over already."""
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            row = await repository.refresh_token(refresh_hash(token))
            if row is not None:
                await repository.user_to_change(row.user_id)
                await repository.revoke_family(row.family_id, self._clock())

    async def log_out_everywhere(self, caller: Caller) -> None:
        """End all sign-ins of this person, at once: refresh tokens, access tokens and open sockets."""
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            user = await repository.user_to_change(caller.user_id)
            if user is None:
                raise Refused("auth.bad_token")
            await self._end_all(repository, user)
        await self.tell_signed_out(user)

    async def change_password(self, caller: Caller | None, wish: PasswordChange) -> TokenPair:
        """Another password. All sign-ins end, and whoever changed it is signed in anew.

        Raises:
            Refused: `auth.account_needed`; `auth.bad_credentials`: the current one is wrong;
                `auth.too_many_attempts`.
        """
        caller = require_account(caller)
        user = await self.prove(caller, wish.current_password)
        password_hash = await self._passwords.hash(wish.new_password)
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            still = await repository.user_to_change(user.id)
            if still is None or still.password_hash != user.password_hash:
                raise Refused("auth.bad_credentials")
            still.password_hash = password_hash
            await self._end_all(repository, still)
            pair = await self._sign_in(repository, still, family_id=new_id())
        await self.tell_signed_out(still)
        return pair

    async def prove(self, caller: Caller, password: str) -> UserRow:
        """The account as it is now, whose password this is. What it allows is done only where the account has the same
        `password_hash` then.

        Raises:
            Refused: `auth.bad_credentials`, `auth.too_many_attempts`, `auth.bad_token`.
        """
        async with self._database.read() as transaction:
            user = await AccountRepository(transaction).user(caller.user_id)
        if user is None or user.email is None:
            raise Refused("auth.bad_token")
        await self._account_limit.check(user.email)
        if not await self._passwords.matches(user.password_hash, password):
            await self._account_limit.hit(user.email)
            raise Refused("auth.bad_credentials")
        return user

    async def end_sign_ins(self, transaction: Transaction, user: UserRow) -> None:
        """End all sign-ins of somebody within `transaction`, which has their row. `tell_signed_out` follows it."""
        await self._end_all(AccountRepository(transaction), user)

    async def tell_signed_out(self, user: UserRow) -> None:
        """All sign-ins of this person have ended."""
        assert user.signed_out_at is not None
        for listener in self._signed_out:
            await listener(user.id, to_ms(user.signed_out_at))

    async def forget_expired(self) -> None:
        """Delete refresh tokens that have expired: a job."""
        async with self._database.write() as transaction:
            await AccountRepository(transaction).delete_expired(self._clock())

    async def caller(self, access_token: str) -> Caller:
        """Whose token it is.

        Raises:
            Refused: `auth.bad_token`, `auth.token_expired`.
        """
        claims = self._tokens.read(access_token)
        user = await self._reads.user(claims.user_id)
        if user is None or user.role != claims.role:
            raise Refused("auth.bad_token")
        if user.signed_out_at is not None and claims.issued_at_ms < to_ms(user.signed_out_at):
            raise Refused("auth.bad_token")
        return self._caller(user, claims)

    async def me(self, caller: Caller) -> User:
        async with self._database.read() as transaction:
            user = await AccountRepository(transaction).user(caller.user_id)
        if user is None:
            raise Refused("auth.bad_token")
        return user_answer(user)

    async def hosts(self, transaction: Transaction, user_ids: Iterable[str]) -> dict[str, Host]:
        """The public side of these people, by id."""
        users = await AccountRepository(transaction).users(user_ids)
        return {user.id: Host(id=user.id, display_name=user.display_name, avatar_url=user.avatar_url) for user in users}

    async def email_of(self, transaction: Transaction, user_id: str) -> str:
        """The e-mail address of somebody who has an account.

        Raises:
            Refused: `user.not_found`: nobody has, or a guest.
        """
        user = await AccountRepository(transaction).user(user_id)
        if user is None or user.email is None:
            raise Refused("user.not_found")
        return user.email

    async def has_email(self, transaction: Transaction, email: str) -> bool:
        return await AccountRepository(transaction).user_by_email(_fold(email)) is not None

    async def person(self, transaction: Transaction, user_id: str) -> Person:
        """Somebody who is spoken of.

        Raises:
            Refused: `user.not_found`.
        """
        user = await AccountRepository(transaction).user(user_id)
        if user is None:
            raise Refused("user.not_found")
        return Person(user.id, Role(user.role), user.display_name, user.avatar_url, self._opaque_id(user))

    def _opaque_id(self, user: UserRow) -> str:
        return keyed_hash(self._opaque_key, user.email or f"user {user.id}")

    def _caller(self, user: UserRow, claims: AccessClaims) -> Caller:
        return Caller(
            user_id=user.id,
            role=Role(user.role),
            display_name=user.display_name,
            language=as_language(user.language),
            avatar_url=user.avatar_url,
            expires_at=claims.expires_at,
            issued_at_ms=claims.issued_at_ms,
            opaque_id=self._opaque_id(user),
        )

    async def _end_all(self, repository: AccountRepository, user: UserRow) -> None:
        """What was issued before a clock was set back is over too."""
        now = self._clock()
        issued = [moment for moment in (user.signed_out_at, await repository.last_sign_in(user.id)) if moment]
        user.signed_out_at = max([now, *(moment + timedelta(milliseconds=1) for moment in issued)])
        user.updated_at = now
        await repository.revoke_all(user.id, now)

    async def _sign_in(self, repository: AccountRepository, user: UserRow, *, family_id: str) -> TokenPair:
        access = self._access_token(user)
        now = self._clock()  # not before the access token's, or signing out everywhere could miss that
        refresh = make_refresh_token(now, self._refresh_token_days)
        await repository.add_refresh_token(
            RefreshTokenRow(
                id=new_id(),
                family_id=family_id,
                user_id=user.id,
                token_hash=refresh.hash,
                created_at=now,
                expires_at=refresh.expires_at,
                used_at=None,
                revoked_at=None,
            )
        )
        return self._pair(user, access, refresh.token)

    def _access_token(self, user: UserRow) -> str:
        return self._tokens.issue(user.id, Role(user.role), user.signed_out_at)

    def _pair(self, user: UserRow, access_token: str, refresh_token: str | None) -> TokenPair:
        return TokenPair(
            access_token=access_token,
            refresh_token=refresh_token,
            expires_in=int(self._tokens.life_s),
            user=user_answer(user),
        )


def user_answer(user: UserRow) -> User:
    """A person, as they see themselves."""
    return User(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        role=Role(user.role),
        language=as_language(user.language),
        avatar_url=user.avatar_url,
        location=location_of(user),
    )


def location_of(user: UserRow) -> Location | None:
    """Where they say they are."""
    return Location(city=user.city, country=user.country) if user.city or user.country else None


def _fold(email: str) -> str:
    return email.strip().lower()
