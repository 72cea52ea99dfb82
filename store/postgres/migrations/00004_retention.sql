-- +goose Up

-- erase_at is from when a signal is erased, and reporter_until from when it is
-- no longer kept who reported; 0 is no date. hold keeps all of it. anonymous
-- says that who reported was removed.
ALTER TABLE signals ADD COLUMN erase_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN reporter_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN hold BIGINT NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN anonymous BIGINT NOT NULL DEFAULT 0;
CREATE INDEX signals_erase ON signals (erase_at, ref) WHERE erase_at > 0 AND hold = 0;
CREATE INDEX signals_reporter ON signals (reporter_until, ref) WHERE reporter_until > 0 AND hold = 0 AND anonymous = 0;

-- A draft about a signal, by the signal's keyed name, goes with it.
ALTER TABLE sessions ADD COLUMN about BYTEA;
CREATE INDEX sessions_about ON sessions (about) WHERE about IS NOT NULL;

-- The destruction record of an erased signal: why, and a number and a signature
-- once the database's own files no longer hold the key.
DROP INDEX erased_unscrubbed;
ALTER TABLE erased DROP COLUMN scrubbed;
ALTER TABLE erased ADD COLUMN ground TEXT NOT NULL DEFAULT 'withdrawn';
ALTER TABLE erased ADD COLUMN n BIGINT NOT NULL DEFAULT 0;
ALTER TABLE erased ADD COLUMN signature BYTEA;
CREATE UNIQUE INDEX erased_n ON erased (n) WHERE n > 0;
CREATE INDEX erased_unsigned ON erased (ref) WHERE signature IS NULL;

-- +goose Down
DROP INDEX erased_unsigned;
DROP INDEX erased_n;
ALTER TABLE erased DROP COLUMN signature;
ALTER TABLE erased DROP COLUMN n;
ALTER TABLE erased DROP COLUMN ground;
ALTER TABLE erased ADD COLUMN scrubbed BIGINT NOT NULL DEFAULT 1;
CREATE INDEX erased_unscrubbed ON erased (ref) WHERE scrubbed = 0;
DROP INDEX sessions_about;
ALTER TABLE sessions DROP COLUMN about;
DROP INDEX signals_reporter;
DROP INDEX signals_erase;
ALTER TABLE signals DROP COLUMN anonymous;
ALTER TABLE signals DROP COLUMN hold;
ALTER TABLE signals DROP COLUMN reporter_until;
ALTER TABLE signals DROP COLUMN erase_at;
