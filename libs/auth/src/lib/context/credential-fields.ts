/** The header fields, or members of metadata, in which a token may stand. @internal */
export const credentialFields: ReadonlySet<string> = new Set(['authorization', 'jwt', 'token']);
