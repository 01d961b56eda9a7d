/// The style sheet of reports: colours after Okabe and Ito (2008), "Color Universal Design", which
/// people with any kind of colour vision can tell apart; for light, dark, narrow and printed pages.
enum PageStyle {
    /// Colours and text.
    static let text = HTML.trusted(
        """
        :root{--bg:#fbfaf7;--card:#fff;--ink:#16191d;--mut:#5b636d;--line:#e4e1da;
        --grid:#e2dfd7;--grid2:#f1efe9;--accent:#0b5f99;--good:#0a6b4f;--goodbg:#e8f3ee;
        --bad:#a33a00;--badbg:#fbeee6;--plainbg:#eef2f6;--ttft:#0b5f99;--tpot:#c14a00;
        --e2e:#0a6b4f;--queue:#7d5ba6;--itl:#8a6d00;--a:#0b5f99;--b:#c14a00;
        --p0:#e69f00;--p1:#b9a5d3;--p2:#8c949d;--p3:#0b5f99;--p4:#69b7e4;--p5:#c14a00;
        --p6:#0a7a5a;--p7:#cc79a7;--on:#16191d;--onp:#fff;--heat:#0b4f82;
        --r0:#0b5f99;--r1:#c14a00;--r2:#0a6b4f;--r3:#a0528b;--r4:#8a6d00;--r5:#2f8fc4;
        --r6:#5b636d;--r7:#7d5ba6}
        @media screen and (prefers-color-scheme:dark){:root{--bg:#101317;--card:#171b21;
        --ink:#e9ebee;--mut:#9aa4b0;--line:#2a3038;--grid:#2c323b;--grid2:#1e232a;
        --accent:#6cb6ec;--good:#6fd3ae;--goodbg:#12291f;--bad:#ffa06b;--badbg:#2e1c12;
        --plainbg:#1a2129;--ttft:#6cb6ec;--tpot:#ff9351;--e2e:#5fcfa6;--queue:#bd9fe6;
        --itl:#e0c04f;--a:#6cb6ec;--b:#ff9351;--p0:#e0a62f;--p1:#9f88c2;--p2:#7d8690;
        --p3:#2476b3;--p4:#8dd0f5;--p5:#e26a22;--p6:#2fa67f;--p7:#d68fb6;--on:#0d1014;
        --heat:#7cc4f7;--r0:#6cb6ec;--r1:#ff9351;--r2:#5fcfa6;--r3:#e39acb;--r4:#e0c04f;
        --r5:#3f9fd8;--r6:#9aa4b0;--r7:#bd9fe6}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
        body{margin:0;background:var(--bg);color:var(--ink);
        font:16px/1.55 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,
        sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1120px;margin:0 auto;padding:40px 28px 64px}
        h1,h2{font-weight:650;letter-spacing:-.022em;line-height:1.15;margin:0}
        h1{font-size:clamp(28px,4.4vw,42px);overflow-wrap:anywhere;text-wrap:balance}
        h2{font-size:24px;margin:0 0 6px}
        h3{font-size:14.5px;font-weight:600;margin:0}
        p{margin:0;text-wrap:pretty;overflow-wrap:anywhere}
        a{color:var(--accent)}
        :focus-visible{outline:2px solid var(--accent);outline-offset:4px;border-radius:4px}
        code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",
        monospace}
        code{font-size:.92em;overflow-wrap:anywhere}
        .over{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--mut);
        margin-bottom:14px;display:flex;justify-content:space-between;gap:4px 12px;
        flex-wrap:wrap}
        .over span+span{text-transform:none;letter-spacing:0;
        font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .what{color:var(--mut);margin:14px 0 0;max-width:72ch}
        .what b{color:var(--ink);font-weight:600}
        .say{margin:24px 0 0;padding:16px 22px;border-left:4px solid var(--mut);
        background:var(--plainbg);border-radius:0 10px 10px 0;font-size:16px;color:var(--mut)}
        .say+.say{margin-top:10px}
        .say>p:first-child{font-size:19px;margin-bottom:2px;color:var(--ink)}
        .say.good{border-color:var(--good);background:var(--goodbg)}
        .say.good>p b{color:var(--good)}
        .say.bad{border-color:var(--bad);background:var(--badbg)}
        .say.bad>p b{color:var(--bad)}
        .promises{list-style:none;margin:4px 0;padding:0;color:var(--ink)}
        .promises span{color:var(--mut)}
        .promises .missed{color:var(--bad)}
        .tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--line);
        border:1px solid var(--line);border-radius:12px;overflow:hidden;margin:24px 0 0}
        .tile{background:var(--card);padding:14px 18px 12px;min-width:0}
        .tile h3{color:var(--mut);font-weight:500}
        .tile p{font-size:15px;color:var(--mut)}
        .tile p b{font-size:30px;font-weight:600;letter-spacing:-.02em;color:var(--ink);
        line-height:1.25}
        .tile small{color:var(--mut);font-size:13px;line-height:1.35;display:block}
        .meter{height:4px;border-radius:2px;background:var(--grid);margin:7px 0 3px;
        overflow:hidden}
        .meter i{display:block;height:4px;border-radius:2px;background:var(--good)}
        .meter.over i{background:var(--bad)}
        nav{margin:24px 0 0;font-size:14px;display:flex;flex-wrap:wrap;gap:4px 18px}
        section{margin:54px 0 0;scroll-margin-top:16px}
        section>p{color:var(--mut);max-width:78ch;margin:0 0 18px}
        section>p b{color:var(--ink);font-weight:600}
        section>h3{margin:22px 0 6px}
        .trust{display:grid;grid-template-columns:repeat(3,1fr);gap:22px;margin:16px 0 0}
        .trust div{border-top:3px solid var(--line);padding:10px 0 0;font-size:14.5px;
        color:var(--mut);min-width:0}
        .trust h3{color:var(--ink);font-size:15px;margin-bottom:3px}
        .trust h3 span{display:inline-block;font-size:12px;font-weight:600;padding:0 8px;
        border:1px solid currentColor;border-radius:99px;margin-left:6px;color:var(--mut);
        line-height:18px;overflow-wrap:anywhere}
        .trust .ex{border-color:var(--good)}.trust .ex span{color:var(--good)}
        .trust .me{border-color:var(--ttft)}.trust h3+p .fine{display:block;margin-top:6px;
        font-size:12.5px}
        .trust .me h3 span{color:var(--ttft)}
        .trust .no{border-color:var(--tpot)}.trust .no h3 span{color:var(--tpot)}
        .notes{margin:4px 0 0;padding-left:20px;color:var(--mut);font-size:14.5px;
        overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:5px 20px;
        font-size:14.5px;margin:12px 0 0}
        dt{color:var(--mut)}dd{margin:0;overflow-wrap:anywhere}
        pre{background:var(--card);border:1px solid var(--line);border-radius:8px;
        padding:12px 16px;overflow-x:auto;font-size:13.5px;line-height:1.6;margin:10px 0 0;
        white-space:pre-wrap;overflow-wrap:anywhere}
        pre i{font-style:normal;color:var(--mut)}
        footer{margin:56px 0 0;padding:16px 0 0;border-top:1px solid var(--line);
        color:var(--mut);font-size:13.5px}

        """)

    /// Phones and paper.
    static let narrow = HTML.trusted(
        """
        @media(max-width:900px){.two{grid-template-columns:minmax(0,1fr)}
        .tiles{grid-template-columns:1fr 1fr}.trust{grid-template-columns:1fr}}
        @media(max-width:640px){main{padding:24px 16px 48px}
        .grid{grid-template-columns:minmax(0,1fr)}.plot{grid-template-columns:48px minmax(0,1fr)}
        .ecdf .area{height:240px}.lim span{font-size:11px}
        .tile{padding:12px 14px 10px}.tile p b{font-size:24px}.say{padding:14px 16px}
        .bars{grid-template-columns:minmax(0,1fr);gap:2px}
        .bl{display:flex;justify-content:space-between;align-items:baseline;margin-top:6px}
        .bl b{display:inline;font-size:16px}.bar{height:40px}
        .bar div{font-size:11px}.bar span{padding:5px 6px}th,td{padding:6px;font-size:12.5px}
        section{margin-top:44px}
        .slow thead{display:none}.slow tbody,.slow tr{display:block}
        .slow tr{display:grid;grid-template-columns:repeat(4,1fr);padding:12px 0;
        border-bottom:1px solid var(--line)}
        .slow th,.slow td{display:block;border:0;text-align:left;padding:0 0 4px;
        font-size:14px;white-space:normal}
        .slow th:before,.slow td:before{content:attr(data-l);display:block;font-size:11.5px;
        color:var(--mut);font-weight:400}
        .slow .w{grid-column:1/-1;min-width:0;padding-top:4px}.slow .w:before{display:none}
        dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:8px}
        .fit{font-size:12.5px}.fit th,.fit td{padding:6px 0 6px 4px;font-size:12.5px}}
        @page{margin:14mm}
        @media print{body{background:#fff;font-size:12px}main{padding:0;max-width:none}
        .two{grid-template-columns:3fr 2fr}.tiles{grid-template-columns:repeat(4,1fr)}
        .trust{grid-template-columns:repeat(3,1fr)}.ecdf .area{height:210px}
        .grid{grid-template-columns:1fr 1fr}nav,summary,.val,.legend .at{display:none}
        section{margin-top:26px}.sm,.two>div,.bars,.tiles,.say,.trust,.slow tr
        {break-inside:avoid}h2,h3,section>p{break-after:avoid}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

        """)
}
