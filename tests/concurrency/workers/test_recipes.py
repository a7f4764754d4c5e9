"""The blocks of code about queues in ``docs/workers.md`` do what the page says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.concurrency.workers.queues import run_recipe
from tests.concurrency.workers.worker_shop import WorkerShop
from tests.support.blocks import DOCS, blocks


def run_block(words: str, **names: Any) -> dict[str, Any]:
    """Run the block that holds the words, beside these names."""
    (code,) = (one for one in blocks(DOCS / "workers.md", "python") if words in one)
    exec(compile(code, "workers.md", "exec"), names)  # noqa: S102
    return names


@pytest.mark.parametrize("words", ["import init_celery", "import init_rq"])
def test_an_app_is_connected_as_the_page_shows_it(
    worker_shop: WorkerShop, words: str
) -> None:
    app = worker_shop.shop.app
    run_block(words, create_app=lambda: app)
    assert app.extensions["antom"].event_dispatcher is not None


def test_a_queue_of_ones_own(worker_shop: WorkerShop) -> None:
    put: list[tuple[str, int]] = []

    class Queue:
        def put(self, job: str, event_id: int) -> None:
            put.append((job, event_id))

    shop = worker_shop.shop
    names = run_block(
        "@antom.event_dispatcher", app=shop.app, antom=shop.antom, queue=Queue()
    )
    worker_shop.notify(worker_shop.begin())
    assert put == [("antom-deliver", worker_shop.event().id)]
    names["job"](put[0][1])
    assert shop.fulfilled() == 1


def test_the_sweep_of_huey(worker_shop: WorkerShop) -> None:
    jobs: Any = run_recipe(
        worker_shop.shop, "import RedisHuey", "redis://127.0.0.1:9/0"
    )
    worker_shop.shop.app.extensions["antom"].event_dispatcher = lambda event_id: None
    worker_shop.notify(worker_shop.begin())
    jobs.sweep.call_local()
    assert worker_shop.shop.fulfilled() == 1
