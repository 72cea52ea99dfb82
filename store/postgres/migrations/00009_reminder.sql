-- +goose Up

-- bundle says how a notice is sent: 0 by itself, 1 it waits for a day's bundle,
-- else it stands in the bundle of that day (yyyymmdd). snoozed is how often the
-- present deadline of its signal was put off.
ALTER TABLE notices ADD COLUMN bundle BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN snoozed BIGINT NOT NULL DEFAULT 0;
DROP INDEX notices_next;
CREATE INDEX notices_next ON notices (next) WHERE done = 0 AND bundle = 0;
CREATE INDEX notices_waiting ON notices (next) WHERE done = 0 AND bundle = 1;
CREATE INDEX notices_bundle ON notices (bundle) WHERE done = 0 AND bundle > 1;

-- Deadlines that were set before there were reminders, and the alarm that a
-- reminder takes the place of.
INSERT INTO notices (key, kind, about, n, role, due, next, tries, fence, done, bundle, snoozed)
    SELECT 'duty|' || ref || '|1', 'duty', ref, 1, 'concerned', due, due, 0, 0, 0, 1, 0 FROM signals WHERE due > 0;
UPDATE notices SET done = 1 WHERE kind = 'unread';

-- +goose Down
DELETE FROM notices WHERE bundle > 0 OR role = 'concerned';
DROP INDEX notices_bundle;
DROP INDEX notices_waiting;
DROP INDEX notices_next;
CREATE INDEX notices_next ON notices (next) WHERE done = 0;
ALTER TABLE notices DROP COLUMN snoozed;
ALTER TABLE notices DROP COLUMN bundle;
