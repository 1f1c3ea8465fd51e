/** The first layout: which instance of the agent the state belongs to. */
export const LAYOUT_1 = `
CREATE TABLE instance (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER
) STRICT;
`;
