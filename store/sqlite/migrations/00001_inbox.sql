-- +goose Up
-- The events that were taken, by keyed hash (DESIGN 3, D7). Pruned by age.
CREATE TABLE inbox (
  key BLOB NOT NULL PRIMARY KEY,
  at  BIGINT NOT NULL
) WITHOUT ROWID;
CREATE INDEX inbox_at ON inbox (at);

-- +goose Down
DROP TABLE inbox;
