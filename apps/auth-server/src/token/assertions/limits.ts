/** How far the clocks of others may be off, in seconds. */
export const clockTolerance = 10;

/** Longest token or assertion within a request, in bytes. */
export const maxTokenBytes = 8192;
