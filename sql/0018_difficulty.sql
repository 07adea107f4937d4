-- How hard the work of an activity is, 1 to 5, as its coordinator says; 0: nobody said.
ALTER TABLE activities ADD COLUMN IF NOT EXISTS difficulty TINYINT UNSIGNED NOT NULL DEFAULT 0;
