-- +goose Up

-- What the overview picks, each flat however many signals there are.
CREATE INDEX signals_clock ON signals (clock, due) WHERE due > 0;
CREATE INDEX signals_holder ON signals (holder, due) WHERE holder IS NOT NULL;
CREATE INDEX signals_nobody ON signals (due, received) WHERE holder IS NULL AND closed = 0;
CREATE INDEX signals_closed ON signals (closed) WHERE closed > 0;
CREATE INDEX signals_direct ON signals (ref) WHERE direct = 1;

-- +goose Down
DROP INDEX signals_direct;
DROP INDEX signals_closed;
DROP INDEX signals_nobody;
DROP INDEX signals_holder;
DROP INDEX signals_clock;
