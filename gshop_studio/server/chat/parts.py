"""The chat and its moderation, put together: a branch of the composition root."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gshop_studio.server.accounts.service import AccountService
from gshop_studio.server.chat.badges import VipBadges
from gshop_studio.server.chat.changes import MessageChanges
from gshop_studio.server.chat.group import GroupWriter
from gshop_studio.server.chat.message_keys import MessageKeys
from gshop_studio.server.chat.reactions.admissions import Admissions
from gshop_studio.server.chat.reactions.service import ReactionService
from gshop_studio.server.chat.screening import ChecksWords, Screening
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.chat.service import ChatService
from gshop_studio.server.chat.settings.rules import RulesOfShows
from gshop_studio.server.chat.settings.service import ChatSettingsService
from gshop_studio.server.chat.writer import ChatWriter
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database
from gshop_studio.server.moderation.held import HeldMessages
from gshop_studio.server.moderation.log import ModerationLog
from gshop_studio.server.moderation.moderators import ModeratorService
from gshop_studio.server.moderation.queue import ReviewQueue
from gshop_studio.server.moderation.service import ModerationService
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup


@dataclass(frozen=True, slots=True)
class ChatParts:
    """What the routes and the sockets use."""

    chat: ChatService
    changes: MessageChanges
    settings: ChatSettingsService
    reactions: ReactionService
    moderation: ModerationService
    moderators: ModeratorService
    review_queue: ReviewQueue
    keys: MessageKeys

    def start(self) -> None:
        self.reactions.start()

    async def close(self) -> None:
        """Write what waits, while there is a database."""
        await self.chat.close()
        await self.reactions.close()


def chat_parts(
    database: Database,
    lookup: StreamLookup,
    accounts: AccountService,
    gateway: Gateway,
    checks: ChecksWords,
    badges: VipBadges,
    messages: ServerMessages,
    *,
    message_limit: RateLimit,
    reaction_limit: RateLimit,
    clock: Clock,
    written: Callable[[int], None] = lambda _: None,
) -> ChatParts:
    """Both limits count for a person in a show. `written` is told how many messages were written together."""
    rules = RulesOfShows(database, lookup)
    log = ModerationLog(accounts, gateway, clock)
    settings = ChatSettingsService(database, lookup, gateway, rules, messages, log, clock)
    screening = Screening(message_limit, checks, rules)
    group_writer = GroupWriter(lookup, accounts, gateway, HeldMessages(gateway), badges, clock)
    writer = ChatWriter(database, screening, group_writer, written)
    admissions = Admissions(database, lookup)
    moderation = ModerationService(database, lookup, accounts, gateway, log, clock)
    moderation.subscribe_restricted(admissions.forget)
    moderators = ModeratorService(database, lookup, accounts, gateway, log, clock)
    moderators.subscribe_changed(rules.forget)
    return ChatParts(
        chat=ChatService(database, lookup, writer, settings),
        changes=MessageChanges(database, lookup, accounts, gateway, screening, log, clock),
        settings=settings,
        reactions=ReactionService(database, admissions, gateway, reaction_limit, clock),
        moderation=moderation,
        moderators=moderators,
        review_queue=ReviewQueue(database, lookup, accounts, gateway, group_writer, badges, log, clock),
        keys=MessageKeys(database, clock),
    )
