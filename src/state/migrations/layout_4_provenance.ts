/**
 * Provenance expires: what a guest's mark is good for ends with its first run, and with its first name
 * in a desired state. Of guests that were made before, nobody noted how their configuration was.
 */
export const LAYOUT_4_PROVENANCE = `
ALTER TABLE guest_made ADD COLUMN digest TEXT;
ALTER TABLE guest_made ADD COLUMN ran_at INTEGER;
ALTER TABLE guest_made ADD COLUMN desired_at INTEGER;
`;
