import Foundation

/// A headless Chromium, if one is installed.
public enum Browser {
    /// Its executable; nil if there is none. Tests that need it say what they skip.
    public static let path: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for name in ["chromium", "chromium-browser", "google-chrome", "chrome"] {
            for folder in folders {
                let path = "\(folder)/\(name)"
                if FileManager.default.isExecutableFile(atPath: path) { return path }
            }
        }
        return nil
    }()

    /// The results of loading a page at a width.
    public struct Visit: Sendable {
        /// Script errors, and requests that the content security policy blocked.
        public var errors: [String]
        /// What was fetched besides the page.
        public var fetched: [String]
        public var width: Int
        public var scrollWidth: Int
        /// Texts that overlap.
        public var overlaps: [String]
        /// What charts show when they are focused and → is pressed.
        public var readings: [String]
        /// The text of every element with a `data-key`, by that key; the first if keys are equal.
        public var figures: [String: String]
        /// The headings of sections, by id.
        public var sections: [String: String]
        /// Whether dark colours are in use.
        public var isDark: Bool
    }

    /// Opens a page at a width in a writable folder. Nil if the browser gave no answer.
    public static func visit(
        _ page: String, width: Int, in folder: ScratchFolder, dark: Bool = false
    ) throws -> Visit? {
        guard let path else { return nil }
        // A window is at least 500 pixels wide; a frame may be narrower.
        let probed = page.replacing("<head>", with: "<head>" + listener, maxReplacements: 1)
            .replacing("</main>", with: "</main>" + probe, maxReplacements: 1)
        _ = try folder.write("probed-\(width).html", Data(probed.utf8))
        let outer = """
            <!doctype html><meta charset="utf-8"><body><pre id="probe"></pre>
            <iframe src="probed-\(width).html" width="\(width)" height="900"></iframe>
            <script>onmessage=function(e){document.getElementById('probe').textContent=e.data}
            </script></body>
            """
        let frame = try folder.write("frame-\(width).html", Data(outer.utf8))
        let profile = folder.path + "/profile-\(UUID().uuidString)"
        let flags =
            "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
            + " --disable-component-update --virtual-time-budget=4000 --window-size=1400,1000"
            + (dark ? " --force-dark-mode --blink-settings=preferredColorScheme=0" : "")
        let outcome = try Executable.shell(
            "'\(path)' \(flags) --user-data-dir='\(profile)' --dump-dom 'file://\(frame)'",
            in: folder.path, seconds: 180)
        guard let match = outcome.output.firstMatch(of: /<pre id="probe">([^<]*)<\/pre>/) else {
            return nil
        }
        let text = String(match.1).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&nbsp;", with: "\u{A0}").replacing("&amp;", with: "&")
        return try? JSONDecoder().decode(Visit.self, from: Data(text.utf8))
    }

    private static let listener = """
        <script>window.seen=[];addEventListener('error',function(e){seen.push(e.message)});
        addEventListener('securitypolicyviolation',function(e){
        seen.push(e.violatedDirective+' '+e.blockedURI)});
        var complain=console.error;console.error=function(m){seen.push(String(m));complain(m)};
        </script>
        """

    /// Inspects the laid-out page and sends the results to the frame's owner.
    private static let probe = """
        <script>addEventListener('load',function(){setTimeout(function(){
        var all=function(s){return [].slice.call(document.querySelectorAll(s))};
        var boxes=all('h1,h2,h3,.tile p,.tile small,.yt span,.xt span,.lim span,.say p,.over span,'+
          '.bl,.legend li,nav a,dt,dd').map(function(e){return [e,e.getBoundingClientRect()]})
          .filter(function(b){return b[1].width>0&&b[1].height>0});
        var overlaps=[];
        boxes.forEach(function(a,i){boxes.slice(i+1).forEach(function(b){
          if(a[0].contains(b[0])||b[0].contains(a[0]))return;
          var w=Math.min(a[1].right,b[1].right)-Math.max(a[1].left,b[1].left);
          var h=Math.min(a[1].bottom,b[1].bottom)-Math.max(a[1].top,b[1].top);
          if(w>1.5&&h>3)overlaps.push(a[0].textContent.slice(0,40)+' | '+
            b[0].textContent.slice(0,40))})});
        var readings=all('.plot').map(function(p){p.focus();
          p.dispatchEvent(new KeyboardEvent('keydown',{key:'ArrowRight',bubbles:true}));
          var text=all('output').map(function(o){return o.textContent}).join('');
          p.blur();return text.slice(0,200)});
        var figures={};all('[data-key]').forEach(function(e){
          if(!(e.dataset.key in figures)){var p=e.querySelector('p');
            figures[e.dataset.key]=(p||e).textContent}});
        var sections={};all('section').forEach(function(s){
          sections[s.id]=s.querySelector('h2').textContent});
        parent.postMessage(JSON.stringify({errors:seen,
          fetched:performance.getEntriesByType('resource').map(function(r){return r.name}),
          width:innerWidth,scrollWidth:document.documentElement.scrollWidth,overlaps:overlaps,
          readings:readings,figures:figures,sections:sections,
          isDark:matchMedia('(prefers-color-scheme:dark)').matches}),'*')},60)})</script>
        """
}

extension Browser.Visit: Decodable {}
