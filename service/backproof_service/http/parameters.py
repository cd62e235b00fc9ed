"""Query parameters that no route knows are refused: a misspelt one would be ignored silently."""

from fastapi import Request
from fastapi.routing import APIRoute

from backproof_service.http.problems import bad_parameter
from backproof_service.http.words import listed, nearest

FREE = "label."  # GET /jobs takes label.KEY for any KEY


def only_known(request: Request) -> None:
    """Raises a 422 at the first query parameter that the route does not have."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = [parameter.alias for parameter in route.dependant.query_params]
    free = f"{FREE}KEY" if "state" in known else ""
    known += [free] if free else []
    for name in request.query_params:
        if name not in known and not (free and name.startswith(FREE)):
            offered = f"valid are {listed(known)}" if known else "this address takes none"
            raise bad_parameter(name[:80], f"There is no such parameter{nearest(name, known)}; {offered}.")
