/** A page for a browser. */
export interface Page {
  readonly html: string;
  /** Besides `content-type` and `cache-control`, which are there already. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An application as people know it. */
export interface NamedClient {
  readonly id: string;
  readonly name: string;
}

/** Something went wrong that no application can be told of. */
export interface ErrorPage {
  readonly status: number;
  /** RFC 6749 sections 4.1.2.1 and 5.2, or OpenID Connect. */
  readonly error: string;
  /** A fixed text: nothing of the request is in it. */
  readonly description: string;
}

/** Asks whether to log out. */
export interface LogoutPage {
  /** Where the form is posted to, with `xsrf`; with `logout=yes` by whoever wants to. */
  readonly action: string;
  readonly xsrf: string;
  readonly client: NamedClient | undefined;
  /** Origins that the browser may be sent to afterwards. */
  readonly formTargets: readonly string[];
}

/** The pages that the login engine shows by itself. */
export interface PeoplePages {
  error(page: ErrorPage): Page;
  logout(page: LogoutPage): Page;
  loggedOut(page: { readonly client: NamedClient | undefined }): Page;
}

/** Provider token of `PeoplePages`. */
export const PEOPLE_PAGES = Symbol('auth-server:people-pages');
