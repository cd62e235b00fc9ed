"""How the service bears a crowd: XOR jobs submitted at once by many connections, and /healthz meanwhile.

    python benchmarks/load.py [--jobs 1000] [--connections 50] [--epochs 200] [--url http://…]

Without --url a service is started on a free loopback port and a fresh folder, and ended afterwards. The numbers are of
this machine at this moment: the client, the service and its workers share its cores.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

RESTING = {"succeeded", "failed", "cancelled", "interrupted"}
XOR = {
    "network": {
        "sizes": [2, 2, 1],
        "activation": "sigmoid",
        "bias": False,
        "init": {"type": "uniform", "low": 0, "high": 1},
    },
    "loss": "half_sse",
    "optimizer": {"type": "sgd", "learning_rate": 1.0},
    "data": {"x": [[0, 0], [0, 1], [1, 0], [1, 1]], "y": [[0], [1], [1], [0]]},
    "labels": {"exp": "load"},
}


@contextmanager
def service() -> Iterator[str]:
    """The URL of a service of our own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "backproof_service.command", "--port", "0", "--data", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            print(line.strip())
            url = line.split(" at ")[1].split(" ")[0]
            while httpx.get(f"{url}/readyz").status_code != 200:
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)


async def submit(client: httpx.AsyncClient, seeds: Iterator[int], epochs: int, seconds: list[float]) -> list[str]:
    """Ids of the jobs that one connection submitted, one after the other, until there are no more seeds."""
    found = []
    for seed in seeds:
        body = XOR | {"epochs": epochs, "network": XOR["network"] | {"seed": seed}}  # type: ignore[operator]
        begun = time.perf_counter()
        answer = await client.post("/train", json=body)
        seconds.append(time.perf_counter() - begun)
        assert answer.status_code == 202, answer.text
        found.append(answer.json()["id"])
    return found


async def watch_health(url: str, seconds: list[float]) -> None:
    """Asks /healthz about twenty times a second on a connection of its own, until cancelled."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        while True:
            begun = time.perf_counter()
            (await client.get("/healthz")).raise_for_status()
            seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(0.05)


async def wait_for(client: httpx.AsyncClient, job: str) -> str:
    """The state in which the job came to rest, by long-poll."""
    while True:
        found = (await client.get(f"/jobs/{job}", headers={"Prefer": "wait=30"})).json()
        if found["state"] in RESTING:
            return str(found["state"])


async def load(url: str, jobs: int, connections: int, epochs: int) -> None:
    """Runs the load and prints what it took."""
    submitting: list[float] = []
    health: list[float] = []
    watcher = asyncio.create_task(watch_health(url, health))
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        seeds, begun = iter(range(jobs)), time.perf_counter()
        batches = await asyncio.gather(*(submit(client, seeds, epochs, submitting) for _ in range(connections)))
        submitted, during = time.perf_counter() - begun, len(health)
        ids = [job for batch in batches for job in batch]
        states = await asyncio.gather(*(wait_for(client, job) for job in ids))
        ended = time.perf_counter() - begun
    watcher.cancel()
    print(f"{jobs} jobs of {epochs} epochs by {connections} connections")
    print(f"  submitted in  {submitted:.1f} s; one request {spread(submitting)}")
    print(f"  all ended in  {ended:.1f} s: { {state: states.count(state) for state in sorted(set(states))} }")
    print(f"  /healthz      {spread(health)} ({len(health)} requests)")
    print(f"    while submitting {spread(health[:during])}; after that {spread(health[during:])}")


def spread(seconds: list[float]) -> str:
    """Median, 95th percentile and largest in milliseconds."""
    if len(seconds) < 2:
        return "too few to say"
    cuts = statistics.quantiles(seconds, n=20)
    return f"median {1e3 * cuts[9]:.0f} ms, 95 % below {1e3 * cuts[18]:.0f} ms, at most {1e3 * max(seconds):.0f} ms"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Load of many small training jobs.")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--url")
    given = parser.parse_args()
    if given.url:
        asyncio.run(load(given.url, given.jobs, given.connections, given.epochs))
        return
    with service() as url:
        asyncio.run(load(url, given.jobs, given.connections, given.epochs))


if __name__ == "__main__":
    main()
