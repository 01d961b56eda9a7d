extension ExplainPage {
    /// The controls and the table of phases, in addition to the reports' style. The colours of A
    /// and B differ in lightness as well as hue.
    static let style = HTML.trusted(
        """
        main{max-width:1240px}
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
        .sum{margin:12px 0 0;font-size:14.5px;color:var(--mut)}
        .sum b{font-size:25px;color:var(--ink);letter-spacing:-.01em}
        .line{margin:8px 0 0;font-size:12.5px;color:var(--mut);overflow-wrap:anywhere}
        footer ul{padding-left:18px}
        #say{color:var(--ink);font-size:17px}
        .phases{margin-top:24px}.phases table{font-size:13.5px}
        caption{text-align:left;color:var(--mut);font-size:13.5px;padding:0 0 6px}
        .phases th,.phases td{padding:5px 6px}
        .a{color:var(--a)}.b{color:var(--b)}
        td.t{position:relative;min-width:84px}
        td.t i{position:absolute;right:0;top:3px;bottom:3px;border-radius:3px;opacity:.2;
        background:currentColor}
        td.t.a i{color:var(--a)}td.t.b i{color:var(--b)}
        td.t span{position:relative;color:var(--ink)}
        tr.all>*{font-weight:700;border-top:1px solid var(--mut)}
        @media(max-width:700px){.pair{grid-template-columns:minmax(0,1fr)}
        .phases th,.phases td{padding:5px 6px;font-size:13px}}
        """)
}
