/** One connection to the helper. */
export interface HelperSocket {
  /** Resolves to the bytes read, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Resolves to the bytes written. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends whatever read or write waits. */
  close(): void;
}

/** Opens a connection to the helper's socket. Passed in: this folder opens nothing itself. */
export type ConnectHelper = () => Promise<HelperSocket>;
