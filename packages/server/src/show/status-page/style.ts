import { accentColours } from "./colours.ts";

/** The page's style sheet. State is told by colour, shape and word; both looks have the same contrast. */
export function styleOf(accent: string): string {
  const { light, dark, behind, on } = accentColours(accent);
  return `
:root { color-scheme: light dark; --bg: #fff; --text: #1a1c20; --soft: #5a606b; --line: #d9dce1;
  --accent: ${light}; --up: #17803d; --minor: #96610a; --major: #b4480d; --down: #c4212b; --work: #1d5fc4; --none: #c9cdd4; }
@media (prefers-color-scheme: dark) { :root { --bg: #16181d; --text: #eceef1; --soft: #a3a9b4; --line: #353941;
  --accent: ${dark}; --up: #4cc274; --minor: #e0a33b; --major: #f2894f; --down: #ff7a7a; --work: #7db1ff; --none: #454a54; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
.page { margin: 0 auto; max-width: 52rem; padding: 1.5rem 1rem 4rem; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1rem; margin-bottom: 1.5rem; }
header img { max-height: 3rem; max-width: 14rem; }
h1 { font-size: 1.375rem; margin: 0; flex: 1; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: .875rem; }
.summary { border-left: .375rem solid var(--state); padding: .75rem 1rem; font-size: 1.375rem; font-weight: 600; line-height: 1.3; }
.none { --state: var(--up); } .minor, .degraded_performance { --state: var(--minor); } .major, .partial_outage { --state: var(--major); }
.critical, .major_outage { --state: var(--down); } .maintenance, .under_maintenance { --state: var(--work); } .operational { --state: var(--up); }
ul { margin: .5rem 0; } .plain { list-style: none; margin: 0; padding: 0; }
.plain > li { border-top: 1px solid var(--line); padding: .75rem 0; } .plain > li:last-child { border-bottom: 1px solid var(--line); }
.row { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; align-items: baseline; }
.state { color: var(--state); font-weight: 600; white-space: nowrap; }
.state::before { content: ""; display: inline-block; width: .625rem; height: .625rem; margin-right: .375rem; background: currentColor; border-radius: 50%; }
.degraded_performance.state::before { border-radius: 0; } .partial_outage.state::before { border-radius: 0; transform: rotate(45deg); }
.major_outage.state::before { border-radius: 0; clip-path: polygon(50% 0, 100% 100%, 0 100%); } .under_maintenance.state::before { border-radius: 0; height: .25rem; vertical-align: middle; }
.bars { display: block; width: 100%; height: 2rem; margin-top: .5rem; }
.bars rect { fill: var(--none); } .bars .up { fill: var(--up); } .bars .minor { fill: var(--minor); } .bars .major { fill: var(--major); } .bars .down { fill: var(--down); } .bars .work { fill: var(--work); }
.ends { display: flex; justify-content: space-between; gap: .5rem; color: var(--soft); font-size: .8125rem; flex-wrap: wrap; }
article { border: 1px solid var(--line); border-top: .25rem solid var(--state, var(--line)); border-radius: .375rem; padding: 1rem; margin: 0 0 1rem; }
article .update { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .75rem; }
article pre { overflow-x: auto; } article table { border-collapse: collapse; } article td, article th { border: 1px solid var(--line); padding: .25rem .5rem; }
details { border-top: 1px solid var(--line); padding: .75rem 0; } summary { cursor: pointer; font-weight: 600; min-height: 1.5rem; }
form { display: grid; gap: .5rem; max-width: 30rem; margin: .75rem 0; }
label { font-size: .875rem; } input, select { font: inherit; width: 100%; min-height: 2.75rem; padding: .375rem .625rem; color: inherit; background: var(--bg); border: 1px solid var(--soft); border-radius: .375rem; }
button { min-height: 2.75rem; padding: 0 1.25rem; font: inherit; font-weight: 600; color: ${on}; background: ${behind}; border: 1px solid var(--soft); border-radius: .375rem; cursor: pointer; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
`;
}
