-- +goose Up

-- That a signal is erased soon stands in the bundle of a day, and of its warnings
-- only the next is planned.
DELETE FROM notices WHERE kind = 'expiring' AND done = 0 AND (
    EXISTS (SELECT 1 FROM notices e WHERE e.about = notices.about AND e.kind = 'expiring' AND e.done = 0
        AND (e.due < notices.due OR e.due = notices.due AND e.n < notices.n))
    OR NOT EXISTS (SELECT 1 FROM signals s WHERE s.ref = notices.about AND s.erase_at > 0 AND s.hold = 0));
UPDATE notices SET role = 'concerned', bundle = 1, next = due WHERE kind = 'expiring' AND done = 0;

-- +goose Down
UPDATE notices SET role = 'officers', bundle = 0 WHERE kind = 'expiring' AND done = 0;
