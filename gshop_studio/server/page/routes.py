"""The addresses of the pages: `/` what is live, `/watch/{stream_id}` one show, `/docs` the API's documentation,
`/assets/...` what they need.

Nothing is filled in here: the page asks the API for all it shows, and draws an unknown show as such itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from fastapi import APIRouter, Request, Response

from gshop_studio.paths import resources_dir, translations_dir
from gshop_studio.server.page.assets import Asset, AssetShelf
from gshop_studio.server.page.headers import asset_headers, docs_headers, page_headers

_METHODS = ["GET", "HEAD"]


def create_router(shelf: AssetShelf) -> APIRouter:
    """The page's routes over the files of `shelf`."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=_METHODS)
    def live_now(request: Request) -> Response:
        return _answer(request, shelf.find("index.html"), page_headers(request.headers.get("host")))

    @router.api_route("/watch/{stream_id}", methods=_METHODS)
    def watch(request: Request, stream_id: str) -> Response:
        return _answer(request, shelf.find("watch.html"), page_headers(request.headers.get("host")))

    @router.api_route("/docs", methods=_METHODS)
    def docs(request: Request) -> Response:
        return _answer(request, shelf.find("docs.html"), docs_headers())

    @router.api_route("/assets/{path:path}", methods=_METHODS)
    def asset(request: Request, path: str) -> Response:
        is_page = path.endswith(".html")  # pages are reached by their own addresses, with a page's headers
        return _answer(request, None if is_page else shelf.find(path), asset_headers(PurePosixPath(path).suffix))

    return router


def _answer(request: Request, asset: Asset | None, headers: Mapping[str, str]) -> Response:
    if asset is None:
        return Response("Not found\n", 404, {"X-Content-Type-Options": "nosniff"}, "text/plain")
    headers = {**headers, "ETag": asset.etag}
    if asset.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = asset.gzipped
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers, media_type=asset.media_type)


router = create_router(
    AssetShelf(
        {
            "": resources_dir() / "viewer",
            "themes/": resources_dir() / "themes",
            "translations/": translations_dir() / "viewer",
        }
    )
)
