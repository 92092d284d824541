/** The style of the page: the reader's own fonts, light or dark as the reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #5d6678; --line: #dfe3ea; --page: #fff; --side: #f6f7f9; --accent: #2456c7;
  --get: #1a7f4b; --post: #2456c7; --put: #9a5b00; --patch: #9a5b00; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ee; --soft: #9aa4b6; --line: #2c3342; --page: #12151c; --side: #181c25; --accent: #8ab0ff;
  --get: #5fd39a; --post: #8ab0ff; --put: #f0b45e; --patch: #f0b45e; --delete: #ff8d85; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr); font: 15px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; background: var(--side); border-right: 1px solid var(--line); font-size: 13px; }
nav a { display: block; padding: .2rem .5rem; border-radius: 6px; color: inherit; text-decoration: none; }
nav a:hover, nav a:focus-visible { background: var(--line); }
nav .brand { display: inline-block; font-size: 17px; font-weight: 700; }
nav h2 { margin: 1.1rem .5rem .3rem; font-size: 11px; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); }
main { padding: 2.5rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 62rem; }
h1 { margin: 0; font-size: 2rem; letter-spacing: -.02em; }
.lead { margin: .3rem 0 2rem; font-size: 1.1rem; color: var(--soft); }
main h2 { margin: 3rem 0 1rem; padding-bottom: .4rem; border-bottom: 1px solid var(--line); text-transform: capitalize; }
#how-to-call h2 { margin-top: 0; text-transform: none; }
h3 { margin: 0 0 .3rem; font-size: 1.15rem; } h3 a { color: inherit; text-decoration: none; } h3 a:hover { text-decoration: underline; }
h4 { margin: 1.2rem 0 .4rem; font-size: 11px; letter-spacing: .08em; text-transform: uppercase; color: var(--soft); }
article { margin: 0 0 2rem; padding: 1.2rem 1.4rem; border: 1px solid var(--line); border-radius: 12px; }
article:target, dt:target { outline: 2px solid var(--accent); outline-offset: 3px; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
pre { margin: .8rem 0 0; padding: .9rem 1rem; overflow-x: auto; border-radius: 8px; background: var(--side); border: 1px solid var(--line); }
a { color: var(--accent); }
.call { margin: 0 0 .6rem; } .call code { font-size: 14px; }
.verb { font: 700 11px/1 ui-monospace, monospace; letter-spacing: .03em; }
.verb.get { color: var(--get); } .verb.post { color: var(--post); } .verb.put { color: var(--put); } .verb.patch { color: var(--patch); } .verb.delete { color: var(--delete); }
.scope, .bound, .version { padding: .05rem .45rem; border: 1px solid var(--line); border-radius: 99px; font-size: 11px; color: var(--soft); white-space: nowrap; }
.scope { margin-left: .4rem; }
.fields { list-style: none; margin: 0; padding: 0; }
.fields .fields { margin: .3rem 0 .3rem .3rem; padding-left: .9rem; border-left: 2px solid var(--line); }
.fields li { padding: .2rem 0; }
.name { font-weight: 600; } .optional { color: var(--soft); } .kind { color: var(--soft); font-size: 13px; } .about { display: block; font-size: 14px; }
.alternatives > div + div::before { content: "or"; display: block; margin: .2rem 0 0 1rem; font-size: 12px; color: var(--soft); }
.answer { margin: .3rem 0; } summary { cursor: pointer; } details > :not(summary) { margin-left: .4rem; }
.status { display: inline-block; min-width: 2.4rem; font: 700 12px ui-monospace, monospace; } .s2 { color: var(--get); } .s4 { color: var(--put); } .s5 { color: var(--delete); }
.code { font: 12px ui-monospace, monospace; margin-right: .3rem; }
dl { margin: 0; } .manner { display: grid; grid-template-columns: 9rem 1fr; gap: .5rem 1rem; } .manner dt { font-weight: 600; } .manner dd { margin: 0; }
.problems { display: grid; grid-template-columns: 18rem 1fr; gap: .35rem 1rem; } .problems dd { margin: 0; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); } .manner, .problems { display: block; } dd { margin-bottom: .6rem !important; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
