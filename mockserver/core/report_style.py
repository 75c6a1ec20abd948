"""The style of reports that are one HTML file; it loads nothing."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5a6372;--line:#d8dde3;--card:#fff;--page:#f6f7f9;--good:#1a7f4b;
--bad:#c0392b;--known:#b7791f;--idle:#8a8f98;--code:#f0f2f5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa3b0;--line:#343a44;--card:#1d2128;--page:#14171c;
--good:#4cc38a;--bad:#ff7b6b;--known:#e0b050;--idle:#808894;--code:#262b33}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}main{max-width:62rem;margin:0 auto;padding:2rem 1.2rem 4rem}
h1{font-size:1.4rem;margin:0 0 .2rem;line-height:1.25}h2{font-size:1.05rem;margin:2rem 0 .5rem}.soft{color:var(--soft)}
.bar{display:flex;height:.6rem;border-radius:.3rem;overflow:hidden;margin:1.2rem 0 .5rem;background:var(--line)}
.kept{background:var(--good)}.broken{background:var(--bad)}.accepted{background:var(--known)}.idle{background:var(--idle)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.2rem 0}
.legend .dot{display:inline-block;margin-right:.4rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.4rem 0;padding:.5rem .8rem}
.head{display:grid;grid-template-columns:.8rem 13rem 1fr auto;gap:.2rem .8rem;align-items:baseline}
.dot{width:.7rem;height:.7rem;border-radius:50%;align-self:center}.src{font-size:.8rem;color:var(--soft)}
.name{font:600 .85rem ui-monospace,monospace}.more{padding:.2rem 0 .2rem 1.6rem}
ul{margin:.3rem 0;padding-left:1.1rem}summary{cursor:pointer}summary::marker{color:var(--soft)}
pre{background:var(--code);padding:.7rem .8rem;border-radius:.4rem;overflow:auto;font-size:.8rem;white-space:pre-wrap;
margin:.3rem 0 .8rem}h3{font-size:.8rem;margin:.7rem 0 .1rem;color:var(--soft);font-weight:600}
table{border-spacing:1rem .1rem}caption,th{text-align:left}caption{font-weight:600;font-size:1.1rem;padding-left:1rem}
th{font-weight:400}
@media(max-width:46rem){.head{grid-template-columns:.8rem 1fr}.head>:nth-child(n+3){grid-column:2}
.more{padding-left:0}main{padding:1.2rem .7rem 3rem}}
"""
