/**
 * Scratch is known by the configuration that the agent's own steps left it with, not by that which it was
 * made with; and it is told why it is scratch no more. Of rows of before, nothing is known but the first.
 */
export const LAYOUT_7_SCRATCH = `
ALTER TABLE guest_made ADD COLUMN last_digest TEXT;
ALTER TABLE guest_made ADD COLUMN scratch_lost_why TEXT;
UPDATE guest_made SET last_digest = digest;
`;
