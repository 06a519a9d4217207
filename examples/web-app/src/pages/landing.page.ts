import { page, type PageValues } from './layout.js';

const render = page<PageValues & { readonly hasEnded: boolean }>(`
<section class="card">
{{#if hasEnded}}<p class="notice" role="status">You are not logged in any more. Log in to go on.</p>{{/if}}
<h1>A note to yourself, by mail</h1>
<p>Log in, press one button, and a notification is on its way to your own mailbox.</p>
<p><a class="button" href="/login">Log in</a></p>
<p class="small">You give your password to the log-in page only, never to this application.</p>
</section>
`);

/** What somebody sees who is not logged in. */
export function landingPage(hasEnded: boolean): string {
  return render({ title: 'Welcome', hasEnded });
}
