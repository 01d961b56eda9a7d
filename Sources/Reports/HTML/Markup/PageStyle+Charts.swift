extension PageStyle {
    /// Charts, tables and bars.
    static let charts = HTML.trusted(
        """
        .two{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:24px 36px}
        .sub{font-size:14px;color:var(--mut);margin:0 0 8px}
        .plot{display:grid;grid-template-columns:56px minmax(0,1fr);position:relative}
        .area{position:relative;grid-column:2;height:300px;touch-action:pan-y}
        .area svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
        .yt{grid-column:1;grid-row:1;position:relative}
        .yt span{position:absolute;right:9px;transform:translateY(-50%);font-size:12px;
        color:var(--mut);white-space:nowrap}
        .xt{grid-column:2;position:relative;height:24px;font-size:12px;color:var(--mut)}
        .xt span{position:absolute;transform:translateX(-50%);white-space:nowrap;top:5px}
        .xt .end{transform:translateX(-85%)}.xt .start{transform:translateX(-2px)}
        .lim{position:absolute;top:0;bottom:0;border-left:1.5px dashed currentColor;width:0;
        font-weight:500}
        .lim span{position:absolute;left:5px;font-size:11.5px;line-height:15px;
        white-space:nowrap;background:var(--bg);padding:0 2px}
        .lim.left span{left:auto;right:5px}
        .row0{top:-17px}.row1{top:-34px}.row2{top:-51px}.row3{top:-68px}.row4{top:-85px}
        .row5{top:-102px}.lim span{top:0}
        .plot.lim1{margin-top:20px}.plot.lim2{margin-top:37px}.plot.lim3{margin-top:54px}
        .plot.lim4{margin-top:71px}.plot.lim5{margin-top:88px}.plot.lim6{margin-top:105px}
        path{fill:none;vector-effect:non-scaling-stroke}
        .g{stroke:var(--grid);stroke-width:1}.g2{stroke:var(--grid2);stroke-width:1}
        .ln{stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
        .fl{stroke:none;opacity:.14}
        .c-ttft{stroke:var(--ttft);color:var(--ttft)}.fl.c-ttft{fill:var(--ttft)}
        .c-tpot{stroke:var(--tpot);color:var(--tpot)}.fl.c-tpot{fill:var(--tpot)}
        .c-e2e{stroke:var(--e2e);color:var(--e2e)}.fl.c-e2e{fill:var(--e2e)}
        .c-queue{stroke:var(--queue);color:var(--queue)}.fl.c-queue{fill:var(--queue)}
        .c-itl{stroke:var(--itl);color:var(--itl)}
        .c-a{stroke:var(--a);color:var(--a)}.fl.c-a{fill:var(--a)}
        .c-b{stroke:var(--b);color:var(--b)}.fl.c-b{fill:var(--b)}
        .r0{stroke:var(--r0);color:var(--r0)}.r1{stroke:var(--r1);color:var(--r1)}
        .r2{stroke:var(--r2);color:var(--r2)}.r3{stroke:var(--r3);color:var(--r3)}
        .r4{stroke:var(--r4);color:var(--r4)}.r5{stroke:var(--r5);color:var(--r5)}
        .r6{stroke:var(--r6);color:var(--r6)}.r7{stroke:var(--r7);color:var(--r7)}
        .dash{stroke-dasharray:6 5;stroke-linecap:butt}.fl.dash{stroke:none}
        .pts{stroke-width:7;stroke-linecap:round;opacity:.35}
        .pts.front{opacity:1;stroke-width:9}
        .xh{position:absolute;top:0;bottom:0;border-left:1px solid var(--ink);display:none;
        pointer-events:none}
        .on .xh{display:block}
        .legend{list-style:none;padding:0;margin:10px 0 14px;display:flex;flex-wrap:wrap;
        gap:2px 20px;font-size:13.5px;font-weight:600}
        .legend svg{width:22px;height:8px;margin-right:7px;vertical-align:2px;overflow:visible}
        .legend output{font-weight:400;color:var(--mut);margin-left:6px}
        .legend .at{color:var(--mut);font-weight:400;min-height:21px}
        .legend .at output{margin:0}
        .grid{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:26px 36px}
        .sm h3 em{font-style:normal;font-weight:400;color:var(--mut)}
        .sm .legend{margin:0 0 6px;font-size:12.5px;font-weight:500}
        .sm .legend .at{display:none}
        .sm .plot{margin-top:10px}
        .t .area{height:92px}
        .sm h3{display:flex;gap:2px 8px;align-items:baseline;flex-wrap:wrap}
        .sm h3 output{margin-left:auto;color:var(--accent);font-weight:500;font-size:13px}
        .val{font-size:13px;color:var(--accent);min-height:21px;margin-left:56px}
        .h{fill:var(--heat)}
        .h0{opacity:.04}.h1{opacity:.1}.h2{opacity:.18}.h3{opacity:.27}.h4{opacity:.37}
        .h5{opacity:.48}.h6{opacity:.6}.h7{opacity:.73}.h8{opacity:.87}
        .key{display:flex;align-items:center;gap:4px 8px;margin:8px 0 0 56px;font-size:13px;
        color:var(--mut);flex-wrap:wrap}
        .key svg{width:150px;height:10px}
        .key output{margin-left:auto;color:var(--accent);min-height:20px}
        .bars{display:grid;grid-template-columns:190px minmax(0,1fr);gap:8px 16px;
        align-items:center}
        .bars h3{grid-column:1/-1;margin-top:12px}
        .bl{font-size:14px;color:var(--mut);line-height:1.3;overflow-wrap:anywhere}
        .bl b{display:block;color:var(--ink);font-size:18px}
        .bar{display:flex;height:48px;border-radius:6px;overflow:hidden;gap:1px}
        .bar div{overflow:hidden;font-size:12.5px;line-height:1.3;white-space:nowrap}
        .bar span{display:block;padding:7px 9px}
        .p0{background:var(--p0);color:var(--on)}.p1{background:var(--p1);color:var(--on)}
        .p2{background:var(--p2);color:var(--on)}.p3{background:var(--p3);color:var(--onp)}
        .p4{background:var(--p4);color:var(--on)}.p5{background:var(--p5);color:var(--onp)}
        .p6{background:var(--p6);color:var(--onp)}.p7{background:var(--p7);color:var(--on)}
        .key2{list-style:none;padding:0;margin:16px 0 6px;display:flex;flex-wrap:wrap;
        gap:4px 22px;font-size:13.5px;color:var(--mut)}
        .key2 i{display:inline-block;width:12px;height:12px;border-radius:3px;
        margin-right:7px;vertical-align:-1px}
        .key2 b{color:var(--ink);font-weight:600}
        .mini{display:flex;height:9px;border-radius:3px;overflow:hidden;margin:3px 0;gap:1px}
        .mini i{display:block}
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:14px}
        th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--line);
        white-space:nowrap;font-weight:400}
        thead th{color:var(--mut);font-size:12.5px;font-weight:500;
        border-bottom:1px solid var(--mut)}
        th:first-child{text-align:left;padding-left:0;font-weight:600}
        tbody tr:last-child>*{border-bottom:0}
        tr.limit>*{color:var(--mut);font-weight:400}
        td.better{color:var(--good);font-weight:600}td.worse{color:var(--bad);font-weight:600}
        td.l,th.l{text-align:left;white-space:normal;min-width:8em;overflow-wrap:break-word}
        .sens th:first-child{white-space:normal;min-width:8em;overflow-wrap:anywhere}
        details{margin:12px 0 0;font-size:14px}
        summary{cursor:pointer;color:var(--accent);width:max-content;max-width:100%;
        padding:4px 0}
        .data>.scroll{max-height:420px;overflow:auto;border:1px solid var(--line);
        border-radius:8px;padding:0 14px;background:var(--card);margin-top:6px}
        .data>.scroll thead th{position:sticky;top:0;background:var(--card);padding-top:10px}
        .slow .w{text-align:left;white-space:normal;min-width:260px}
        .slow .w span{font-size:13px;color:var(--mut)}
        .slow .mini{max-width:420px}.sens .w{text-align:left;min-width:180px}

        """)
}
