/** The one style sheet: light and dark, as the reader's system has it. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #f4f5fa; --card: #ffffff; --line: #d9dce8; --ink: #1c2033; --soft: #555b73;
  --accent: #3b4cca; --on-accent: #ffffff; --hover: #2f3ea8;
  --good: #12663a; --good-paper: #e2f4ea; --busy: #7a4b00; --busy-paper: #fff1d6;
  --bad: #9b1c2c; --bad-paper: #fde8ea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12141d; --card: #1b1e2b; --line: #34394d; --ink: #e9ebf5; --soft: #a9afc6;
    --accent: #a9b4ff; --on-accent: #12141d; --hover: #c5ccff;
    --good: #8fe0b0; --good-paper: #12331f; --busy: #ffd48a; --busy-paper: #3a2a0b;
    --bad: #ffb3bb; --bad-paper: #401820;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column;
  font: 1.0625rem/1.55 system-ui, "Segoe UI", Roboto, sans-serif;
  color: var(--ink); background: var(--paper);
}
.bar {
  display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between;
  padding: .75rem clamp(1rem, 4vw, 2rem); background: var(--card); border-bottom: 1px solid var(--line);
}
.brand { display: inline-flex; gap: .6rem; align-items: center; font-weight: 650; color: var(--ink); text-decoration: none; }
.who { display: flex; gap: .75rem; align-items: center; color: var(--soft); }
main { flex: 1; width: min(42rem, 100%); margin: 0 auto; padding: clamp(1.5rem, 6vh, 4rem) 1rem; display: grid; gap: 1.25rem; align-content: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: clamp(1.25rem, 4vw, 2rem); }
h1 { margin: 0 0 .75rem; font-size: 1.65rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .75rem; font-size: 1.15rem; }
p { margin: 0 0 1rem; }
.card > :last-child { margin-bottom: 0; }
form { margin: 0; }
a { color: var(--accent); text-underline-offset: .15em; }
.button, button {
  display: inline-block; font: inherit; font-weight: 600; cursor: pointer; text-decoration: none;
  padding: .6rem 1.15rem; border-radius: .55rem; border: 1px solid var(--accent);
  background: var(--accent); color: var(--on-accent);
}
.button:hover, button:hover { background: var(--hover); border-color: var(--hover); }
button.quiet { background: none; color: var(--ink); border-color: var(--line); padding: .3rem .8rem; font-weight: 500; }
button.quiet:hover { border-color: var(--ink); background: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.small { font-size: .9375rem; color: var(--soft); }
code { font: .875em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.notice { padding: .7rem 1rem; border-radius: .55rem; background: var(--busy-paper); color: var(--busy); }
.list { list-style: none; margin: 0 0 1rem; padding: 0; }
.list li { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; padding: .6rem 0; border-top: 1px solid var(--line); }
.list li:first-child { border-top: 0; }
.list code, .list time { color: var(--soft); font-size: .875rem; }
.state { font-size: .875rem; font-weight: 600; padding: .1rem .6rem; border-radius: 1rem; }
.delivered { color: var(--good); background: var(--good-paper); }
.pending { color: var(--busy); background: var(--busy-paper); }
.failed { color: var(--bad); background: var(--bad-paper); }
footer { padding: 1rem; text-align: center; font-size: .875rem; color: var(--soft); }
`.trimStart();
