/** The reference's only style sheet: it stands in the page, which loads nothing. */
export const DOCS_STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1b1f24, #e6e8eb);
  --soft: light-dark(#59636e, #9aa4ae);
  --line: light-dark(#d9dee3, #31373d);
  --page: light-dark(#ffffff, #14171a);
  --box: light-dark(#f5f7f9, #1d2125);
  --link: light-dark(#0b5cad, #7db8f5);
  --read: light-dark(#0f6b3a, #5fce93);
  --write: light-dark(#8a5300, #f0b45b);
  --destructive: light-dark(#b3261e, #ff8f86);
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
pre { margin: .75rem 0; padding: .75rem 1rem; overflow-x: auto; background: var(--box); border-radius: .5rem; }
h1 { margin: 0; font-size: 1.75rem; }
h2 { margin: 3rem 0 .5rem; font-size: 1.375rem; }
h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 0; font-size: .875rem; color: var(--soft); }
p { margin: .5rem 0; max-width: 44rem; }
nav { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); }
nav summary { cursor: pointer; font-weight: 600; }
nav ul { margin: .5rem 0; padding: 0; list-style: none; columns: 9rem; }
nav li { margin: .25rem 0; }
main { padding: 1.5rem 1.25rem 6rem; max-width: 60rem; }
article { margin: 1rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: .75rem; }
h3 b { display: inline-block; min-width: 4.5rem; }
.read { color: var(--read); }
.write { color: var(--write); }
.destructive { color: var(--destructive); }
.soft { color: var(--soft); font-size: .875rem; }
details > summary { cursor: pointer; margin-top: .75rem; color: var(--soft); font-size: .875rem; }
dl { margin: .5rem 0; }
dt { margin-top: .5rem; overflow-wrap: anywhere; }
dd { margin: 0 0 0 1rem; color: var(--soft); font-size: .875rem; }
dt i { color: var(--soft); font-size: .875rem; font-style: normal; }
@media (min-width: 64rem) {
  body { display: grid; grid-template-columns: 15rem 1fr; }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border: 0; border-right: 1px solid var(--line); }
  nav ul { columns: 1; }
  main { padding: 2rem 3rem 8rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
