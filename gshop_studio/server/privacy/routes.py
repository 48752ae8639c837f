"""REST of privacy: `/users/export-data` and `/users/delete-account`."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from gshop_studio.contract.privacy import AccountDeleted, AccountDeletion, DataExport
from gshop_studio.server.dependencies import Has, Language, MaybeCaller
from gshop_studio.server.lean_route import LeanRoute

router = APIRouter(prefix="/users", tags=["privacy"], route_class=LeanRoute)
_HEADERS = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"}


@router.get("/export-data", response_model=DataExport, summary="All that is known of me, as one JSON document")
async def export_data(services: Has, caller: MaybeCaller) -> StreamingResponse:
    export = await services.privacy.export(caller)
    headers = {**_HEADERS, "Content-Length": str(export.size)}
    return StreamingResponse(export.chunks(), media_type="application/json", headers=headers)


@router.delete("/delete-account", summary="Erase me: my account, what I said, who I follow. It cannot be undone")
async def delete_account(
    wish: AccountDeletion, services: Has, caller: MaybeCaller, language: Language
) -> AccountDeleted:
    return await services.privacy.delete_account(caller, wish, language)
