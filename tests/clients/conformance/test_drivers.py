"""Every client against every case, over real sockets."""

import pytest

from .conftest import kit
from .drivers import BUILT, DRIVERS


@pytest.mark.parametrize("name", DRIVERS)
def test_the_client_conforms(url: str, name: str, request: pytest.FixtureRequest) -> None:
    if name in BUILT:
        request.getfixturevalue(BUILT[name])
    played = kit("--driver", DRIVERS[name], "--url", url, "--jobs", "6")
    cases = [line for line in kit("--list").stdout.splitlines() if not line.startswith(" ")]
    told = [line for line in played.stdout.splitlines() if not line.startswith("ok ")]
    assert told == [f"{len(cases)} passed, 0 failed"], "\n".join(told) + played.stderr
    assert played.returncode == 0
