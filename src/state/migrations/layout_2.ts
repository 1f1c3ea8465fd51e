/**
 * The journal and what stands beside it. Times are epoch milliseconds; columns that hold JSON say so.
 *
 * Only an operation has rows that hang on it (foreign keys): nonces, provenance and the audit chain
 * outlive it, and name it by its id.
 */
export const LAYOUT_2 = `
ALTER TABLE instance ADD COLUMN doubted_at INTEGER;
ALTER TABLE instance ADD COLUMN doubt TEXT;

CREATE TABLE agent_transaction (
  id TEXT PRIMARY KEY,
  vmid INTEGER,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  outcome TEXT NOT NULL CHECK (outcome IN ('open', 'committed', 'rolled_back')),
  CHECK ((outcome = 'open') = (closed_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_transaction_open ON agent_transaction (opened_at) WHERE outcome = 'open';

CREATE TABLE operation (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  transaction_id TEXT REFERENCES agent_transaction (id), -- NULL: it stands alone
  step INTEGER NOT NULL,
  compensates TEXT REFERENCES operation (id),
  vmid INTEGER,
  kind TEXT NOT NULL,
  action TEXT NOT NULL, -- JSON
  origin TEXT NOT NULL CHECK (origin IN ('desired', 'job', 'selftest', 'recovery')),
  evidence TEXT NOT NULL, -- JSON
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('authorised', 'started', 'task_running', 'succeeded', 'failed', 'unknown', 'abandoned')),
  changed_at INTEGER NOT NULL,
  transitions INTEGER NOT NULL,
  upid TEXT
) STRICT;
CREATE INDEX operation_open ON operation (vmid)
  WHERE state IN ('authorised', 'started', 'task_running');
CREATE INDEX operation_transaction ON operation (transaction_id, step)
  WHERE transaction_id IS NOT NULL;
CREATE INDEX operation_kind ON operation (kind, created_at);
CREATE INDEX operation_compensates ON operation (compensates) WHERE compensates IS NOT NULL;

CREATE TABLE transition (
  operation INTEGER NOT NULL REFERENCES operation (seq) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  upid TEXT,
  detail TEXT, -- JSON
  PRIMARY KEY (operation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE signed_document (
  operation INTEGER PRIMARY KEY REFERENCES operation (seq) ON DELETE CASCADE,
  bytes BLOB NOT NULL,
  signatures TEXT NOT NULL, -- JSON
  nonce TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE nonce (
  nonce TEXT PRIMARY KEY,
  operation TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_expires ON nonce (expires_at);

CREATE TABLE guest_made (
  id INTEGER PRIMARY KEY,
  vmid INTEGER NOT NULL,
  transaction_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  creation_upid TEXT,
  volumes TEXT NOT NULL, -- JSON
  macs TEXT NOT NULL, -- JSON
  made_at INTEGER NOT NULL,
  scratch_until INTEGER,
  scratch_lost_at INTEGER,
  gone_at INTEGER
) STRICT;
CREATE UNIQUE INDEX guest_made_there ON guest_made (vmid) WHERE gone_at IS NULL;

CREATE TABLE snapshot_made (
  id INTEGER PRIMARY KEY,
  vmid INTEGER NOT NULL,
  name TEXT NOT NULL,
  snaptime INTEGER NOT NULL, -- epoch seconds, as Proxmox tells it
  digest TEXT,
  stopped_throughout INTEGER NOT NULL CHECK (stopped_throughout IN (0, 1)),
  transaction_id TEXT NOT NULL,
  operation TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  gone_at INTEGER
) STRICT;
CREATE UNIQUE INDEX snapshot_made_there ON snapshot_made (vmid, name) WHERE gone_at IS NULL;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL, -- canonical JSON
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE audit_anchor (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE pending (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- an operator names it: never given twice
  source TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  vmid INTEGER,
  document TEXT NOT NULL,
  reason TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (source, key)
) STRICT;
CREATE INDEX pending_expires ON pending (expires_at);

CREATE TABLE signer_set (
  role TEXT NOT NULL CHECK (role IN ('operational', 'recovery')),
  sequence INTEGER NOT NULL,
  digest TEXT NOT NULL,
  previous TEXT,
  content TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('file', 'rotation')),
  operation TEXT,
  installed_at INTEGER NOT NULL,
  PRIMARY KEY (role, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE desired_revision (
  seq INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  revision TEXT NOT NULL,
  digest TEXT NOT NULL,
  document TEXT NOT NULL,
  accepted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX desired_revision_provider ON desired_revision (provider, seq);

CREATE TABLE quarantine (
  vmid INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  revision TEXT NOT NULL,
  failures INTEGER NOT NULL,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;

CREATE TABLE time_mark (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  at INTEGER NOT NULL
) STRICT;

PRAGMA application_id = 1178946632;
`;
