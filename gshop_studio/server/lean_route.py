"""Routes whose answers leave out what is None."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute


class LeanRoute(APIRoute):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "response_model_exclude_none": True})
