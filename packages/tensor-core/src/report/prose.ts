/**
 * Markdown as HTML that loads nothing: HTML inside it is shown as text, pictures as links.
 *
 * @example
 * ```ts
 * import { prose } from "@lab/tensor-core/report";
 * await prose("A *bound* on kl(r̂ ‖ r)"); // => '<p>A <em>bound</em> on kl(r̂ ‖ r)</p>\n'
 * ```
 */
export async function prose(markdown: string, { headings = 2 }: { readonly headings?: number } = {}): Promise<string> {
  const { Marked } = await import("marked");
  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text }) => escaped(text),
      image({ href, text }) {
        return `<a href="${escaped(href)}">${escaped(text)}</a>`;
      },
      link({ href, tokens }) {
        const content = this.parser.parseInline(tokens);
        return /^(https?:|mailto:|#|[\w./-]+$)/i.test(href) ? `<a href="${escaped(href)}">${content}</a>` : content;
      },
      heading({ tokens, depth }) {
        const level = Math.min(6, Math.max(headings, depth));
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      table(token) {
        const cell = (tag: string, { tokens, align }: (typeof token.header)[number]): string =>
          `<${tag}${tag === "th" ? ' scope="col"' : ""}${align === "right" ? ' class="number"' : ""}>${this.parser.parseInline(tokens)}</${tag}>`;
        const row = (tag: string, cells: typeof token.header): string => `<tr>${cells.map((c) => cell(tag, c)).join("")}</tr>`;
        return `<div class="scroll" tabindex="0"><table><thead>${row("th", token.header)}</thead><tbody>${token.rows.map((cells) => row("td", cells)).join("")}</tbody></table></div>\n`;
      },
    },
  });
  return marked.parse(markdown, { async: true });
}

const ENTITIES: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for an HTML page. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
