const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new TypeError(`${name} is not set: start this server through the benchmark`);
  return value;
};

/** Which HTTP adapter of Nest: `fastify` unless told. */
export const adapterName = process.env['BENCH_ADAPTER'] ?? 'fastify';
/** `iss` of the benchmark's tokens. */
export const issuerUrl = required('BENCH_ISSUER');
/** Where the issuer's keys are served. */
export const jwksUrl = required('BENCH_JWKS');
/** `aud` of the benchmark's tokens. */
export const audience = required('BENCH_AUDIENCE');
