-- +goose Up

-- due is the one next deadline of a signal and clock which term that is; 0 when
-- nothing that is owed has a date. holder is the keyed name of who has it. A
-- drill is an exercise. closed is when it was closed; 0 while it is open.
ALTER TABLE signals ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN clock TEXT NOT NULL DEFAULT '';
ALTER TABLE signals ADD COLUMN holder BLOB;
ALTER TABLE signals ADD COLUMN drill INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
UPDATE signals SET due = read_by, clock = 'read' WHERE read_at = 0;
CREATE INDEX signals_due ON signals (due) WHERE due > 0;
CREATE INDEX signals_open ON signals (received) WHERE closed = 0;

-- What is kept and is about no signal: absences, hours, meetings.
CREATE TABLE registers (
    name    TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Who was shown a reporter, and who read a signal, is looked up by signal.
CREATE INDEX journal_about ON journal (about) WHERE about <> '';

-- +goose Down
DROP INDEX journal_about;
DROP TABLE registers;
DROP INDEX signals_open;
DROP INDEX signals_due;
ALTER TABLE signals DROP COLUMN closed;
ALTER TABLE signals DROP COLUMN drill;
ALTER TABLE signals DROP COLUMN holder;
ALTER TABLE signals DROP COLUMN clock;
ALTER TABLE signals DROP COLUMN due;
