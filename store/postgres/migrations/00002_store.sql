-- +goose Up

-- What stands here in the open is references, statuses, dates, counts and
-- keyed hashes. Everything else is sealed by package store.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE sessions (
    person  BYTEA    NOT NULL PRIMARY KEY,
    flow    TEXT    NOT NULL,
    version TEXT    NOT NULL,
    rev     BIGINT NOT NULL,
    shown   BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    nudge   BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    sealed  BYTEA    NOT NULL
);
CREATE INDEX sessions_nudge ON sessions (nudge) WHERE nudge > 0;
CREATE INDEX sessions_expires ON sessions (expires) WHERE expires > 0;

CREATE TABLE profiles (
    person  BYTEA    NOT NULL PRIMARY KEY,
    touched BIGINT NOT NULL,
    sealed  BYTEA    NOT NULL
);

CREATE TABLE signals (
    ref      TEXT    NOT NULL PRIMARY KEY,
    status   TEXT    NOT NULL,
    urgency  TEXT    NOT NULL,
    received BIGINT NOT NULL,
    read_by  BIGINT NOT NULL,
    read_at  BIGINT NOT NULL,
    direct   BIGINT NOT NULL,
    version  BIGINT NOT NULL
);
CREATE INDEX signals_received ON signals (received);
CREATE INDEX signals_unread ON signals (read_by) WHERE read_at = 0;

-- The keys have a table of their own, so that a backup can leave them out.
CREATE TABLE keys (
    signal TEXT    NOT NULL PRIMARY KEY,
    key_id BIGINT NOT NULL,
    sealed BYTEA    NOT NULL
);

CREATE TABLE fields (
    signal TEXT NOT NULL,
    name   TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (signal, name)
);

CREATE TABLE leftout (
    signal TEXT NOT NULL,
    who    BYTEA NOT NULL,
    PRIMARY KEY (signal, who)
);

CREATE TABLE assigned (
    who    BYTEA NOT NULL,
    signal TEXT NOT NULL,
    PRIMARY KEY (who, signal)
);
CREATE INDEX assigned_signal ON assigned (signal);

CREATE TABLE marks (
    hash   BYTEA NOT NULL,
    signal TEXT NOT NULL,
    class  TEXT NOT NULL,
    PRIMARY KEY (hash, signal)
);
CREATE INDEX marks_signal ON marks (signal);

CREATE TABLE reporters (
    signal   TEXT NOT NULL PRIMARY KEY,
    who      BYTEA NOT NULL,
    number   BYTEA NOT NULL UNIQUE,
    delivery BYTEA NOT NULL,
    identity BYTEA NOT NULL
);
CREATE INDEX reporters_who ON reporters (who);

-- What remains of an erased signal. scrubbed is 1 once the database's own
-- files no longer hold the key either.
CREATE TABLE erased (
    ref      TEXT    NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    scrubbed BIGINT NOT NULL
);
CREATE INDEX erased_unscrubbed ON erased (ref) WHERE scrubbed = 0;

-- next is when it may be claimed: due, the end of a lease, or a later try.
CREATE TABLE notices (
    key   TEXT    NOT NULL PRIMARY KEY,
    kind  TEXT    NOT NULL,
    about TEXT    NOT NULL,
    n     BIGINT NOT NULL,
    role  TEXT    NOT NULL,
    due   BIGINT NOT NULL,
    next  BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    done  BIGINT NOT NULL
);
CREATE INDEX notices_next ON notices (next) WHERE done = 0;
CREATE INDEX notices_about ON notices (about);

CREATE TABLE tokens (
    hash     BYTEA    NOT NULL PRIMARY KEY,
    about    BYTEA,
    expires  BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    sealed   BYTEA    NOT NULL
);
CREATE INDEX tokens_about ON tokens (about) WHERE about IS NOT NULL;
CREATE INDEX tokens_expires ON tokens (expires) WHERE expires > 0;

CREATE TABLE journal (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce   BYTEA    NOT NULL UNIQUE,
    at      BIGINT NOT NULL,
    action  TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    about   TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    reason  BYTEA,
    mac     BYTEA    NOT NULL,
    seq     BIGINT UNIQUE,
    chain   BYTEA
);
CREATE INDEX journal_unsealed ON journal (id) WHERE seq IS NULL;

CREATE TABLE memory (
    seq    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope  BYTEA    NOT NULL,
    key    BYTEA    NOT NULL,
    until  BIGINT NOT NULL,
    sealed BYTEA    NOT NULL,
    UNIQUE (scope, key)
);
CREATE INDEX memory_scope ON memory (scope, seq);
CREATE INDEX memory_until ON memory (until) WHERE until > 0;

CREATE TABLE flows (
    hash TEXT    NOT NULL PRIMARY KEY,
    name TEXT    NOT NULL,
    at   BIGINT NOT NULL,
    body BYTEA    NOT NULL
);

CREATE TABLE counts (
    name   TEXT    NOT NULL,
    period TEXT    NOT NULL,
    n      BIGINT NOT NULL,
    PRIMARY KEY (name, period)
);

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
