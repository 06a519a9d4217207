import { page, type PageValues } from './layout.js';

/** What went wrong, for a person. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** What to do about it. */
  readonly action: { readonly href: string; readonly label: string };
  /** Under which a service behind this application explains a refusal in its log. */
  readonly decision?: string | undefined;
}

const render = page<Problem & PageValues>(`
<section class="card">
<h1>{{title}}</h1>
<p>{{text}}</p>
<p><a class="button" href="{{action.href}}">{{action.label}}</a></p>
{{#if decision}}<p class="small">Whoever runs this finds the reason under decision <code>{{decision}}</code>.</p>{{/if}}
</section>
`);

/** A page that tells what went wrong. */
export function problemPage(problem: Problem): string {
  return render(problem);
}
