/** The style of a card: one sheet, light or dark like the reader's system, and light on paper. */
import { createHash } from "node:crypto";

const DARK = `--bg:#0d1015;--card:#151920;--soft:#1c212a;--edge:#272d38;--text:#e9ecf1;--dim:#b3bbc8;--one:#94a7ff;--two:#ff9d57;--warn:#f0b557;--warn-soft:#352610`;
const LIGHT = `--bg:#f5f6f8;--card:#fff;--soft:#f1f3f6;--edge:#d9dee5;--text:#14181f;--dim:#48515e;--one:#3549c8;--two:#c4570a;--warn:#8a5200;--warn-soft:#fcf0da`;

export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;overflow-wrap:anywhere;background:var(--bg);color:var(--text);font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:860px;margin:0 auto;padding:24px 16px 64px}
header{margin:8px 0 20px}
h1{font-size:28px;line-height:1.2;margin:0 0 8px;overflow-wrap:anywhere}
h1 small,.dim{color:var(--dim);font-weight:400}
h2{font-size:18px;margin:0 0 10px}
h3{font-size:15px;margin:18px 0 6px}
p{margin:0 0 10px}
section{background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:18px 20px;margin:0 0 16px}
section>:last-child{margin-bottom:0}
.lead{font-size:17px}
.scroll{overflow-x:auto;margin:0 0 10px}
table{border-collapse:collapse;width:100%}
th,td{padding:5px 12px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--edge);unicode-bidi:isolate}
.scroll td:last-child:not(.num),th[scope=row]{min-width:12ch}
thead th,.dim,dt{font-size:13px;color:var(--dim);font-weight:500}
th[scope=row]{font-weight:500}
.num{text-align:right}.num,.kind{white-space:nowrap}
tr>:last-child{padding-right:0}
tr:last-child>*{border-bottom:0}
dl{display:grid;grid-template-columns:minmax(110px,max-content) 1fr;gap:5px 18px;margin:0 0 10px}
dd{margin:0;overflow-wrap:anywhere;min-width:0;unicode-bidi:isolate}
ul{margin:0 0 10px;padding-left:20px}
li{margin:0 0 6px;overflow-wrap:anywhere}
code{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--soft);border-radius:6px;padding:10px 12px;margin:0 0 10px;white-space:pre-wrap}
.limits{border-left:4px solid var(--warn)}
figure{margin:14px 0}
figcaption{font-size:13px;color:var(--dim);margin-top:4px}
svg{display:block;width:100%;height:auto}
svg text{font:12px ui-sans-serif,system-ui,sans-serif;fill:var(--dim)}
svg .name{fill:var(--text)}
.grid{stroke:var(--edge)}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line-1{stroke:var(--one)}
.line-2{stroke:var(--two);stroke-dasharray:6 4}
.dot{fill:var(--one);fill-opacity:.55}
.same{stroke:var(--two);stroke-dasharray:6 4}
.bar{fill:var(--one)}
.matrix{width:auto;border-collapse:separate;border-spacing:2px}
.matrix th,.matrix td{border:0;padding:6px 8px}
.matrix td{position:relative;min-width:52px;text-align:center;background:var(--soft);border-radius:4px}
.matrix .right{outline:2px solid var(--one);outline-offset:-2px}
.matrix .wrong{background:var(--warn-soft);color:var(--warn);font-weight:600}
@media (max-width:560px){svg text{font-size:17px}.matrix th,.matrix td{padding:4px 6px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}section{padding:14px}}
@media print{:root{color-scheme:light;${LIGHT}}body{background:#fff;font-size:11pt}main{max-width:none;padding:0}section{border:0;border-top:1px solid var(--edge);border-radius:0;padding:12px 0;margin:0}.limits{border-left:0}figure,tr,li,pre{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** The content security policy of a card, which allows its style: as a header, and in the file for when it was saved. */
export const CARD_POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
