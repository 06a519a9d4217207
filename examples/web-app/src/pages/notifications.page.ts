import { page, type PageValues } from './layout.js';

/** What the page of somebody who is logged in shows. */
export interface NotificationsPage {
  readonly user: { readonly name: string; readonly uri: string };
  readonly formToken: string;
  /** New for each page. */
  readonly key: string;
  readonly hasPending: boolean;
  readonly notifications: readonly {
    readonly id: string;
    readonly state: string;
    readonly says: string;
    readonly at: string;
    readonly time: string;
  }[];
}

const render = page<NotificationsPage & PageValues>(`
<section class="card">
<h1>Hello, {{user.name}}</h1>
<p class="small">The services behind this page act for you, <code>{{user.uri}}</code>, and for nobody else.</p>
<form id="send" method="post" action="/notifications">
<input type="hidden" name="form_token" value="{{formToken}}">
<input type="hidden" name="key" value="{{key}}">
<button class="button">Send me a notification</button>
</form>
</section>
<section class="card">
<h2>Your notifications</h2>
{{#if notifications}}
<ul class="list">
{{#each notifications}}
<li><span class="state {{state}}">{{says}}</span> <time datetime="{{at}}">{{time}}</time> <code>{{id}}</code></li>
{{/each}}
</ul>
{{#if hasPending}}<p><a href="/notifications">Look again</a></p>{{/if}}
{{else}}
<p>None yet.</p>
{{/if}}
</section>
`);

/** The page of somebody who is logged in. */
export function notificationsPage(values: NotificationsPage): string {
  return render({ ...values, title: 'Your notifications' });
}
