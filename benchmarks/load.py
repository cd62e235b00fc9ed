"""How the service bears a crowd: XOR jobs submitted at once by many connections, and /healthz meanwhile.

    python benchmarks/load.py [--jobs 1000] [--connections 50] [--epochs 200] [--url http://…]

Without --url a service is started on a free loopback port and a fresh folder, and ended afterwards. The numbers are of
this machine at this moment: the client, the service and its workers share its cores.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

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
        begun = time.monotonic()
        answer = await client.post("/train", json=body)
        seconds.append(time.monotonic() - begun)
        assert answer.status_code == 202, answer.text
        found.append(answer.json()["id"])
    return found


def watch_health(url: str, over: "Event", found: "Queue[list[tuple[float, float]]]") -> None:
    """Asks /healthz about twenty times a second, in a process of its own: when, and how long it took."""
    seen = []
    with httpx.Client(base_url=url, timeout=60) as client:
        while not over.wait(0.05):
            begun = time.monotonic()
            client.get("/healthz").raise_for_status()
            seen.append((begun, time.monotonic() - begun))
    found.put(seen)


async def wait_for(client: httpx.AsyncClient, job: str) -> str:
    """The state in which the job came to rest, by long-poll."""
    while True:
        found = (await client.get(f"/jobs/{job}", headers={"Prefer": "wait=30"})).json()
        if found["state"] in RESTING:
            return str(found["state"])


def measure(url: str, jobs: int, connections: int, epochs: int) -> None:
    """Runs the load, watches /healthz meanwhile and prints what it took."""
    processes = multiprocessing.get_context("spawn")
    over, found = processes.Event(), processes.Queue()
    watcher = processes.Process(target=watch_health, args=(url, over, found))
    watcher.start()
    submitted = asyncio.run(load(url, jobs, connections, epochs))
    over.set()
    health = found.get()
    watcher.join()
    print(f"  /healthz      {spread([took for _, took in health])} ({len(health)} requests)")
    print(f"    while submitting  {spread([took for begun, took in health if begun < submitted])}")
    print(f"    after that        {spread([took for begun, took in health if begun >= submitted])}")


async def load(url: str, jobs: int, connections: int, epochs: int) -> float:
    """Submits the jobs and waits for them; returns the moment when all were submitted."""
    submitting: list[float] = []
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        seeds, begun = iter(range(jobs)), time.monotonic()
        batches = await asyncio.gather(*(submit(client, seeds, epochs, submitting) for _ in range(connections)))
        submitted = time.monotonic()
        ids = [job for batch in batches for job in batch]
        states = await asyncio.gather(*(wait_for(client, job) for job in ids))
        ended = time.monotonic() - begun
    print(f"{jobs} jobs of {epochs} epochs by {connections} connections")
    print(f"  submitted in  {submitted - begun:.1f} s; one request {spread(submitting)}")
    print(f"  all ended in  {ended:.1f} s: { {state: states.count(state) for state in sorted(set(states))} }")
    return submitted


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
        measure(given.url, given.jobs, given.connections, given.epochs)
        return
    with service() as url:
        measure(url, given.jobs, given.connections, given.epochs)


if __name__ == "__main__":
    main()
