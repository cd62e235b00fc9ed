"""GET /mistakes."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from backproof_core.judgement.mistakes import MISTAKES, Mistake, told
from backproof_service import reports
from backproof_service.http import respond
from backproof_service.http.contract import operation
from backproof_service.wire.mistakes import MistakeList

router = APIRouter(tags=["gradients"])


@router.get(
    "/mistakes",
    **operation("mistakes", "The mistakes that a report may name", answers={200: ("The whole table.", MistakeList)}),
)
async def get_mistakes() -> Response:
    """Each mistake with its cause, a question that hints at it, and the right code in NumPy and OCaml."""
    return respond.json({"object": "list", "data": [_mistake(each) for each in MISTAKES.values()], "next": None})


def _mistake(found: Mistake) -> dict[str, Any]:
    """A mistake as it reads where nothing was measured."""
    return {
        "id": found.id,
        "title": told(found.title),
        "cause": told(found.cause),
        "question": found.question,
        "mend": reports.mend(found.mend),
        "looks": found.looks,
        "hides": found.hides,
        "convention": found.convention,
    }
