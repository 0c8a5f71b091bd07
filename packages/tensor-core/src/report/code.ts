/**
 * TypeScript as HTML with a class on each keyword, name and string; the page gives them colours.
 *
 * @example
 * ```ts
 * import { code } from "@lab/tensor-core/report";
 * await code("const n = 1;"); // => '<pre class="code" tabindex="0"><code><span class="hljs-keyword">const</span> n = <span class="hljs-number">1</span>;</code></pre>'
 * ```
 */
export async function code(source: string): Promise<string> {
  const [{ default: highlighter }, { default: typescript }] = await Promise.all([
    import("highlight.js/lib/core"),
    import("highlight.js/lib/languages/typescript"),
  ]);
  if (highlighter.getLanguage("typescript") === undefined) highlighter.registerLanguage("typescript", typescript);
  return `<pre class="code" tabindex="0"><code>${highlighter.highlight(source, { language: "typescript" }).value}</code></pre>`;
}
