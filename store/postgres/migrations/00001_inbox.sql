-- +goose Up
-- The events that were taken, by keyed hash (DESIGN 3, D7). Pruned by age.
CREATE TABLE inbox (
  key BYTEA NOT NULL PRIMARY KEY,
  at  BIGINT NOT NULL
);
CREATE INDEX inbox_at ON inbox (at);

-- +goose Down
DROP TABLE inbox;
