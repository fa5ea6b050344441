-- The tables as the gateway made them first, when they were version 1.
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE definitions (
    n INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, flow TEXT NOT NULL, body BLOB
);

-- `place`: the order in which messages run; that of arrival, until one is replayed.
-- `lane` is a digest; the lane itself lies in `envelope`, with the headers and the payload's hash.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, flow TEXT NOT NULL, definition INTEGER NOT NULL,
    source TEXT NOT NULL, state TEXT NOT NULL, queue INTEGER, lane BLOB, place INTEGER NOT NULL, due INTEGER,
    received INTEGER NOT NULL, updated INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0, token INTEGER NOT NULL DEFAULT 0,
    content_type TEXT NOT NULL, size INTEGER NOT NULL, payload INTEGER NOT NULL,
    correlation_id TEXT NOT NULL, owner TEXT, parent TEXT, redelivered INTEGER NOT NULL,
    envelope BLOB NOT NULL, progress TEXT, failure BLOB, has_result INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX ready ON messages (place) WHERE queue = 1;
CREATE INDEX ready_of_flow ON messages (flow, place) WHERE queue = 1;
CREATE INDEX waiting ON messages (due) WHERE queue = 2;
CREATE INDEX running ON messages (seq) WHERE queue = 0;
CREATE INDEX lanes ON messages (flow, lane, place) WHERE lane IS NOT NULL AND queue IS NOT NULL;
CREATE INDEX by_state ON messages (state, flow, seq);
CREATE INDEX by_source ON messages (source, seq);
CREATE INDEX by_parent ON messages (parent, seq) WHERE parent IS NOT NULL;
CREATE INDEX ended ON messages (state, updated) WHERE queue IS NULL;

-- One payload for all `fanout` messages of an arrival, whose numbers follow each other from `id` on.
CREATE TABLE payloads (id INTEGER PRIMARY KEY, fanout INTEGER NOT NULL, spool TEXT, body BLOB);
CREATE UNIQUE INDEX spooled ON payloads (spool) WHERE spool IS NOT NULL;
CREATE TABLE unspooled (spool TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE results (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE marks (
    seq INTEGER NOT NULL, position TEXT NOT NULL, done INTEGER NOT NULL, attempts INTEGER NOT NULL,
    result BLOB, PRIMARY KEY (seq, position)
) WITHOUT ROWID;
CREATE TABLE history (
    seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, text BLOB,
    PRIMARY KEY (seq, n)
) WITHOUT ROWID;

CREATE TABLE claims (
    channel TEXT NOT NULL, digest BLOB NOT NULL, at INTEGER NOT NULL, ids TEXT NOT NULL,
    PRIMARY KEY (channel, digest)
) WITHOUT ROWID;
CREATE INDEX claims_at ON claims (at);
CREATE TABLE cursors (channel TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (
    digest BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, at INTEGER NOT NULL, epoch INTEGER NOT NULL,
    answer BLOB
) WITHOUT ROWID;
CREATE INDEX keys_at ON keys (at);

-- How many messages there are: kept by triggers, so that nothing ever counts a million rows.
CREATE TABLE tallies (
    flow TEXT NOT NULL, definition INTEGER NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (flow, definition, state)
) WITHOUT ROWID;
CREATE TRIGGER counted_in AFTER INSERT ON messages BEGIN
    INSERT INTO tallies VALUES (NEW.flow, NEW.definition, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER counted_on AFTER UPDATE OF state ON messages WHEN OLD.state <> NEW.state BEGIN
    UPDATE tallies SET count = count - 1
        WHERE flow = OLD.flow AND definition = OLD.definition AND state = OLD.state;
    INSERT INTO tallies VALUES (NEW.flow, NEW.definition, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER marks_end AFTER UPDATE OF state ON messages WHEN NEW.state IN ('done', 'discarded') BEGIN
    DELETE FROM marks WHERE seq = NEW.seq;
END;
CREATE TRIGGER lane_goes_on AFTER UPDATE OF queue ON messages
WHEN NEW.lane IS NOT NULL AND NEW.queue IS NULL AND OLD.queue IS NOT NULL BEGIN
    UPDATE messages SET queue = 1 WHERE queue = 3 AND seq = (
        SELECT seq FROM messages WHERE flow = NEW.flow AND lane = NEW.lane AND queue IS NOT NULL
        ORDER BY place LIMIT 1
    );
END;
CREATE TRIGGER message_goes AFTER DELETE ON messages BEGIN
    UPDATE tallies SET count = count - 1
        WHERE flow = OLD.flow AND definition = OLD.definition AND state = OLD.state;
    DELETE FROM results WHERE seq = OLD.seq;
    DELETE FROM marks WHERE seq = OLD.seq;
    DELETE FROM history WHERE seq = OLD.seq;
    DELETE FROM payloads WHERE id = OLD.payload AND NOT EXISTS (
        SELECT 1 FROM messages AS other WHERE other.seq >= payloads.id
        AND other.seq < payloads.id + payloads.fanout AND other.payload = payloads.id
    );
END;
CREATE TRIGGER payload_goes AFTER DELETE ON payloads WHEN OLD.spool IS NOT NULL BEGIN
    INSERT OR IGNORE INTO unspooled VALUES (OLD.spool);
END;
PRAGMA user_version = 1;
