"""A process of a shop with several: takes payments, or shows the numbers of all.

``python -m tests.integration.prometheus_worker 3`` is notified of three payments; with
``0`` it prints what Prometheus gets. ``PROMETHEUS_MULTIPROC_DIR`` is set.
"""

from __future__ import annotations

import sys

from flask_antom.contrib.prometheus import init_prometheus
from tests.support.offline import open_offline


def main(payments: int) -> None:
    with open_offline() as offline:
        metrics = init_prometheus(offline.shop.app)
        for number in range(payments):
            ids = {"paymentRequestId": f"R-{number}", "paymentId": f"P-{number}"}
            offline.add_payment(f"R-{number}", f"A-{number}", method="GCASH")
            offline.notify(**ids)
        if not payments:
            with offline.shop.app.test_request_context():
                print(metrics.response().get_data(as_text=True))


if __name__ == "__main__":
    main(int(sys.argv[1]))
