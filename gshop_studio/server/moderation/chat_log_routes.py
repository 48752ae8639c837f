"""REST of the chat log of a whole show, and the key it is signed with."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from gshop_studio.contract.chat_log import NDJSON_MEDIA_TYPE, SigningKey
from gshop_studio.contract.problems import PROBLEM_MEDIA_TYPE, Problem
from gshop_studio.server.dependencies import Has, MaybeCaller

router = APIRouter(prefix="/live", tags=["moderation"])


def _answers(media_type: str, schema: dict[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": Problem, "description": text, "content": {PROBLEM_MEDIA_TYPE: {}}}
        for status, text in {
            401: "Not signed in",
            403: "Neither the host, a moderator of the show, support nor an admin",
            404: "No such show",
        }.items()
    }
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}, **refusals}


@router.get(
    "/streams/{stream_id}/chat-log",
    summary="The chat of a whole show with its moderation: one event a line, each hashed with the one before",
    response_class=StreamingResponse,
    responses=_answers(NDJSON_MEDIA_TYPE, {"type": "string"}, "RFC 8785 lines in the order of `seq`"),
)
async def get_chat_log(stream_id: str, services: Has, caller: MaybeCaller) -> StreamingResponse:
    lines = await services.chat_log.lines(caller, stream_id)
    return StreamingResponse(lines, media_type=NDJSON_MEDIA_TYPE, headers=_headers(stream_id, "ndjson"))


@router.get(
    "/streams/{stream_id}/chat-log.zip",
    summary="The same with a signed manifest: `manifest.json` and `events.ndjson`",
    response_class=StreamingResponse,
    responses=_answers("application/zip", {"type": "string", "format": "binary"}, "The bundle"),
)
async def get_chat_log_bundle(stream_id: str, services: Has, caller: MaybeCaller) -> StreamingResponse:
    bundle = await services.chat_log.bundle(caller, stream_id)
    headers = {**_headers(stream_id, "zip"), "Content-Length": str(bundle.size)}
    return StreamingResponse(bundle.chunks(), media_type="application/zip", headers=headers)


@router.get("/signing-key", summary="The public key that chat logs are signed with")
async def get_signing_key(services: Has) -> SigningKey:
    return services.chat_log.signing_key()


def _headers(stream_id: str, ending: str) -> dict[str, str]:
    """`stream_id` is a show's that was found, so it is one of ours."""
    return {"Content-Disposition": f'attachment; filename="chat-log-{stream_id}.{ending}"', "Cache-Control": "no-store"}
