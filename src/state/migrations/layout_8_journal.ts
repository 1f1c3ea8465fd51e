/**
 * A guest's own rows are found without a walk over the journal: whoever asks how far the host is has each
 * waiting guest's last request looked up.
 */
export const LAYOUT_8_JOURNAL = `
CREATE INDEX operation_guest ON operation (vmid) WHERE vmid IS NOT NULL;
`;
