/// One self-contained HTML file: it includes styles, script, drawings and data, and its content
/// security policy blocks all requests.
struct PageDocument {
    let title: String
    /// The command that made it.
    let generator: String
    let style: HTML
    /// The content of the main part.
    let body: HTML
    /// Data for the script, as JSON; nil if it needs none.
    var data: HTML?
    let script: HTML

    /// Nothing is fetched; only the page's own styles and script run.
    private static let policy: HTML = """
        default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
        img-src data:; base-uri 'none'; form-action 'none'
        """

    /// The file's text. O(its length).
    var text: String {
        let held: HTML =
            data.map { "<script type=\"application/json\" id=\"d\">\($0)</script>\n" } ?? .none
        let page: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="\(generator)">
            <link rel="icon" href="data:,">
            <title>\(title)</title>
            <style>
            \(style)
            </style></head><body><main>
            \(body)
            </main>
            \(held)<script>
            \(script)
            </script></body></html>

            """
        return page.text
    }
}
