"""REST of what I am told: `/users/me/notifications`, `/preferences`, `/devices`."""

from __future__ import annotations

from fastapi import APIRouter, status

from gshop_studio.contract.notifications import (
    Device,
    DeviceCreate,
    DeviceList,
    NotificationList,
    NotificationsRead,
    NotificationsReadAnswer,
    Preferences,
    PreferencesPatch,
)
from gshop_studio.server.dependencies import Has, Language, MaybeCaller, Paged
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/users/me", tags=["notifications"], route_class=LeanRoute)


@router.get("/notifications", summary="What I was told, newest first")
async def list_notifications(
    services: Has, caller: MaybeCaller, language: Language, page: Paged, unread: bool = False
) -> NotificationList:
    return await services.notifications.inbox.page(
        caller, language, is_unread_only=unread, limit=page.limit, offset=page.offset
    )


@router.post("/notifications/read", summary="I have read these, or, without a body, all")
async def read_notifications(
    services: Has, caller: MaybeCaller, wish: NotificationsRead | None = None
) -> NotificationsReadAnswer:
    return await services.notifications.inbox.read(caller, wish or NotificationsRead())


@router.get("/preferences", summary="What I am told, how, and when not")
async def get_preferences(services: Has, caller: MaybeCaller) -> Preferences:
    return await services.notifications.preferences.get(caller)


@router.patch("/preferences", summary="Change what I am told; only what is given changes")
async def change_preferences(wish: PreferencesPatch, services: Has, caller: MaybeCaller) -> Preferences:
    return await services.notifications.preferences.change(caller, wish)


@router.get("/devices", summary="The devices push messages to me go to")
async def list_devices(services: Has, caller: MaybeCaller) -> DeviceList:
    return await services.notifications.devices.page(caller)


@router.post(
    "/devices", status_code=status.HTTP_201_CREATED, summary="Send push messages to this device; again is the same"
)
async def add_device(wish: DeviceCreate, services: Has, caller: MaybeCaller) -> Device:
    return await services.notifications.devices.add(caller, wish)


@router.delete(
    "/devices/{device_id}", status_code=status.HTTP_204_NO_CONTENT, summary="No push messages to this device any more"
)
async def remove_device(device_id: str, services: Has, caller: MaybeCaller) -> None:
    await services.notifications.devices.remove(caller, device_id)
