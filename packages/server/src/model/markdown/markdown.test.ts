import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownToHtml } from "./html.ts";
import { MARKDOWN_LIMITS, MarkdownError, parseMarkdown } from "./parse.ts";

const html = (source: string) => markdownToHtml(parseMarkdown(source));

/** All that a page is ever given. */
const TAG =
  /^<\/?(?:h[1-6]|p|em|strong|del|code|pre|ul|ol|li|table|thead|tbody|tr|th|td|blockquote)>$|^<(?:hr|br)>$|^<\/a>$|^<a href="(?:https?:\/\/|mailto:|\/(?!\/)|#)[^"<>]*" rel="noreferrer">$/i;

describe("Markdown", () => {
  it("has CommonMark and what GitHub adds", () => {
    expect(html("# One *two* `three`\n\ntext  \nnext ~~old~~ **new**")).toBe(
      "<h1>One <em>two</em> <code>three</code></h1>\n<p>text<br>next <del>old</del> <strong>new</strong></p>",
    );
    expect(html("| a | b |\n| - | - |\n| 1 | [x][r] |\n\n[r]: https://example.org/a?b=1&c=2")).toBe(
      '<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td><a href="https://example.org/a?b=1&amp;c=2" rel="noreferrer">x</a></td></tr></tbody></table>',
    );
    expect(html("3. one\n4. two\n\n> quoted\n\n---\n\n```sh\nls <x>\n```")).toBe(
      "<ol><li>one</li><li>two</li></ol>\n<blockquote><p>quoted</p></blockquote>\n<hr>\n<pre><code>ls &lt;x&gt;</code></pre>",
    );
    expect(html("- [ ] open\n- [x] done <!-- note -->")).toContain("<li>☐ open</li><li>☑ done");
  });

  it("names tasks by their words, wherever they stand", () => {
    const steps = (source: string) =>
      parseMarkdown(source).flatMap((block) =>
        block.type === "list" ? block.items.map(({ step }) => step) : [],
      );
    const [first, second, third] = steps("- [ ] Roll back\n- [ ] Say so\n- [ ] Roll back");
    expect(new Set([first, second, third]).size).toBe(3);
    expect(steps("- [x] Say  so\n- [ ] Roll\n  back")).toEqual([second, first]);
    expect(steps("- no task")).toEqual([null]);
  });

  it("gives headings ids that links within the text find", () => {
    const ids = parseMarkdown("# Was läuft?\n## Signs\n## Signs\n## !").map((block) =>
      block.type === "heading" ? block.id : "",
    );
    expect(ids).toEqual(["was-läuft", "signs", "signs-1", "section"]);
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "a <b onmouseover=alert(1)>b</b>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example/a)",
    "[x](/\\evil.example)",
    "[x][r]\n\n[r]: javascript:alert(1)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    '[x](https://e.example/"onmouseover="alert(1))',
    "```html\n<script>alert(1)</script>\n```",
    "<iframe src=javascript:alert(1)>\n\n</iframe>",
  ])("keeps hostile text text: %s", (source) => {
    const made = html(source);
    for (const [one] of made.matchAll(/<[^>]*>?/g)) expect(one).toMatch(TAG);
    for (const [, href = ""] of made.matchAll(/href="([^"]*)"/g)) {
      expect(href).toMatch(/^https:\/\/e\.example\//);
    }
  });

  it("refuses what would take long or deep, with the line", () => {
    expect(() => parseMarkdown("x".repeat(MARKDOWN_LIMITS.length + 1))).toThrow(MarkdownError);
    expect(() => parseMarkdown(`a\n${">".repeat(100)} b`)).toThrow(/deeper than 24/);
    expect(() => parseMarkdown(`a\n${"- ".repeat(100)} b`)).toThrow(/deeper than 24/);
    expect(() => parseMarkdown("[a](".repeat(3001))).toThrow(/6000 marks/);
    expect(() => parseMarkdown("- a\n".repeat(1501))).toThrow(/1500 lines/);
    const stairs = Array.from({ length: 60 }, (_, n) => `${"  ".repeat(n)}- x`).join("\n");
    expect(() => parseMarkdown(stairs)).toThrow(/deeper than 24/);
    try {
      parseMarkdown(`a\nb\n${">".repeat(100)} b`);
    } catch (error) {
      expect((error as MarkdownError).line).toBe(3);
    }
  });

  it("makes nothing but its own tags of any text", () => {
    const pieces = fc.constantFrom(
      ..."< > & \" ' ` * _ ~ [ ] ( ) ! | # - + : / \\".split(" "),
      "\n",
      "\t",
      " ",
      "<script>",
      "</script>",
      "<!--",
      "-->",
      "javascript:",
      "https://",
      "onload=",
      "- [ ] ",
      "> ",
      "```",
      "|-|-|\n",
      "&lt;",
      "&#106;",
      "a",
      "\u0000",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 60 }), (parts) => {
        let made: string;
        try {
          made = html(parts.join(""));
        } catch (error) {
          if (error instanceof MarkdownError) return;
          throw error;
        }
        for (const [one] of made.matchAll(/<[^>]*>?/g)) expect(one).toMatch(TAG);
      }),
      { numRuns: 400 },
    );
  });
});
