import { PALETTES, type Palette } from "./theme.ts";

function variables({ ink, muted, rule, grid, paper, series }: Palette): string {
  return [
    `--ink:${ink}`,
    `--muted:${muted}`,
    `--rule:${rule}`,
    `--grid:${grid}`,
    `--paper:${paper}`,
    ...series.map((colour, i) => `--series-${i + 1}:${colour}`),
  ].join(";");
}

/** How a report looks: one column of reading width, dark when the reader's system is, charts drawn for phones on phones. */
export const STYLE: string = `
:root{color-scheme:light dark;${variables(PALETTES.light)};--wash:#f5f6f8;--line:#e1e5ea;--accent:#2459c4;--word:#9b2f7c;--text:#0f6b52;--value:#a3540a;--quiet:#6a7484;--name:#2459c4}
@media (prefers-color-scheme:dark){:root{${variables(PALETTES.dark)};--wash:#1a202b;--line:#2b3341;--accent:#8ab1ff;--word:#e39bd0;--text:#7fd6b5;--value:#f0b070;--quiet:#8e99aa;--name:#8ab1ff}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:break-word}
main,header,footer{max-width:calc(720px + 2.5rem);margin:0 auto;padding:0 1.25rem}
header{padding-top:clamp(2rem,6vw,4.5rem)}
h1{font-size:clamp(1.75rem,1.2rem + 2.6vw,2.6rem);line-height:1.15;letter-spacing:-.022em;font-weight:680;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.4rem;line-height:1.25;letter-spacing:-.014em;font-weight:650;margin:0 0 .75rem;text-wrap:balance}
h3{font-size:1.08rem;line-height:1.35;font-weight:650;margin:1.75rem 0 .5rem}
h4,h5,h6{font-size:1rem;margin:1.5rem 0 .5rem}
p,ul,ol,blockquote{margin:0 0 1rem}
ul,ol{padding-left:1.35rem}
li{margin:.25rem 0}
blockquote{border-left:3px solid var(--line);padding-left:1rem;color:var(--muted)}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
hr{border:0;border-top:1px solid var(--line);margin:2rem 0}
.lead{font-size:1.12rem;line-height:1.55;color:var(--muted)}
.lead p:last-child{margin-bottom:0}
.facts{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;margin:1.4rem 0 0;padding:0;list-style:none;font-size:.84rem;color:var(--muted);font-variant-numeric:tabular-nums}
.facts b{font-weight:600;color:var(--ink)}
nav{margin-top:2rem;padding:1rem 1.25rem;background:var(--wash);border-radius:12px;font-size:.94rem}
nav ol{margin:0;padding-left:1.4rem}
nav li{margin:.15rem 0}
nav li::marker{color:var(--muted);font-variant-numeric:tabular-nums}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
section{margin-top:3.25rem;scroll-margin-top:1rem}
code,pre{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
:not(pre)>code{font-size:.88em;background:var(--wash);border-radius:5px;padding:.12em .35em}
pre{margin:0 0 1.25rem;padding:.9rem 1.1rem;background:var(--wash);border-radius:12px;font-size:.8rem;line-height:1.6;overflow-x:auto;tab-size:2}
details{margin:0 0 1.25rem}
details>pre{margin:.5rem 0 0}
section.imports{margin-top:1.5rem}
.imports details{margin:0}
.whole{white-space:nowrap}
summary{cursor:pointer;font-size:.84rem;color:var(--muted);width:fit-content}
summary:hover{color:var(--ink)}
.hljs-keyword,.hljs-literal{color:var(--word)}
.hljs-string,.hljs-regexp{color:var(--text)}
.hljs-number{color:var(--value)}
.hljs-comment{color:var(--quiet);font-style:italic}
.hljs-title,.hljs-built_in{color:var(--name)}
.hljs-subst{color:inherit}
figure{margin:1.75rem 0}
figcaption,caption{font-size:.95rem;font-weight:600;text-align:left;line-height:1.4;margin:0 0 .6rem;padding:0}
caption{caption-side:top;padding-bottom:.6rem;margin:0}
figure svg{display:block;width:100%;height:auto;overflow:visible}
figure svg.narrow{max-width:430px}
figure details{margin-top:.4rem}
.narrow{display:none}
@media (max-width:560px){.narrow{display:block}.wide{display:none}}
.scroll{overflow-x:auto;margin:1.5rem 0;border-radius:4px}
details .scroll{margin:.5rem 0 0}
table{border-collapse:collapse;width:100%;font-size:.88rem;line-height:1.45;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.5rem .9rem .5rem 0;vertical-align:top}
th:last-child,td:last-child{padding-right:0}
th{font-weight:600;color:var(--muted);font-size:.82rem;white-space:nowrap;border-bottom:1.5px solid var(--rule);vertical-align:bottom}
td{border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0}
.number{text-align:right;white-space:nowrap}
td.number+td:not(.number),th.number+th:not(.number){padding-left:.9rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9.5rem),1fr));gap:.75rem;margin:1.5rem 0}
.figures div{background:var(--wash);border-radius:12px;padding:.85rem 1rem .8rem;display:flex;flex-direction:column-reverse;justify-content:flex-end}
.figures dt{font-size:.8rem;line-height:1.35;color:var(--muted)}
.figures dd{margin:0;font-size:1.5rem;line-height:1.25;font-weight:640;letter-spacing:-.015em;font-variant-numeric:tabular-nums}
footer{margin-top:4rem;padding-bottom:3rem;font-size:.84rem;color:var(--muted)}
footer p{border-top:1px solid var(--line);padding-top:1rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
@media (max-width:560px){body{font-size:16px}section{margin-top:2.75rem}pre{font-size:.75rem;padding:.8rem .9rem;border-radius:10px}.figures{grid-template-columns:1fr 1fr;gap:.6rem}.figures dd{font-size:1.3rem}}
@media print{body{font-size:11pt}nav,summary{display:none}section{break-inside:auto}figure,table,pre{break-inside:avoid}pre{white-space:pre-wrap}}
`;
