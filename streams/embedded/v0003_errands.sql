-- What goes to a platform waits among the claims until it is done: see streams/delivery/errand.py.
-- A claim that is due is open; a conversation is a digest, and names nobody.
ALTER TABLE claims ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN state TEXT NOT NULL DEFAULT 'under_way';
ALTER TABLE claims ADD COLUMN channel TEXT;
ALTER TABLE claims ADD COLUMN conversation TEXT;
ALTER TABLE claims ADD COLUMN partition INTEGER;
ALTER TABLE claims ADD COLUMN position INTEGER;
ALTER TABLE claims ADD COLUMN doubts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claims ADD COLUMN due_at REAL;
ALTER TABLE claims ADD COLUMN since REAL;
ALTER TABLE claims ADD COLUMN tried_at REAL NOT NULL DEFAULT 0;
UPDATE claims SET state = 'done' WHERE outcome IS NOT NULL;
CREATE INDEX claims_due ON claims (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX claims_conversation ON claims (conversation, partition, position)
    WHERE due_at IS NOT NULL;
