"""Every client against every case, over real sockets."""

import re

import pytest

from .conftest import kit
from .drivers import DRIVERS


@pytest.mark.parametrize("name", DRIVERS)
def test_the_client_conforms(url: str, name: str) -> None:
    played = kit("--driver", DRIVERS[name], "--url", url, "--jobs", "6")
    assert played.returncode == 0, played.stdout + played.stderr
    passed, failed = map(int, re.findall(r"\d+", played.stdout.splitlines()[-1]))
    listed = [line for line in kit("--list").stdout.splitlines() if not line.startswith(" ")]
    assert (passed, failed) == (len(listed), 0)
