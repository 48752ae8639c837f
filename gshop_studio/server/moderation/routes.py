"""REST of moderation: `/live/streams/{stream_id}/moderation...` and `.../moderators`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.moderation import (
    BanRequest,
    DecisionAnswer,
    DecisionRequest,
    HeldMessageList,
    ModerationEntry,
    ModerationLog,
    Moderator,
    ModeratorCreate,
    ModeratorList,
    TimeoutRequest,
    WarnRequest,
)
from gshop_studio.server.dependencies import Has, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/live/streams/{stream_id}", tags=["moderation"], route_class=LeanRoute)


@router.post("/moderation/timeout", status_code=status.HTTP_201_CREATED, summary="Keep somebody from writing a while")
async def time_out(stream_id: str, wish: TimeoutRequest, services: Has, caller: MaybeCaller) -> ModerationEntry:
    return await services.moderation.time_out(caller, stream_id, wish)


@router.delete(
    "/moderation/timeout/{user_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Let somebody write again"
)
async def end_timeout(stream_id: str, user_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.moderation.end_timeout(caller, stream_id, user_id)


@router.post("/moderation/ban", status_code=status.HTTP_201_CREATED, summary="Keep somebody out of a show")
async def ban(stream_id: str, wish: BanRequest, services: Has, caller: MaybeCaller) -> ModerationEntry:
    return await services.moderation.ban(caller, stream_id, wish)


@router.delete(
    "/moderation/ban/{user_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Let somebody into a show again"
)
async def lift_ban(stream_id: str, user_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.moderation.lift_ban(caller, stream_id, user_id)


@router.post("/moderation/warn", status_code=status.HTTP_201_CREATED, summary="Warn somebody, whom alone it reaches")
async def warn(stream_id: str, wish: WarnRequest, services: Has, caller: MaybeCaller) -> ModerationEntry:
    return await services.moderation.warn(caller, stream_id, wish)


@router.get("/moderation/log", summary="What moderators did, newest first")
async def moderation_log(stream_id: str, services: Has, caller: MaybeCaller, page: Paged) -> ModerationLog:
    return await services.moderation.log(caller, stream_id, limit=page.limit, offset=page.offset)


@router.get("/moderation/queue", summary="The messages that wait for a decision, oldest first")
async def review_queue(stream_id: str, services: Has, caller: MaybeCaller, page: Paged) -> HeldMessageList:
    return await services.review_queue.waiting(caller, stream_id, limit=page.limit, offset=page.offset)


@router.post("/moderation/queue/{message_id}", summary="Approve or reject a held message")
async def decide(
    stream_id: str, message_id: str, wish: DecisionRequest, services: Has, caller: MaybeCaller
) -> DecisionAnswer:
    return await services.review_queue.decide(caller, stream_id, message_id, wish.decision)


@router.get("/moderators", summary="A show's moderators and their rights")
async def list_moderators(stream_id: str, services: Has, caller: MaybeCaller) -> ModeratorList:
    return await services.moderators.moderators(caller, stream_id)


@router.post("/moderators", status_code=status.HTTP_201_CREATED, summary="Name a moderator, or give one other rights")
async def name_moderator(stream_id: str, wish: ModeratorCreate, services: Has, caller: MaybeCaller) -> Moderator:
    return await services.moderators.name(caller, stream_id, wish)


@router.delete("/moderators/{user_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Take a moderator's rights")
async def remove_moderator(stream_id: str, user_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.moderators.remove(caller, stream_id, user_id)
