"""Which of the offered types an Accept header asks for."""

from collections.abc import Sequence

from starlette.requests import Request

from backproof_service.http.problems import Problem


def accepted(request: Request, offers: Sequence[str]) -> str:
    """The offer that the caller likes best, the first among equals; raises a 406 that lists them."""
    wishes = list(_wishes(",".join(request.headers.getlist("accept")) or "*/*"))
    best, offer = max(((_quality(wishes, offer), offer) for offer in offers), key=lambda found: found[0])
    if best > 0:
        return offer
    asked = request.headers.get("accept")
    detail = f"The Accept header asks for {asked}; this address offers {' or '.join(offers)}."
    raise Problem(406, "not_acceptable", detail, errors=[{"header": "Accept", "detail": detail}])


def _wishes(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        found.append((kind, _number(quality)))
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _quality(wishes: list[tuple[str, float]], offer: str) -> float:
    """How much an offer is liked: by its own name, else by its kind, else by */*."""
    liked = dict(wishes)
    return next((liked[name] for name in (offer, offer.split("/")[0] + "/*", "*/*") if name in liked), 0.0)
