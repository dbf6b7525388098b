-- The log: the user's own. Everything else in this file can be refolded from it.
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    key TEXT,
    headers TEXT NOT NULL,
    value BLOB NOT NULL,
    appended_at TEXT NOT NULL,
    id TEXT NOT NULL
);
CREATE UNIQUE INDEX log_place ON log (topic, partition, offset);
CREATE INDEX log_id ON log (id);

-- Where each partition of the log ends, so that an append needs no search.
CREATE TABLE ends (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

-- Whose a handle is: folded at intake, so that it holds for every line appended after it.
CREATE TABLE contact_points (
    channel TEXT NOT NULL,
    handle TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    declared INTEGER NOT NULL,
    absorbed TEXT,
    PRIMARY KEY (channel, handle, customer_id)
) WITHOUT ROWID;

-- The case store: how far each inbox partition is worked off, and at what clock.
CREATE TABLE positions (
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    clock REAL NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;

CREATE TABLE lines (
    domain TEXT NOT NULL,
    key TEXT NOT NULL,
    numbered BLOB NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (domain, key)
) WITHOUT ROWID;

-- Tickets that left their case: closed, or beyond its bound.
CREATE TABLE parked (
    ticket_id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    closed INTEGER NOT NULL,
    state BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX parked_open ON parked (key) WHERE NOT closed;

CREATE TABLE seen (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE timers (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    partition INTEGER NOT NULL,
    ticket_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT,
    due_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX timers_due ON timers (partition, due_at, id);

-- What effects have claimed: one row a request, so that no two carry it out.
CREATE TABLE claims (
    request_id TEXT NOT NULL PRIMARY KEY,
    attempt INTEGER NOT NULL,
    outcome TEXT
) WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
