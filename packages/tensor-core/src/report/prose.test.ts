import { expect, test } from "vitest";
import { code } from "./code.ts";
import { prose } from "./prose.ts";

test("prose() writes headings, lists, emphasis, code and tables", async () => {
  expect(await prose("## A\n\n- **b** `c`")).toBe("<h2>A</h2>\n<ul>\n<li><strong>b</strong> <code>c</code></li>\n</ul>\n");
  expect(await prose("|a|b|\n|-|-:|\n|1|2|")).toContain('<th scope="col">a</th><th scope="col" class="number">b</th>');
});

test("prose() leaves the page's first heading to the page", async () => {
  expect(await prose("# Top")).toBe("<h2>Top</h2>\n");
  expect(await prose("# Top", { headings: 3 })).toBe("<h3>Top</h3>\n");
});

test("prose() shows HTML as text and links only where a link may lead", async () => {
  expect(await prose("a <script>alert(1)</script>")).toBe("<p>a &lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
  expect(await prose("<div onclick=x>\n\nb")).toBe("&lt;div onclick=x&gt;<p>b</p>\n");
  expect(await prose("[x](javascript:alert(1)) [y](https://a.b/?c=1&d)")).toBe('<p>x <a href="https://a.b/?c=1&amp;d">y</a></p>\n');
});

test("code() marks words by kind and shows every character", async () => {
  const marked = await code("const a: number = x < 1 ? `<b>` : 'c'; // & d");
  for (const piece of ['<span class="hljs-keyword">const</span>', '<span class="hljs-number">1</span>', '<span class="hljs-comment">// &amp; d</span>'])
    expect(marked).toContain(piece);
  expect(
    marked
      .replace(/<[^>]+>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&#x27;", "'")
      .replaceAll("&amp;", "&"),
  ).toBe("const a: number = x < 1 ? `<b>` : 'c'; // & d");
});
