"""Real components for tests: Kafka, PostgreSQL, and a network between that can be cut.

In a test, ask for a fixture (`fixtures.py` has them all):

    def test_something_on_a_cluster(cluster: Cluster) -> None:
        cluster.broker.bootstrap        # a real Kafka, without topics and groups
        cluster.url                     # an empty database on a real PostgreSQL
        cluster.environment             # what makes `pactdesk` a desk of it
        cluster.settings(tmp_path)      # the same, for this process
        cluster.broker.kill(); cluster.broker.start()       # also stop, restart

`broker`, `postgres` and `database` (an address) are there for tests that need one of them. Nothing
is shared between processes that run tests; what one test leaves behind, the next does not see.

Waiting: `until(condition, seconds, "what was waited for")`. A network that can be cut:

    with Proxy(cluster.postgres.port) as proxy:                     # PostgreSQL
        url = cluster.postgres.url_of("name", proxy.port)
        proxy.cut(); proxy.heal(); proxy.cut(silent=True); proxy.delay(0.2)
    with Proxy(cluster.broker.behind, cluster.broker.proxied) as proxy:     # Kafka: this one only
        bootstrap = f"127.0.0.1:{proxy.port}"                       # clients stay behind it

From the shell: `eval "$(python -m tests.real up FOLDER)"`, `python -m tests.real down FOLDER`.
PACTDESK_TEST_KAFKA=3.9 takes the older Kafka.
"""

from tests.real.broker import Broker
from tests.real.cluster import Cluster
from tests.real.postgres import Postgres
from tests.real.process import Missing, Process
from tests.real.proxy import Proxy
from tests.real.waiting import free_port, until

__all__ = ["Broker", "Cluster", "Missing", "Postgres", "Process", "Proxy", "free_port", "until"]
