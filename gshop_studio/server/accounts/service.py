"""Accounts: registering, signing in, staying signed in and signing out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gshop_studio.contract.rest import (
    GuestRequest,
    Host,
    Language,
    LoginRequest,
    RegisterRequest,
    Role,
    TokenPair,
    User,
)
from gshop_studio.server.accounts.caller import Caller, as_language
from gshop_studio.server.accounts.passwords import Passwords
from gshop_studio.server.accounts.repository import AccountRepository
from gshop_studio.server.accounts.tokens import AccessTokens, make_refresh_token, refresh_hash
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.refusals import Refused
from gshop_studio.server.secret_key import keyed_hash
from gshop_studio.server.tables import RefreshTokenRow, UserRow


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
        self._tokens = tokens
        self._passwords = passwords
        self._address_limit = address_limit
        self._account_limit = account_limit
        self._guest_limit = guest_limit
        self._refresh_token_days = refresh_token_days
        self._opaque_key = opaque_key
        self._clock = clock

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
        async with self._database.write() as transaction:
            return await self._sign_in(AccountRepository(transaction), user, family_id=new_id())

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
        return self._pair(user, None)

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
            if row is not None and row.used_at is not None:
                await repository.revoke_family(row.family_id, now)
            elif row is not None and row.revoked_at is None and row.expires_at > now:
                row.used_at = now
                user = await repository.user(row.user_id)
                if user is not None:
                    return await self._sign_in(repository, user, family_id=row.family_id)
        raise Refused("auth.bad_refresh_token")

    async def log_out(self, token: str) -> None:
        """End this sign-in. A token nobody knows is over already."""
        async with self._database.write() as transaction:
            repository = AccountRepository(transaction)
            row = await repository.refresh_token(refresh_hash(token))
            if row is not None:
                await repository.revoke_family(row.family_id, self._clock())

    async def caller(self, access_token: str) -> Caller:
        """Whose token it is.

        Raises:
            Refused: `auth.bad_token`, `auth.token_expired`.
        """
        claims = self._tokens.read(access_token)
        async with self._database.read() as transaction:
            user = await AccountRepository(transaction).user(claims.user_id)
        if user is None or user.role != claims.role:
            raise Refused("auth.bad_token")
        return self._caller(user, claims.expires_at)

    async def me(self, caller: Caller) -> User:
        async with self._database.read() as transaction:
            user = await AccountRepository(transaction).user(caller.user_id)
        if user is None:
            raise Refused("auth.bad_token")
        return _user(user)

    async def hosts(self, transaction: Transaction, user_ids: Iterable[str]) -> dict[str, Host]:
        """The public side of these people, by id."""
        users = await AccountRepository(transaction).users(user_ids)
        return {user.id: Host(id=user.id, display_name=user.display_name, avatar_url=user.avatar_url) for user in users}

    async def has_email(self, transaction: Transaction, email: str) -> bool:
        return await AccountRepository(transaction).user_by_email(_fold(email)) is not None

    async def opaque_id(self, transaction: Transaction, user_id: str) -> str:
        """What a ban of this person is kept by (`Caller.opaque_id`).

        Raises:
            Refused: `user.not_found`.
        """
        user = await AccountRepository(transaction).user(user_id)
        if user is None:
            raise Refused("user.not_found")
        return self._opaque_id(user)

    def _opaque_id(self, user: UserRow) -> str:
        return keyed_hash(self._opaque_key, user.email or f"user {user.id}")

    def _caller(self, user: UserRow, expires_at: datetime) -> Caller:
        return Caller(
            user_id=user.id,
            role=Role(user.role),
            display_name=user.display_name,
            language=as_language(user.language),
            avatar_url=user.avatar_url,
            expires_at=expires_at,
            opaque_id=self._opaque_id(user),
        )

    async def _sign_in(self, repository: AccountRepository, user: UserRow, *, family_id: str) -> TokenPair:
        now = self._clock()
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
        return self._pair(user, refresh.token)

    def _pair(self, user: UserRow, refresh_token: str | None) -> TokenPair:
        return TokenPair(
            access_token=self._tokens.issue(user.id, Role(user.role)),
            refresh_token=refresh_token,
            expires_in=int(self._tokens.life_s),
            user=_user(user),
        )


def _user(user: UserRow) -> User:
    return User(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        role=Role(user.role),
        language=as_language(user.language),
        avatar_url=user.avatar_url,
    )


def _fold(email: str) -> str:
    return email.strip().lower()
