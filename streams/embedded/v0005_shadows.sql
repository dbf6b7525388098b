-- The candidate that runs beside the live agents, or ran last, and what it would have said of each
-- turn. In no log: what a candidate would have said is nothing that happened.
CREATE TABLE shadows (
    id TEXT NOT NULL PRIMARY KEY,
    policy TEXT,
    tier TEXT,
    started_at TEXT NOT NULL,
    started_by TEXT NOT NULL,
    ended_at TEXT,
    ended_how TEXT,
    missed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- A row for each inbox record that was taken beside it; of one that nobody decided `turn` is empty.
CREATE TABLE shadowed (
    shadow_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    turn TEXT NOT NULL,
    PRIMARY KEY (shadow_id, topic, partition, "offset")
) WITHOUT ROWID;

-- How far inbox partitions were taken when a shadow began.
CREATE TABLE shadow_positions (
    shadow_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (shadow_id, topic, partition)
) WITHOUT ROWID;
