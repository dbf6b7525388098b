-- The cluster's own tables. All of it can be refolded from the log, but for `claims` of effects
-- whose attempt never reached it. Text compares by its bytes, as on the embedded engine.

-- Who owns each inbox partition, how far it is worked off, and at what clock.
CREATE TABLE partitions (
    domain text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    claimed_at timestamptz,
    position bigint NOT NULL DEFAULT 0,
    clock double precision NOT NULL DEFAULT 0,
    turn bigint NOT NULL DEFAULT 0,
    stood_at bigint,
    tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (domain, partition)
);

-- Which process does which work, and when it was heard of last.
CREATE TABLE at_work (
    owner text COLLATE "C" NOT NULL,
    work text COLLATE "C" NOT NULL,
    heard_at timestamptz NOT NULL,
    PRIMARY KEY (owner, work)
);

-- What was decided and is not known to be in the log: one row a turn, its records in order.
CREATE TABLE outbox (
    domain text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    turn bigint NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    records bytea NOT NULL,
    PRIMARY KEY (domain, partition, turn)
);

CREATE TABLE lines (
    domain text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    numbered bytea NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (domain, key)
);

CREATE TABLE parked (
    ticket_id text COLLATE "C" NOT NULL PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    closed boolean NOT NULL,
    state bytea NOT NULL
);
CREATE INDEX parked_open ON parked (key) WHERE NOT closed;

-- The first inbox record with an id: later ones change nothing.
CREATE TABLE seen (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL
);

CREATE TABLE timers (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    ticket_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    target text COLLATE "C",
    due_at double precision NOT NULL
);
CREATE INDEX timers_due ON timers (partition, due_at, id);

CREATE TABLE claims (
    request_id text COLLATE "C" NOT NULL PRIMARY KEY,
    attempt integer NOT NULL,
    outcome text COLLATE "C"
);

CREATE TABLE contact_points (
    channel text COLLATE "C" NOT NULL,
    handle text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    declared integer NOT NULL,
    absorbed text COLLATE "C",
    PRIMARY KEY (channel, handle, customer_id)
);

-- What came in through this deployment's own doors: a repeat is told so before it is worked off.
CREATE TABLE taken_in (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    digest bytea NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL
);

CREATE TABLE meta (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

-- How far each reader of the log has folded it; in one transaction with its rows.
CREATE TABLE read_positions (
    projection text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    end_position bigint NOT NULL,
    PRIMARY KEY (projection, topic, partition)
);

-- The highest source coordinates that were folded: what is not above them is a repeat.
CREATE TABLE read_sources (
    projection text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    source_topic text COLLATE "C" NOT NULL,
    source_partition integer NOT NULL,
    source_offset bigint NOT NULL,
    source_index integer NOT NULL,
    PRIMARY KEY (projection, topic, partition, source_topic, source_partition)
);

-- The last number that each line wrote to a topic, and where the next did not follow.
CREATE TABLE read_lines (
    projection text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    source_topic text COLLATE "C" NOT NULL,
    line text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (projection, topic, source_topic, line)
);

CREATE TABLE gaps (
    projection text COLLATE "C" NOT NULL,
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    line text COLLATE "C" NOT NULL,
    previous bigint,
    last bigint,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, topic, partition, "offset")
);

-- Dead letters, folded from their topic.
CREATE TABLE dead_letters (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    headers text COLLATE "C" NOT NULL,
    key text COLLATE "C",
    value bytea NOT NULL
);
