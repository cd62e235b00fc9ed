"""The client for asyncio: the same service, the same methods."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backproof import AsyncClient, AsyncJob, Client, Invalid, Job, JobCancelled
from backproof.inprocess import URL

from .conftest import NET, SGD, XOR

PAIR = (XOR["x"], XOR["y"])


@pytest.fixture(params=["in process", "over a socket"])
def run(request: pytest.FixtureRequest) -> Callable[[Callable[[AsyncClient], Awaitable[Any]]], Any]:
    """A function that runs another with a client on a new loop."""
    if request.param == "in process":
        transport: httpx.AsyncBaseTransport | None = request.getfixturevalue("transport")
        address = URL
    else:
        transport, address = None, request.getfixturevalue("url")

    def go(story: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
        async def told() -> Any:
            async with AsyncClient(address, transport=transport) as client:
                return await story(client)

        return asyncio.run(told())

    return go


Run = Callable[[Callable[[AsyncClient], Awaitable[Any]]], Any]


@pytest.mark.parametrize(("one", "other"), [(Client, AsyncClient), (Job, AsyncJob)])
def test_both_clients_have_the_same_methods(one: type, other: type) -> None:
    def public(kind: type) -> dict[str, list[str]]:
        found = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
        return {name: list(inspect.signature(made).parameters) for name, made in found.items() if callable(made)}

    assert public(one) == public(other)
    assert all(getattr(one, name).__doc__ for name in public(one))


def test_a_training_job(run: Run) -> None:
    async def story(client: AsyncClient) -> None:
        job = await client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=100, form="both")
        await job.wait(progress=False)
        weights, result = await job.weights(), await job.result()
        assert job.state == "succeeded"
        assert weights.epoch == 100
        assert result.twin_distance is not None
        assert (await job.metrics())["epoch"][-1] == 100
        assert (await job.predict(XOR["x"])).outputs.shape == (4, 1)
        assert all(row.agree for row in await job.gradients())

    run(story)


def test_many_at_once(run: Run) -> None:
    async def story(client: AsyncClient) -> None:
        jobs = await asyncio.gather(
            *[
                client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=20, labels={"at": "once"})
                for _ in range(8)
            ]
        )
        await asyncio.gather(*[job.wait(progress=False) for job in jobs])
        found = [job async for job in client.jobs(labels={"at": "once"}, limit=3)]
        assert {job.id for job in found} >= {job.id for job in jobs}
        assert {(await job.result()).weights_sha256 for job in jobs} == {(await found[0].result()).weights_sha256}

    run(story)


def test_gradients_data_sets_and_refusals(run: Run) -> None:
    async def story(client: AsyncClient) -> None:
        stored = await client.upload(*PAIR)
        assert stored.id in [each.id async for each in client.datasets()]
        assert (await client.gradients(NET, loss="half_sse", data=stored)).agree
        assert (await client.predict(NET, XOR["x"])).outputs.shape == (4, 1)
        with pytest.raises(Invalid, match="half_sse"):
            await client.gradients(NET, loss="half_see", data=stored)

    run(story)


def test_cancelled_jobs_and_abandoned_waits(run: Run) -> None:
    async def story(client: AsyncClient) -> None:
        job = await client.train(NET, loss="half_sse", optimizer=SGD, data=PAIR, epochs=5_000_000)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await job.wait(progress=False)
        assert (await job.refresh()).state in ("queued", "running")
        await job.cancel()
        with pytest.raises(JobCancelled):
            await job.wait()

    run(story)
