"""A show's chat settings: read, and changed by the host or a moderator who may."""

from __future__ import annotations

import json

from gshop_studio.contract.chat import ChatSettings, ChatSettingsEvent, ChatSettingsPut
from gshop_studio.contract.events import ServerEvent
from gshop_studio.server.accounts.caller import Caller
from gshop_studio.server.accounts.rights import StreamFacts, StreamRight, may, require, require_signed_in
from gshop_studio.server.chat.server_messages import ServerMessages
from gshop_studio.server.chat.settings.repository import ChatSettingsRepository
from gshop_studio.server.chat.settings.rules import RulesOfShows, links_policy
from gshop_studio.server.clock import Clock
from gshop_studio.server.database import Database, Transaction
from gshop_studio.server.moderation.log import Action, ModerationLog
from gshop_studio.server.realtime.gateway import Gateway
from gshop_studio.server.streams.lookup import StreamLookup
from gshop_studio.server.tables import LiveStreamChatSettingsRow
from gshop_studio.server.words import format_duration, say


class ChatSettingsService:
    def __init__(
        self,
        database: Database,
        lookup: StreamLookup,
        gateway: Gateway,
        rules: RulesOfShows,
        messages: ServerMessages,
        log: ModerationLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._gateway = gateway
        self._rules = rules
        self._messages = messages
        self._log = log
        self._clock = clock

    async def settings(self, caller: Caller | None, stream_id: str) -> ChatSettings:
        """The settings; with the blocked words for the host and the moderators."""
        async with self._database.read() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.WATCH, stream)
            settings = await self.read(transaction, stream_id)
            if not may(caller, StreamRight.MODERATE, stream):
                return settings
            words = await ChatSettingsRepository(transaction).words(stream.host_id, stream.language)
        return settings.model_copy(update={"blocked_words": words})

    async def read(self, transaction: Transaction, stream_id: str) -> ChatSettings:
        """What everybody may know. The caller has checked the right to watch."""
        row = (await ChatSettingsRepository(transaction).settings([stream_id])).get(stream_id)
        if row is None:
            return ChatSettings()
        return ChatSettings(
            slow_mode_s=row.slow_mode_s, followers_only=row.followers_only, links=links_policy(row.links)
        )

    async def change(self, caller: Caller | None, stream_id: str, wish: ChatSettingsPut) -> ChatSettings:
        """Change what is given. Everybody in the room hears of it, not of the words; who reads
        the chat of a live show reads who may write now, and how often.

        Raises:
            Refused: what rights say.
        """
        async with self._database.write() as transaction:
            stream = await self._lookup.facts(transaction, stream_id, caller)
            require(caller, StreamRight.CHAT_SETTINGS, stream)
            repository, now = ChatSettingsRepository(transaction), self._clock()
            row = (await repository.settings([stream_id])).get(stream_id)
            if row is None:
                row = LiveStreamChatSettingsRow(
                    stream_id=stream_id, slow_mode_s=0, followers_only=False, links="allow", updated_at=now
                )
                await repository.add(row)
            before = await self.read(transaction, stream_id)
            words_before = await repository.words(stream.host_id, stream.language)
            if wish.slow_mode_s is not None:
                row.slow_mode_s = wish.slow_mode_s
            if wish.followers_only is not None:
                row.followers_only = wish.followers_only
            row.links, row.updated_at = wish.links or row.links, now
            if wish.blocked_words is not None:
                words = list(dict.fromkeys(wish.blocked_words))
                await repository.set_words(stream.host_id, stream.language, words, now)
            settings = await self.read(transaction, stream_id)
            if settings != before:
                event = ChatSettingsEvent(
                    stream_id=stream_id,
                    slow_mode_s=settings.slow_mode_s,
                    followers_only=settings.followers_only,
                    links=settings.links,
                )
                await self._gateway.record(transaction, stream_id, ServerEvent.CHAT_SETTINGS, event)
                if stream.is_live:
                    await self._say_what_changed(transaction, stream, before, settings)
            words = await repository.words(stream.host_id, stream.language)
            changes = _changes(before, settings) + ["blockedWords"] * (words != words_before)
            if changes:
                actor = require_signed_in(caller)
                action = Action("chat_settings", actor.user_id, ", ".join(changes))
                await self._log.record(transaction, stream_id, actor, action)
            transaction.after_commit(self._rules.forget_all)
        return settings.model_copy(update={"blocked_words": words})

    async def _say_what_changed(
        self, transaction: Transaction, stream: StreamFacts, before: ChatSettings, now: ChatSettings
    ) -> None:
        async def tell(text: str, code: str, **fields: int) -> None:
            await self._messages.say(transaction, stream, "system", text, code, fields)

        language = stream.language
        if now.slow_mode_s != before.slow_mode_s:
            if now.slow_mode_s:
                wait = format_duration(now.slow_mode_s, language)
                text = say("Slow mode: one message every {wait}.", language, wait=wait)
                await tell(text, "chat.slow_mode_on", seconds=now.slow_mode_s)
            else:
                await tell(say("Slow mode is off.", language), "chat.slow_mode_off")
        if now.followers_only != before.followers_only:
            if now.followers_only:
                await tell(say("Only followers can write now.", language), "chat.followers_only_on")
            else:
                await tell(say("Everybody can write now.", language), "chat.followers_only_off")


def _changes(before: ChatSettings, now: ChatSettings) -> list[str]:
    """What differs, as it is named and written on the wire: `slowModeS: 30`."""
    was, settings = (each.model_dump(mode="json", by_alias=True) for each in (before, now))
    changed = {name: value for name, value in settings.items() if was[name] != value}
    return [f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in changed.items()]
