/** How far the clocks of others may be off, in seconds. */
export const clockTolerance = 10;

/** How long a DPoP proof may be used, in seconds. */
export const proofLifetime = 60;

/** Longest token or assertion within a request, in bytes. */
export const maxTokenBytes = 8192;
