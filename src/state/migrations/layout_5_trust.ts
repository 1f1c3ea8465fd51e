/**
 * What a state that was restored is told by, and what a file of signers may bring back. Times are
 * epoch milliseconds.
 *
 * `noted_task` has the agent's own tasks that the node lists and the journal does not have: those of
 * before the state was made, those of answers that were lost, those of rows that were pruned, and
 * those that raised a doubt.
 */
export const LAYOUT_5_TRUST = `
ALTER TABLE instance ADD COLUMN reseeded_at INTEGER; -- NULL: root has not reseeded this instance
ALTER TABLE instance ADD COLUMN tasks_noted_at INTEGER; -- NULL: the node's tasks were never looked at

CREATE TABLE noted_task (
  upid TEXT PRIMARY KEY,
  why TEXT NOT NULL CHECK (why IN ('before', 'explained', 'pruned', 'doubted', 'acknowledged')),
  noted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signers_file (
  role TEXT PRIMARY KEY CHECK (role IN ('operational', 'recovery')),
  digest TEXT NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
