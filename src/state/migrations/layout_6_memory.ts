/**
 * The most memory, MiB, that guests were configured with. What a guest needs of which nobody knows that
 * it ran is told by that, however often it was changed since. Of guests of before it is taken from
 * what the journal's changes began with.
 */
export const LAYOUT_6_MEMORY = `
CREATE TABLE guest_memory (
  vmid INTEGER PRIMARY KEY,
  mib INTEGER NOT NULL,
  noted_at INTEGER NOT NULL
) STRICT;

INSERT INTO guest_memory (vmid, mib, noted_at)
SELECT vmid, MAX(mib), MAX(at) FROM (
  SELECT o.vmid AS vmid, t.at AS at, json_extract(t.detail, '$.before.live.memory') AS mib
  FROM operation o JOIN transition t ON t.operation = o.seq
  WHERE o.kind = 'guest.settings' AND o.vmid IS NOT NULL AND json_valid(t.detail)
    AND json_type(t.detail, '$.before.live.memory') = 'integer'
    AND o.created_at >= COALESCE((SELECT MAX(MAX(made_at, COALESCE(gone_at, 0)))
      FROM guest_made g WHERE g.vmid = o.vmid), 0)
) GROUP BY vmid;
`;
