CREATE TABLE events (
  seq INTEGER PRIMARY KEY,      -- its number in the journal
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  task TEXT,                    -- NULL: about the whole queue
  kind TEXT NOT NULL,
  byte_offset INTEGER NOT NULL, -- where its line is in queue.jsonl
  byte_length INTEGER NOT NULL
);
CREATE TABLE evidence (
  event INTEGER PRIMARY KEY,
  task TEXT,
  command TEXT NOT NULL,
  result TEXT,                  -- pass, fail
  exit_status INTEGER,
  source TEXT,                  -- ran, declared
  commit_id TEXT NOT NULL,
  tree_id TEXT,
  started_at TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  reason TEXT
);
CREATE TABLE handoffs (
  event INTEGER PRIMARY KEY,
  task TEXT,
  owner TEXT NOT NULL,
  model TEXT,
  branch TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  changed_files TEXT NOT NULL,  -- JSON
  risks TEXT NOT NULL,          -- JSON
  next_step TEXT
);
CREATE TABLE reviews (
  event INTEGER PRIMARY KEY,
  task TEXT,
  role TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  model TEXT,
  status TEXT,                  -- approved, changes_requested
  commit_id TEXT NOT NULL,
  diff_digest TEXT NOT NULL,
  note TEXT,
  exception TEXT
);
CREATE TABLE landings (
  event INTEGER PRIMARY KEY,
  task TEXT,
  kind TEXT NOT NULL,           -- landing: about to land; landed
  commit_id TEXT NOT NULL,
  branch TEXT NOT NULL,
  base TEXT NOT NULL,
  base_before TEXT NOT NULL,
  base_after TEXT NOT NULL,
  strategy TEXT NOT NULL,
  remote TEXT
);
CREATE TABLE claims (           -- one row a task: the newest claim that was not given up
  task TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  owner TEXT NOT NULL,
  since TEXT NOT NULL,
  until TEXT NOT NULL,          -- its lease may be over
  lane TEXT,
  event INTEGER NOT NULL
);
CREATE TABLE standings (        -- one row a task that has events
  task TEXT PRIMARY KEY,        -- '': the whole queue
  said TEXT,                    -- blocked, in_progress
  blocked_because TEXT,
  worked INTEGER NOT NULL,      -- work was recorded since the task was last put back to todo
  in_review INTEGER NOT NULL,
  handed_over TEXT,             -- the commit
  done_event INTEGER,           -- what makes it done, as of the base when status, ready or next last looked
  events INTEGER NOT NULL,
  last_event INTEGER,
  last_at TEXT
);
CREATE TABLE definitions (      -- one row a task that is defined
  task TEXT PRIMARY KEY,
  place INTEGER NOT NULL,
  title TEXT NOT NULL,
  issue INTEGER,
  role TEXT,
  priority INTEGER NOT NULL,
  sequence INTEGER,
  depends_on TEXT NOT NULL,     -- JSON
  acceptance_checks TEXT NOT NULL, -- JSON
  added_by INTEGER              -- the event; NULL: defined in a file
);
CREATE TABLE mistakes (
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  column_number INTEGER NOT NULL,
  code TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE VIEW tasks AS
SELECT d.task, d.title, d.issue, d.role, d.priority, d.sequence,
  CASE
    WHEN s.done_event IS NOT NULL THEN 'done'
    WHEN s.said = 'blocked' THEN 'blocked'
    WHEN c.until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') OR s.said IS NOT NULL OR s.worked THEN 'in_progress'
    ELSE 'todo'
  END AS state,
  s.blocked_because,
  iif(s.done_event IS NULL, c.owner, NULL) AS owner,
  iif(s.done_event IS NULL, c.until, NULL) AS claimed_until,
  coalesce(s.in_review, 0) AND s.done_event IS NULL AS in_review,
  s.handed_over, s.done_event, coalesce(s.events, 0) AS events, s.last_event, s.last_at,
  d.depends_on, d.added_by
FROM definitions d LEFT JOIN standings s USING (task) LEFT JOIN claims c USING (task)
ORDER BY d.priority, d.sequence IS NULL, d.sequence, d.place;
-- What the tool itself reads; each piece has a checksum.
CREATE TABLE packed (place INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
