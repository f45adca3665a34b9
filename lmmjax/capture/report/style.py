"""How the page looks, light or dark, on a wide screen or a phone."""

STYLE = """
:root { color-scheme: light dark; --bg: #fff; --ink: #1c2127; --soft: #5b6570;
  --line: #dfe3e8; --card: #f5f7f9; --error: 222 84 34; --coverage: 30 118 202;
  --known: #2f80c8; --warn: #b45309 }
@media (prefers-color-scheme: dark) { :root { --bg: #14171b; --ink: #e5e8ec;
  --soft: #9ba5b0; --line: #2d343c; --card: #1c2026; --error: 226 92 42;
  --coverage: 46 128 212; --known: #4b9be0; --warn: #f0a84a } }
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body { margin: 0 auto; max-width: 1240px; padding: 20px; background: var(--bg);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 21px; margin: 0 0 2px }
h3 { font-size: 15px; margin: 28px 0 8px }
a { color: inherit; text-decoration-color: var(--soft) }
small, .soft { color: var(--soft) }
section { border-top: 1px solid var(--line); margin-top: 36px; padding-top: 24px }
.tiles { display: grid; gap: 10px; margin: 16px 0;
  grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)) }
.tiles div { background: var(--card); border-radius: 8px; padding: 10px 14px }
.tiles dt { color: var(--soft); font-size: 13px } .tiles dl, dd { margin: 0 }
.tiles dd b { font-size: 22px; font-weight: 600 } .tiles small { display: block }
.notes { border-left: 3px solid var(--warn); margin: 16px 0; padding: 2px 0 2px 14px }
.notes ul { margin: 0; padding-left: 18px }
.side { display: flex; flex-wrap: wrap; gap: 0 36px }
.side > div { min-width: 0; max-width: 100% }
.scroll { overflow-x: auto; max-width: 100% }
.scroll:focus-visible { outline: 2px solid var(--known) }
table { border-collapse: collapse; font-size: 13px; line-height: 1.35 }
th, td { padding: 3px 9px; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line) }
thead th { color: var(--soft); font-weight: 500; vertical-align: bottom;
  white-space: normal; max-width: 150px; overflow-wrap: normal; word-break: normal }
tbody th { font-weight: 400 }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--bg);
  max-width: min(50vw, 420px); overflow: hidden; text-overflow: ellipsis }
thead .w, td.w { text-align: left }
tr.total > * { font-weight: 600; border-top: 2px solid var(--line) }
td.heat { background: rgb(var(--heat) / calc(var(--a) * 0.72)) }
td.heat small { color: inherit; opacity: 0.75; display: inline-block;
  min-width: 3.2em; margin-left: 4px; font-weight: 400 }
.error { --heat: var(--error) } .coverage { --heat: var(--coverage) }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px;
  color: var(--soft); font-size: 12px; margin: 8px 0 0 }
.legend i { width: 96px; height: 10px; border: 1px solid var(--line);
  background: linear-gradient(90deg, transparent, rgb(var(--heat) / 0.72)) }
.legend span:last-child { margin-left: 8px }
.timeline { display: grid; grid-template-columns: minmax(120px, 230px) 1fr;
  gap: 8px 14px; align-items: center }
.who b, .who small { display: block; line-height: 1.3 } .who b { font-weight: 500 }
.timeline svg { width: 100%; height: 22px; background: var(--card);
  border-radius: 3px; display: block }
.known { fill: var(--known) } .gap { fill: var(--bg) }
.axis { position: relative; height: 20px; font-size: 12px; color: var(--soft);
  border-top: 1px solid var(--line) }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap }
.axis .start { transform: none } .axis .end { transform: translateX(-100%) }
.pictures { display: flex; flex-wrap: wrap; gap: 14px }
figure { margin: 0; max-width: min(376px, 100%) }
figcaption { font-size: 13px; color: var(--soft) }
img { display: block; width: auto; height: auto; max-width: 100%; max-height: 440px;
  border-radius: 4px }
@media (max-width: 640px) { body { padding: 14px } img { max-height: 300px }
  .timeline { grid-template-columns: 1fr; gap: 4px }
  .timeline > div:empty { display: none } .who { margin-top: 8px } }
@media print { .scroll { overflow: visible } body { max-width: none } }
"""
