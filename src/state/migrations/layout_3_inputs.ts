/**
 * The audit chain with links taken out of its middle. Each row has a class, by which it is kept; in
 * the place of links that were pruned stands a gap, with the hash before it and the hash after it, so
 * that the chain is followed over it. No hash and nothing hashed is changed.
 */
export const LAYOUT_3_INPUTS = `
ALTER TABLE audit ADD COLUMN class TEXT NOT NULL DEFAULT 'benign';
UPDATE audit SET class = CASE
  WHEN kind = 'audit.pruned' THEN 'chain'
  WHEN kind = 'state.acknowledged' THEN 'acknowledged'
  WHEN NOT json_valid(body) THEN 'benign'
  WHEN kind IN ('gate.permitted', 'gate.authorised')
    AND json_extract(body, '$.action.kind') = 'signers.rotate' THEN 'trust'
  WHEN kind = 'gate.authorised' THEN 'signed'
  WHEN kind = 'gate.permitted' AND json_extract(body, '$.authorisation') IS NOT NULL THEN 'signed'
  WHEN kind = 'gate.permitted' AND json_extract(body, '$.action.kind') IN ('guest.delete_snapshot',
    'guest.rollback', 'guest.prune', 'guest.restore_over', 'guest.destroy') THEN 'irreversible'
  WHEN kind LIKE 'gate.%' AND json_extract(body, '$.door') = 'authorise' THEN 'submission'
  WHEN kind IN ('gate.refused', 'gate.pending_signature', 'audit.suppressed') THEN 'refused'
  ELSE 'benign' END;
CREATE INDEX audit_class ON audit (class, seq);

CREATE TABLE audit_gap (
  last INTEGER PRIMARY KEY,
  first INTEGER NOT NULL,
  previous BLOB NOT NULL CHECK (length(previous) = 32), -- hash of the link before the first
  hash BLOB NOT NULL CHECK (length(hash) = 32), -- hash of the last link
  CHECK (first <= last)
) STRICT;
INSERT INTO audit_gap (last, first, previous, hash)
  SELECT seq, 1, zeroblob(32), hash FROM audit_anchor WHERE seq > 0;
DROP TABLE audit_anchor;

CREATE TABLE audit_export (
  seq INTEGER PRIMARY KEY,
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  at INTEGER NOT NULL
) STRICT;
`;
