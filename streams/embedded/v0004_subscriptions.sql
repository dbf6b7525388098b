-- Who is sent the log's records, and how far they have acknowledged them. In no log, like the keys.
CREATE TABLE subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    types TEXT NOT NULL,
    topic TEXT,
    customer TEXT,
    personal INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_until TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    position TEXT NOT NULL,
    acknowledged_at TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT,
    last_error TEXT,
    next_attempt_at TEXT,
    owner TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    beat INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
