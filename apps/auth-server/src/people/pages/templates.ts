/**
 * The pages, in Handlebars. No page needs a script. Every field has a label, what is wrong is said at
 * the top with links to the fields and again at each field, and ids are stable: tests go by them.
 */

/** Something wrong, said at the top; with the id of its field, if it has one. */
export interface PageError {
  readonly field?: string;
  readonly text: string;
}

interface Form {
  /** Where the form is posted to. */
  readonly action: string;
  /** See `FormTokens`. */
  readonly csrf: string;
  readonly errors?: readonly PageError[] | undefined;
}

/** Something that an application asks for. */
export interface AskedOf {
  readonly text: string;
  /** The name of the scope, for who knows it. */
  readonly scope: string;
}

/** What each page is made from. */
export interface Pages {
  readonly login: Form & {
    readonly title: string;
    readonly client: string;
    readonly email: string;
    readonly wrong: boolean;
    readonly forgotten: string;
    readonly cancel: string;
    /** The token of the form that leaves. */
    readonly cancelCsrf: string;
    readonly notice?: string | undefined;
  };
  readonly consent: Form & {
    readonly title: string;
    readonly client: string;
    readonly email: string;
    readonly asks: readonly AskedOf[];
    readonly target: string;
  };
  readonly forgotten: Form & {
    readonly title: string;
    readonly email: string;
    readonly problem?: string | undefined;
  };
  readonly newPassword: Form & {
    readonly title: string;
    readonly lead: string;
    readonly email: string;
    readonly least: number;
    readonly button: string;
    readonly problem?: string | undefined;
    readonly repeatProblem?: string | undefined;
  };
  readonly logout: {
    readonly title: string;
    readonly action: string;
    readonly xsrf: string;
    readonly client?: string | undefined;
  };
  readonly message: {
    readonly title: string;
    readonly paragraphs: readonly string[];
    readonly isGood?: boolean;
    readonly code?: string | undefined;
    readonly link?: { readonly href: string; readonly text: string } | undefined;
  };
}

/** What pages share. */
export const partials = {
  csrf: `<input type="hidden" name="csrf" value="{{csrf}}">`,
  summary: `{{#if errors}}
<div class="summary" id="errors" role="alert" tabindex="-1" aria-labelledby="errors-title">
<h2 id="errors-title">There is a problem</h2>
<ul>
{{#each errors}}<li>{{#if field}}<a href="#{{field}}">{{text}}</a>{{else}}{{text}}{{/if}}</li>
{{/each}}</ul>
</div>
{{/if}}`,
} as const;

/** What stands in `main`. */
export const bodies: Readonly<Record<keyof Pages, string>> = {
  login: `
<h1>{{title}}</h1>
<p class="lead">to continue to <strong>{{client}}</strong></p>
{{#if notice}}<div class="notice" role="status"><p>{{notice}}</p></div>{{/if}}
{{> summary}}
<form id="login" method="post" action="{{action}}" novalidate>
{{> csrf}}
<div class="field">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254" value="{{email}}"{{#if wrong}} aria-invalid="true" aria-describedby="errors"{{/if}}{{#unless email}} autofocus{{/unless}}>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"{{#if wrong}} aria-invalid="true" aria-describedby="errors"{{/if}}{{#if email}} autofocus{{/if}}>
</div>
<button id="submit" type="submit">Log in</button>
</form>
<p class="after"><a id="forgotten" href="{{forgotten}}">Forgotten your password?</a></p>
<form id="cancel-form" method="post" action="{{cancel}}">
<input type="hidden" name="csrf" value="{{cancelCsrf}}">
<button id="cancel" class="second" type="submit">Cancel</button>
</form>`,
  consent: `
<h1>{{title}}</h1>
<p class="lead"><strong>{{client}}</strong> asks for this on behalf of <strong>{{email}}</strong>:</p>
{{> summary}}
<ul class="asks" id="asks">
{{#each asks}}<li>{{text}} <code>{{scope}}</code></li>
{{/each}}</ul>
<form id="consent" method="post" action="{{action}}">
{{> csrf}}
<button id="allow" name="decision" value="allow" type="submit">Allow</button>
<button id="deny" class="second" name="decision" value="deny" type="submit">Do not allow</button>
</form>
<p class="after">You will go on to {{target}}</p>`,
  forgotten: `
<h1>{{title}}</h1>
<p class="lead">Tell us the address you log in with, and we send a link to set a new one.</p>
{{> summary}}
<form id="reset" method="post" action="{{action}}" novalidate>
{{> csrf}}
<div class="field">
<label for="email">E-mail</label>
{{#if problem}}<span class="wrong" id="email-problem">{{problem}}</span>{{/if}}
<input id="email" name="email" type="email" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="254" value="{{email}}"{{#if problem}} aria-invalid="true" aria-describedby="email-problem"{{/if}} autofocus>
</div>
<button id="submit" type="submit">Send the link</button>
</form>`,
  newPassword: `
<h1>{{title}}</h1>
<p class="lead">{{lead}}</p>
{{> summary}}
<form id="new-password" method="post" action="{{action}}" novalidate>
{{> csrf}}
<div class="field">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" readonly value="{{email}}">
</div>
<div class="field">
<label for="password">New password</label>
<span class="hint" id="password-hint">At least {{least}} characters. A few words you make up are good; so is what a password manager makes.</span>
{{#if problem}}<span class="wrong" id="password-problem">{{problem}}</span>{{/if}}
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="{{least}}" maxlength="1024" aria-describedby="password-hint{{#if problem}} password-problem{{/if}}"{{#if problem}} aria-invalid="true"{{/if}} autofocus>
</div>
<div class="field">
<label for="repeat">The same again</label>
{{#if repeatProblem}}<span class="wrong" id="repeat-problem">{{repeatProblem}}</span>{{/if}}
<input id="repeat" name="repeat" type="password" autocomplete="new-password" required maxlength="1024"{{#if repeatProblem}} aria-invalid="true" aria-describedby="repeat-problem"{{/if}}>
</div>
<button id="submit" type="submit">{{button}}</button>
</form>`,
  logout: `
<h1>{{title}}</h1>
<p class="lead">{{#if client}}<strong>{{client}}</strong> asks to log you out here, and in what you logged in to from here.{{else}}You will be logged out here, and in what you logged in to from here.{{/if}}</p>
<form id="logout" method="post" action="{{action}}">
<input type="hidden" name="xsrf" value="{{xsrf}}">
<button id="yes" name="logout" value="yes" type="submit" autofocus>Log out</button>
<button id="no" class="second" type="submit">Stay logged in</button>
</form>`,
  message: `
<h1>{{title}}</h1>
<div id="message"{{#if isGood}} role="status"{{/if}}>
{{#each paragraphs}}<p>{{this}}</p>
{{/each}}</div>
{{#if code}}<p class="code">Code: <code id="code">{{code}}</code></p>{{/if}}
{{#if link}}<p class="after"><a id="go-on" href="{{link.href}}">{{link.text}}</a></p>{{/if}}`,
};
