// How a report looks, on light and on dark screens, on paper and on phones.

export const reportStyle = `
:root { color-scheme: light dark; --page: #f6f5f2; --card: #fff; --ink: #20242a; --soft: #5d6570; --line: #dcdad4; --good: #1f7a4a; --bad: #b3261e; --link: #1d5fa8; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --card: #1d2127; --ink: #e6e8eb; --soft: #9aa3ad; --line: #333941; --good: #5cc48d; --bad: #ff8a80; --link: #8ab8ec; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; }
h2 { margin: 0 0 .4rem; font-size: 1.1rem; }
header p, section > p { margin: .25rem 0 0; max-width: 46rem; color: var(--soft); }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .9rem 0 0; padding: 0; list-style: none; font-size: .88rem; }
nav a { display: inline-block; padding: .25rem 0; color: var(--link); }
.notice { margin-top: 1.25rem; padding: .9rem 1.1rem; background: var(--card); border: 1px solid currentColor; border-left-width: .4rem; border-radius: .6rem; }
.notice.bad { color: var(--bad); }
.notice.good { color: var(--good); }
section { margin-top: 1.25rem; padding: 1.1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.tile { display: flex; flex-direction: column; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; }
.tile span, .tile small, figcaption { color: var(--soft); font-size: .8rem; }
.tile strong { font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile.good strong, td.good { color: var(--good); }
.tile.bad strong, td.bad { color: var(--bad); }
td.bad { font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.25rem; margin-top: 1rem; }
figure { margin: 0; }
.plots svg { display: block; width: 100%; height: auto; }
.plots.narrow { grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); }
details { margin-top: .3rem; font-size: .88rem; }
summary { width: fit-content; padding: .25rem 0; color: var(--link); cursor: pointer; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.table { overflow-x: auto; margin-top: .8rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .88rem; }
th, td { padding: .35rem .8rem .35rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; }
td:last-child, th:last-child { padding-right: 0; }
td.words, th.words { min-width: 10rem; text-align: left; white-space: normal; }
th[scope=row] { min-width: 8rem; max-width: 16rem; white-space: normal; overflow-wrap: break-word; }
thead th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1rem; margin-top: .9rem; }
.pictures div { display: flex; gap: .25rem; }
.pictures img, .missing { width: 5.6rem; height: 5.6rem; border-radius: .35rem; outline: 1px solid var(--line); object-fit: cover; }
.pictures .scored img { width: 100%; max-width: 9.5rem; height: auto; aspect-ratio: 1; object-fit: contain; }
.missing { display: grid; place-items: center; border: 1px dashed var(--line); color: var(--soft); font-size: .75rem; }
.pictures figcaption { margin-top: .3rem; overflow-wrap: anywhere; line-height: 1.35; }
.pictures b { display: block; color: var(--ink); font-weight: 600; }
.pictures b.bad { color: var(--bad); }
.pictures b.good { color: var(--good); }
.pictures ul { margin: .25rem 0 0; padding: 0; list-style: none; }
.pictures li { display: grid; grid-template-columns: 4.2rem 1fr 2.6rem; gap: .4rem; align-items: center; }
.pictures li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.pictures li span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.pictures li i { height: .5rem; border-radius: .25rem; background: linear-gradient(90deg, var(--link) calc(100% * var(--share)), var(--line) 0); }
@media (max-width: 30rem) {
  body { padding: 1rem .75rem 3rem; }
  section { padding: .9rem .85rem; }
  table { font-size: .82rem; }
  th, td { padding-right: .55rem; }
  td { white-space: normal; overflow-wrap: break-word; }
  td.words, th.words { min-width: 7rem; }
  td.words { overflow-wrap: anywhere; }
  th[scope=row] { min-width: 4.5rem; max-width: 8rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
  .tile { padding: .65rem .75rem; }
  .tile strong { font-size: 1.3rem; }
  .pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .9rem .7rem; }
}
@media print { section, .tile { break-inside: avoid; } }
`;
