"""Words of sentences: lists of names, and the name that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches


def listed(names: Iterable[str]) -> str:
    """Names in a row, as a sentence lists them: "tanh, relu and softmax"."""
    found = list(names)
    return found[0] if len(found) == 1 else ", ".join(found[:-1]) + " and " + found[-1]


def shortened(text: str, most: int = 200) -> str:
    """What somebody sent, as a sentence repeats it: whole, or its beginning."""
    return text if len(text) <= most else f"{text[:most]}…"


def nearest(given: object, names: Iterable[str]) -> str:
    """A question after the name that was probably meant, such as ' (did you mean "tanh"?)', or nothing."""
    close = get_close_matches(given.lower(), list(names), n=1, cutoff=0.6) if isinstance(given, str) else []
    return f' (did you mean "{close[0]}"?)' if close else ""
