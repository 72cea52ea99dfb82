-- +goose Up

-- What stands here in the open is references, statuses, dates, counts and
-- keyed hashes. Everything else is sealed by package store.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    person  BLOB    NOT NULL PRIMARY KEY,
    flow    TEXT    NOT NULL,
    version TEXT    NOT NULL,
    rev     INTEGER NOT NULL,
    shown   INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    nudge   INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    sealed  BLOB    NOT NULL
) STRICT;
CREATE INDEX sessions_nudge ON sessions (nudge) WHERE nudge > 0;
CREATE INDEX sessions_expires ON sessions (expires) WHERE expires > 0;

CREATE TABLE profiles (
    person  BLOB    NOT NULL PRIMARY KEY,
    touched INTEGER NOT NULL,
    sealed  BLOB    NOT NULL
) STRICT;

CREATE TABLE signals (
    ref      TEXT    NOT NULL PRIMARY KEY,
    status   TEXT    NOT NULL,
    urgency  TEXT    NOT NULL,
    received INTEGER NOT NULL,
    read_by  INTEGER NOT NULL,
    read_at  INTEGER NOT NULL,
    direct   INTEGER NOT NULL,
    version  INTEGER NOT NULL
) STRICT;
CREATE INDEX signals_received ON signals (received);
CREATE INDEX signals_unread ON signals (read_by) WHERE read_at = 0;

-- The keys have a table of their own, so that a backup can leave them out.
CREATE TABLE keys (
    signal TEXT    NOT NULL PRIMARY KEY,
    key_id INTEGER NOT NULL,
    sealed BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE fields (
    signal TEXT NOT NULL,
    name   TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (signal, name)
) STRICT;

CREATE TABLE leftout (
    signal TEXT NOT NULL,
    who    BLOB NOT NULL,
    PRIMARY KEY (signal, who)
) STRICT, WITHOUT ROWID;

CREATE TABLE assigned (
    who    BLOB NOT NULL,
    signal TEXT NOT NULL,
    PRIMARY KEY (who, signal)
) STRICT, WITHOUT ROWID;
CREATE INDEX assigned_signal ON assigned (signal);

CREATE TABLE marks (
    hash   BLOB NOT NULL,
    signal TEXT NOT NULL,
    class  TEXT NOT NULL,
    PRIMARY KEY (hash, signal)
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_signal ON marks (signal);

CREATE TABLE reporters (
    signal   TEXT NOT NULL PRIMARY KEY,
    who      BLOB NOT NULL,
    number   BLOB NOT NULL UNIQUE,
    delivery BLOB NOT NULL,
    identity BLOB NOT NULL
) STRICT;
CREATE INDEX reporters_who ON reporters (who);

-- What remains of an erased signal. scrubbed is 1 once the database's own
-- files no longer hold the key either.
CREATE TABLE erased (
    ref      TEXT    NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    scrubbed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erased_unscrubbed ON erased (ref) WHERE scrubbed = 0;

-- next is when it may be claimed: due, the end of a lease, or a later try.
CREATE TABLE notices (
    key   TEXT    NOT NULL PRIMARY KEY,
    kind  TEXT    NOT NULL,
    about TEXT    NOT NULL,
    n     INTEGER NOT NULL,
    role  TEXT    NOT NULL,
    due   INTEGER NOT NULL,
    next  INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    done  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_next ON notices (next) WHERE done = 0;
CREATE INDEX notices_about ON notices (about);

CREATE TABLE tokens (
    hash     BLOB    NOT NULL PRIMARY KEY,
    about    BLOB,
    expires  INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    sealed   BLOB    NOT NULL
) STRICT;
CREATE INDEX tokens_about ON tokens (about) WHERE about IS NOT NULL;
CREATE INDEX tokens_expires ON tokens (expires) WHERE expires > 0;

CREATE TABLE journal (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce   BLOB    NOT NULL UNIQUE,
    at      INTEGER NOT NULL,
    action  TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    about   TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    reason  BLOB,
    mac     BLOB    NOT NULL,
    seq     INTEGER UNIQUE,
    chain   BLOB
) STRICT;
CREATE INDEX journal_unsealed ON journal (id) WHERE seq IS NULL;

CREATE TABLE memory (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    scope  BLOB    NOT NULL,
    key    BLOB    NOT NULL,
    until  INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    UNIQUE (scope, key)
) STRICT;
CREATE INDEX memory_scope ON memory (scope, seq);
CREATE INDEX memory_until ON memory (until) WHERE until > 0;

CREATE TABLE flows (
    hash TEXT    NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    body BLOB    NOT NULL
) STRICT;

CREATE TABLE counts (
    name   TEXT    NOT NULL,
    period TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (name, period)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE counts;
DROP TABLE flows;
DROP TABLE memory;
DROP TABLE journal;
DROP TABLE tokens;
DROP TABLE notices;
DROP TABLE erased;
DROP TABLE reporters;
DROP TABLE marks;
DROP TABLE assigned;
DROP TABLE leftout;
DROP TABLE fields;
DROP TABLE keys;
DROP TABLE signals;
DROP TABLE profiles;
DROP TABLE sessions;
DROP TABLE meta;
