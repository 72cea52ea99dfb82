-- +goose Up

-- The event's id, sealed, from which a rotation of keys makes its name anew.
-- Rows from before have none; they are pruned after a week.
ALTER TABLE inbox ADD COLUMN sealed BYTEA;

-- +goose Down
ALTER TABLE inbox DROP COLUMN sealed;
