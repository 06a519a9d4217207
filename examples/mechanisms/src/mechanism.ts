import type { AccessErrorCode } from '@countersign/token';

/** One request as its receiver sees it. */
export interface Call {
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** What the TLS connection proved of the caller, in DER. */
  readonly certificate?: Uint8Array;
}

/** A caller who may call: holds a key, or a token that was issued to it. */
export interface Caller {
  /** All that the caller does for one call, besides sending it. */
  call(): Call | Promise<Call>;
}

/** What follows from a mechanism, in words: it cannot be measured. */
export interface Judgement {
  readonly forger: string;
  readonly stolen: string;
  readonly ended: string;
  readonly choose: string;
}

/** One way to say who calls. */
export interface Mechanism extends Judgement {
  readonly name: string;
  /**
   * Who issues tokens, which callers then use again: nobody, this process, or another that is not
   * measured.
   */
  readonly issuer: 'none' | 'here' | 'elsewhere';
  /** A new caller, with whatever it needs before its first call. */
  caller(): Promise<Caller>;
  /** Lets the call in, or rejects with an AccessError. */
  receive(call: Call): Promise<void>;
  /** A call by somebody who knows all but the secret that it depends on. */
  forge(): Promise<Call>;
  /** What becomes of that. */
  readonly refusal: AccessErrorCode;
}

/** Everybody who plays a part, and the one call they are about: Herald reads a user of Census. */
export const parts = {
  authServer: 'https://auth.example',
  herald: 'https://herald.example/',
  census: 'https://census.example/',
  method: 'GET',
  target: '/user/42/',
  url: 'https://census.example/user/42/',
  scope: 'users:read',
} as const;
