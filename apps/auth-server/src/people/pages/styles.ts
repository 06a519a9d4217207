/** The style of all pages: one sheet in the page itself, which the policy names by its hash. */
import { createHash } from 'node:crypto';

/** System fonts and no images: a page is one answer, and asks nobody for anything. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: #f2f4f7; --card: #fff; --text: #16202c; --quiet: #55616f; --line: #8a95a3; --edge: #dde2e8;
  --accent: #1f5fbf; --accent-hover: #174a96; --on-accent: #fff;
  --bad: #b3261e; --bad-back: #fdf0ef; --good: #14693a; --good-back: #eef8f1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10151c; --card: #19212b; --text: #e8edf3; --quiet: #a3afbd; --line: #6d7a89; --edge: #2b3642;
    --accent: #8ab8ff; --accent-hover: #a9cbff; --on-accent: #0b1a30;
    --bad: #ffb4ab; --bad-back: #3a1d1b; --good: #8fd9ab; --good-back: #15301f;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
body {
  margin: 0; min-height: 100vh; padding: 2rem 1rem; background: var(--page); color: var(--text);
  display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 1.25rem;
}
main {
  width: 100%; max-width: 25rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--edge); border-radius: 0.75rem; box-shadow: 0 1px 3px rgb(0 0 0 / 8%);
}
footer { color: var(--quiet); font-size: 0.875rem; overflow-wrap: anywhere; text-align: center; }
h1 { margin: 0 0 0.5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.25rem; font-size: 1rem; font-weight: 650; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.lead { color: var(--quiet); margin-bottom: 1.5rem; }
.lead strong, footer strong { color: var(--text); font-weight: 600; }
form { margin: 0; }
.field { margin-bottom: 1.125rem; }
label { display: block; margin-bottom: 0.375rem; font-weight: 600; }
.hint { display: block; margin: -0.125rem 0 0.375rem; color: var(--quiet); font-size: 0.875rem; }
input {
  display: block; width: 100%; min-height: 2.75rem; padding: 0.5rem 0.75rem; font: inherit;
  color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem;
}
input[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
.wrong { display: block; margin: 0 0 0.375rem; color: var(--bad); font-size: 0.875rem; font-weight: 600; }
button {
  display: block; width: 100%; min-height: 2.75rem; padding: 0.5rem 1rem; margin-top: 0.75rem;
  font: inherit; font-weight: 600; cursor: pointer; border-radius: 0.5rem;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent);
}
button:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
button.second { color: var(--text); background: transparent; border-color: var(--line); }
button.second:hover { border-color: var(--text); }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:hover { color: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.summary {
  margin-bottom: 1.25rem; padding: 0.875rem 1rem; border: 1px solid var(--bad); border-left-width: 0.375rem;
  border-radius: 0.5rem; background: var(--bad-back);
}
.summary h2 { color: var(--bad); }
.summary p, .summary ul { margin: 0; }
.summary ul { padding-left: 1.125rem; }
.summary a { color: inherit; }
.notice {
  margin-bottom: 1.25rem; padding: 0.875rem 1rem; border: 1px solid var(--good); border-left-width: 0.375rem;
  border-radius: 0.5rem; background: var(--good-back);
}
.notice p { margin: 0; }
.after { margin: 1.25rem 0; text-align: center; }
.after:last-child { margin-bottom: 0; }
.code { margin: 1.25rem 0 0; color: var(--quiet); font-size: 0.875rem; }
ul.asks { list-style: none; margin: 0 0 1.25rem; padding: 0; border: 1px solid var(--edge); border-radius: 0.5rem; }
ul.asks li { padding: 0.75rem 1rem; overflow-wrap: anywhere; }
ul.asks li + li { border-top: 1px solid var(--edge); }
ul.asks code { color: var(--quiet); font-size: 0.8125rem; display: block; }
.unseen {
  position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; border: 0; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
@media (max-width: 26rem) {
  body { padding: 0; justify-content: flex-start; background: var(--card); }
  main { border: 0; border-radius: 0; box-shadow: none; padding: 1.5rem 1.25rem 0.5rem; }
  footer { padding: 0 1.25rem 1.5rem; }
}
@media (forced-colors: active) { button { border: 1px solid; } }
@media print { body { background: none; } }
`;

/** For `style-src` (Content Security Policy level 3, section 6.7.3.3). */
export const stylesHash = `'sha256-${createHash('sha256').update(styles).digest('base64')}'`;
