extension ExplainPage {
    /// Light and dark, phone and paper. Colours of A and B differ in lightness as well as hue.
    static let style = """
        :root{--bg:#fbfaf7;--card:#fff;--ink:#16191d;--mut:#5b636d;--line:#e4e1da;
        --a:#0b5f99;--b:#c14a00;--bar:.16}
        @media screen and (prefers-color-scheme:dark){:root{--bg:#101317;--card:#171b21;
        --ink:#e9ebee;--mut:#9aa4b0;--line:#2a3038;--a:#6cb6ec;--b:#ff9351;--bar:.24}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);
        font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;
        font-variant-numeric:tabular-nums}
        main{max-width:1240px;margin:0 auto;padding:36px 24px 56px}
        h1{font-size:clamp(27px,4vw,38px);line-height:1.15;letter-spacing:-.02em;margin:0}
        .over{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--mut)}
        .what,footer{color:var(--mut);max-width:74ch}
        code{font:.92em ui-monospace,Menlo,Consolas,monospace}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:20px;margin:24px 0}
        fieldset{border:1px solid var(--line);border-top:4px solid var(--a);border-radius:10px;
        background:var(--card);padding:12px 18px 16px;margin:0;min-width:0}
        #b{border-top-color:var(--b)}
        legend{font-weight:700;padding:0 6px;color:var(--a)}#b legend{color:var(--b)}
        label{display:grid;grid-template-columns:88px minmax(0,1fr) 92px;gap:10px;
        align-items:center;font-size:14.5px;margin:7px 0}
        label output{text-align:right;font-weight:600}
        select{grid-column:2/-1;font:inherit;color:inherit;background:var(--bg);padding:4px 6px;
        border:1px solid var(--line);border-radius:6px;width:100%}
        input{width:100%;accent-color:var(--a)}#b input{accent-color:var(--b)}
        :focus-visible{outline:2px solid var(--a);outline-offset:2px}
        .sum{margin:12px 0 0;font-size:14.5px;color:var(--mut)}
        .sum b{font-size:25px;color:var(--ink);letter-spacing:-.01em}
        .say{border-left:4px solid var(--line);padding:6px 16px;font-size:17px}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:13.5px}
        caption{text-align:left;color:var(--mut);font-size:13.5px;padding:0 0 6px}
        th,td{text-align:right;padding:5px 6px;border-bottom:1px solid var(--line);
        white-space:nowrap;font-weight:400}
        thead th{color:var(--mut);font-size:12.5px;border-bottom-color:var(--mut)}
        th:first-child{text-align:left;padding-left:0;font-weight:600}
        .a{color:var(--a)}.b{color:var(--b)}
        td.t{position:relative;min-width:84px}
        td.t i{position:absolute;right:0;top:3px;bottom:3px;border-radius:3px;opacity:var(--bar);
        background:currentColor}
        td.t.a i{color:var(--a)}td.t.b i{color:var(--b)}
        td.t span{position:relative;color:var(--ink)}
        tr.all>*{font-weight:700;border-top:1px solid var(--mut)}
        @media(max-width:700px){main{padding:22px 14px 40px}
        .pair{grid-template-columns:minmax(0,1fr)}th,td{padding:5px 6px;font-size:13px}}
        @media print{body{background:#fff;font-size:12px}main{padding:0;max-width:none}}
        """
}
