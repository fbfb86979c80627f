/** The only stylesheet: system fonts, light and dark, nothing loaded from elsewhere. */
export const style = `
:root{color-scheme:light dark;--bg:#f7f8fa;--card:#fff;--ink:#14202b;--soft:#5a6876;--line:#dfe4ea;--brand:#0b5c6b;--on-brand:#fff;--tint:#e4f0f1;--bad:#b3261e;--bad-tint:#fdeceb;--ok:#1a6b3c;--radius:14px}
@media (prefers-color-scheme:dark){:root{--bg:#0e151b;--card:#161f27;--ink:#e8eef3;--soft:#9aa9b7;--line:#26323d;--brand:#6cc7d5;--on-brand:#06222a;--tint:#152c33;--bad:#ff8a80;--bad-tint:#33181a;--ok:#7fd6a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;-webkit-font-smoothing:antialiased}
a{color:inherit}
h1,h2,h3,p{margin:0}
h1{font-size:clamp(1.75rem,5vw,2.75rem);line-height:1.1;letter-spacing:-.02em;text-wrap:balance}
p{text-wrap:pretty}
h2{font-size:1.25rem;letter-spacing:-.01em}
.wrap{max-width:1080px;margin:0 auto;padding:0 20px}
.skip{position:absolute;left:-999px}.skip:focus{left:20px;top:8px;background:var(--card);padding:8px 12px}
header{border-bottom:1px solid var(--line);background:var(--card)}
header .wrap{display:flex;align-items:center;gap:20px;height:60px}
.brand{display:flex;align-items:center;gap:10px;font-weight:650;letter-spacing:-.01em;text-decoration:none}
.brand svg{width:26px;height:26px;color:var(--brand)}
nav{margin-left:auto;display:flex;align-items:center;gap:4px}
nav a,nav button{padding:8px 12px;border-radius:9px;text-decoration:none;color:var(--soft);font:inherit;font-size:.95rem;background:none;border:0;cursor:pointer}
nav a:hover,nav button:hover{background:var(--tint);color:var(--ink)}
.count{display:inline-block;min-width:1.4em;padding:0 .4em;border-radius:99px;background:var(--brand);color:var(--on-brand);font-size:.8rem;text-align:center;font-variant-numeric:tabular-nums}
body{display:flex;flex-direction:column;min-height:100vh}
header,footer{flex:none}
main.wrap{padding-top:40px;padding-bottom:64px;width:100%;flex:1}
main>.notice{margin-bottom:24px}
main>.stack+.panel,main>.stack+form,.faults+p,table+form{margin-top:20px}
.hero{display:grid;gap:12px;margin-bottom:28px;max-width:42rem}
.hero p,.soft{color:var(--soft)}
.chips{display:flex;gap:8px;flex-wrap:wrap;margin-bottom:24px}
.chips a{padding:6px 14px;border:1px solid var(--line);border-radius:99px;text-decoration:none;font-size:.9rem;background:var(--card)}
.chips a[aria-current]{background:var(--ink);border-color:var(--ink);color:var(--bg)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:18px}
.product{display:block;background:var(--card);border:1px solid var(--line);border-radius:var(--radius);overflow:hidden;text-decoration:none}
.product:hover{border-color:var(--brand)}
.art{display:grid;place-items:center;background:var(--tint);color:var(--brand);aspect-ratio:4/3}
.art svg{width:42%;height:auto}
.product div{padding:14px 16px 16px;display:flex;justify-content:space-between;gap:12px;align-items:baseline}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.detail{display:grid;gap:28px;grid-template-columns:1fr}
@media (min-width:760px){.detail{grid-template-columns:1.1fr 1fr;align-items:center}}
.detail .art{border-radius:var(--radius);border:1px solid var(--line)}
.stack{display:grid;gap:16px;justify-items:start}
.button,button.button{display:inline-block;padding:11px 20px;border-radius:10px;border:1px solid transparent;background:var(--brand);color:var(--on-brand);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.button:hover{filter:brightness(1.08)}
.button.plain{background:none;color:var(--ink);border-color:var(--line)}
.button.danger{background:var(--bad);color:var(--bg)}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
.panel{background:var(--card);border:1px solid var(--line);border-radius:var(--radius);padding:20px}
table{width:100%;border-collapse:collapse}
td,th{padding:12px 8px;border-bottom:1px solid var(--line);text-align:left}
td:last-child,th:last-child{text-align:right}
tfoot td{border:0;font-weight:650}
form.narrow{display:grid;gap:14px;max-width:24rem}
label{display:grid;gap:6px;font-size:.9rem;color:var(--soft)}
input{padding:11px 12px;border:1px solid var(--line);border-radius:10px;background:var(--card);color:var(--ink);font:inherit;width:100%}
.notice{padding:12px 16px;border-radius:10px;background:var(--tint)}
.notice.bad{background:var(--bad-tint);color:var(--bad)}
.faults{display:grid;gap:14px}
.fault{display:grid;gap:4px 20px;align-items:center;grid-template-columns:1fr auto;scroll-margin-top:20px}
.fault.on{border-color:var(--bad);background:var(--bad-tint)}
.fault p{grid-column:1}
.fault form{grid-row:1/span 2;grid-column:2}
.fault button{min-width:7.5rem}
.state{font-size:.85rem;font-weight:600;margin-left:8px;color:var(--soft)}
.fault.on .state{color:var(--bad)}
code{font:.9em ui-monospace,SFMono-Regular,Menlo,"Liberation Mono",monospace;background:var(--tint);padding:2px 6px;border-radius:6px;overflow-wrap:anywhere}
footer{border-top:1px solid var(--line);color:var(--soft);font-size:.9rem}
footer .wrap{padding-top:20px;padding-bottom:28px;display:flex;gap:20px;flex-wrap:wrap;justify-content:space-between}
@media (max-width:520px){header .wrap{gap:8px}nav a,nav button{padding:8px}.brand span{display:none}.grid{grid-template-columns:1fr 1fr;gap:12px}.product div{flex-direction:column;gap:2px;padding:12px}.fault{grid-template-columns:1fr}.fault form{grid-row:auto;grid-column:1;margin-top:8px}}
`;
